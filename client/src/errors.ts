/** Throw this in `getToken` when nobody is signed in any more: the client stops and does not ask again. */
export class Unauthorized extends Error {}

/**
 * `code` is stable: that of an error frame (`ACCESS_DENIED`), or one of `unauthorized`, `token_failed`, `token_refused`,
 * `unreachable`, `closed`, `handler_failed`, `storage_failed`, `too_slow`.
 */
export class RoomcastError extends Error {
  override readonly name = 'RoomcastError';

  /** What happened: what was thrown, or a sentence. */
  constructor(
    readonly code: string,
    problem: unknown,
  ) {
    super(textOf(problem), { cause: problem });
  }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
