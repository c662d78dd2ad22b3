import type { SessionRow } from '../../shared/contract/control.ts';

export const OPERATOR_KEY = 'operators-key-for-tests';
export const OPERATOR_ENV = { ADMIN_API_KEYS: OPERATOR_KEY };

/** Calls of somebody who has a key of ADMIN_API_KEYS. */
export class Operator {
  constructor(
    private readonly world: { readonly ingests: readonly { readonly httpPort: number }[] },
    private readonly key = OPERATOR_KEY,
  ) {}

  ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const [ingest] = this.world.ingests;
    return fetch(`http://127.0.0.1:${ingest?.httpPort ?? 0}/v1/admin/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** One page of who is connected. */
  async sessions(query = ''): Promise<{ sessions: SessionRow[]; missing: string[]; cursor?: string }> {
    const answer = await this.ask('GET', `sessions${query}`);
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Awaited<ReturnType<Operator['sessions']>>;
  }

  /** The id of what is revoked now. */
  async revoke(what: object): Promise<string> {
    const answer = await this.ask('POST', 'revocations', { reason: 'a test', ...what });
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  }
}
