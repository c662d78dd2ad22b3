import { TestClient } from './client.ts';

/** What becomes of a client with this token: `connected`, or the code with which it is closed. */
export async function enter(url: string, token: string): Promise<string | number> {
  await using client = await TestClient.open(url);
  client.send({ action: 'auth', token });
  const connected = client.until({ type: 'connected' }).then(
    () => 'connected',
    () => undefined,
  );
  return (
    (await Promise.race([connected, client.closed.then(({ code }) => code)])) ?? (await client.closed).code
  );
}
