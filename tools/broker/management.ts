import { BrokerError } from './broker.ts';
import type { BrokerAddress } from './ports.ts';

const CALL_MS = 10_000;

/** A fresh vhost with full rights for the broker's user; resolves to the AMQP url that leads into it. */
export async function createVhost({ url, managementUrl }: BrokerAddress, name: string): Promise<string> {
  const vhost = encodeURIComponent(name);
  const user = encodeURIComponent(decodeURIComponent(new URL(url).username || 'guest'));
  await callManagement(managementUrl, 'PUT', `/api/vhosts/${vhost}`, {});
  const everything = { configure: '.*', write: '.*', read: '.*' };
  await callManagement(managementUrl, 'PUT', `/api/permissions/${vhost}/${user}`, everything);
  const inside = new URL(url);
  inside.pathname = `/${vhost}`;
  return inside.href;
}

/** Closes what is connected to it and deletes everything in it. */
export async function deleteVhost({ managementUrl }: BrokerAddress, name: string): Promise<void> {
  await callManagement(managementUrl, 'DELETE', `/api/vhosts/${encodeURIComponent(name)}`);
}

export async function callManagement(
  managementUrl: string,
  method: 'GET' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { username, password, origin } = new URL(managementUrl);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(user).toString('base64')}`,
      'content-type': 'application/json',
      // One that is kept may have been closed at the other end by the time of the next call, which then fails.
      connection: 'close',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_MS),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new BrokerError(`${method} ${origin}${path} answered ${response.status}: ${text.slice(0, 200)}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}
