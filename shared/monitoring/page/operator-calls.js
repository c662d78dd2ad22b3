/** The path of ingest's health port where operators are answered. */
const PREFIX = '/v1/admin/';
/** Longer than reading the history takes at most. */
const TIMEOUT_MS = 30_000;
const UNAUTHORIZED = 401;

/** The key is none. */
export class WrongKey extends Error {}

/** Calls with a key, which is nowhere but here: with the last reference to this it is gone. */
export class OperatorCalls {
  #key;
  #ended = new AbortController();

  /** @param {string} key */
  constructor(key) {
    this.#key = key;
  }

  get hasEnded() {
    return this.#ended.signal.aborted;
  }

  /** Nobody is told of what is under way. */
  end() {
    this.#key = '';
    this.#ended.abort();
  }

  /** Rejects with words for people, or with a `WrongKey`. @param {string} path @returns {Promise<Response>} */
  async ask(path) {
    const answer = await this.#fetch(path);
    if (answer.ok) return answer;
    const { detail } = await answer.json().catch(() => ({}));
    if (answer.status === UNAUTHORIZED) throw new WrongKey('That is none of ADMIN_API_KEYS.');
    throw new Error(typeof detail === 'string' ? detail : `Ingest answers ${answer.status}.`);
  }

  /** @param {string} path */
  async #fetch(path) {
    const headers = this.#headers();
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      // The browser adds no password that it knows, asks for none, and keeps no answer.
      return await fetch(PREFIX + path, { headers, signal, credentials: 'omit', cache: 'no-store' });
    } catch (error) {
      throw new Error('Ingest does not answer.', { cause: error });
    }
  }

  #headers() {
    try {
      return new Headers({ 'x-api-key': this.#key });
    } catch {
      throw new WrongKey('That is none of ADMIN_API_KEYS: no header carries it.');
    }
  }
}
