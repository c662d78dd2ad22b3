import jwt from 'jsonwebtoken';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { HttpsClient } from '../http/https-client.ts';

/** Of the JSON file that the Firebase console gives out, what we need. */
export const ServiceAccount = z.object({
  project_id: z.string().regex(/^[a-z0-9:.-]+$/),
  client_email: z.string().min(1),
  private_key: z.string().includes('PRIVATE KEY'),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https$/ }),
});
export type ServiceAccount = z.infer<typeof ServiceAccount>;

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const HOUR_S = 60 * 60;
/** Before its end: what is sent now is still good when it arrives. */
const RENEW_BEFORE_MS = 5 * 60_000;

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** The token endpoint gave none. */
export class NoAccessError extends Error {
  override readonly name = 'NoAccessError';

  constructor(readonly status: number) {
    super(`the token endpoint answered ${status}`);
  }
}

/** The access token of a service account (RFC 7523): asked for once by however many need it, and again in time. */
export class FcmAccess {
  readonly #key: KeyObject;
  #token: { readonly value: string; readonly renewAtMs: number } | undefined;
  #asking: Promise<string> | undefined;

  constructor(
    private readonly account: ServiceAccount,
    private readonly http: Pick<HttpsClient, 'post'>,
  ) {
    this.#key = createPrivateKey(account.private_key);
  }

  /** Rejects with a NoAccessError, or with why there was no answer. */
  token(nowMs: number): Promise<string> {
    if (this.#token !== undefined && nowMs < this.#token.renewAtMs) return Promise.resolve(this.#token.value);
    this.#asking ??= this.#ask(nowMs).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** It was not taken. One that is newer stays. */
  forget(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  async #ask(nowMs: number): Promise<string> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = new URLSearchParams({ grant_type: GRANT, assertion: this.#assertion(nowMs) });
    const { token_uri: url } = this.account;
    const { status, body } = await this.http.post(url, headers, Buffer.from(form.toString()));
    const granted = status === 200 ? grantedIn(body) : undefined;
    if (granted === undefined) throw new NoAccessError(status);
    const { access_token: value, expires_in: seconds } = granted;
    this.#token = { value, renewAtMs: nowMs + seconds * 1_000 - RENEW_BEFORE_MS };
    return value;
  }

  #assertion(nowMs: number): string {
    const { client_email: iss, token_uri: aud, private_key_id: keyid } = this.account;
    const iat = Math.floor(nowMs / 1_000);
    const claims = { iss, scope: SCOPE, aud, iat, exp: iat + HOUR_S };
    return jwt.sign(claims, this.#key, { algorithm: 'RS256', ...(keyid !== undefined && { keyid }) });
  }
}

function grantedIn(body: Buffer): z.infer<typeof Granted> | undefined {
  try {
    return Granted.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}
