/** Throw this in `getToken` when nobody is signed in any more: the client stops and does not ask again. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
}

/**
 * `code` is stable: that of an error frame (`ACCESS_DENIED`), or one of `unauthorized`, `token_failed`, `token_refused`,
 * `unreachable`, `closed`, `handler_failed`, `storage_failed`, `too_slow`.
 */
export class RoomcastError extends Error {
  override readonly name = 'RoomcastError';

  constructor(
    readonly code: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
