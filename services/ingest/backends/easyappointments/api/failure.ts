type ApiFailureCode =
  | 'unreachable'
  | 'server_error'
  | 'rate_limited'
  | 'unauthorized'
  | 'wrong_address'
  | 'too_large';

/** Why a question to the REST API has no answer; the message tells an operator what to look at. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  constructor(
    readonly code: ApiFailureCode,
    message: string,
    /** How long the site asks us to stay away. */
    readonly retryAfterMs?: number,
    /** Whether there is nothing under this address, while there may be under others. */
    readonly isMissing = false,
  ) {
    super(message);
  }

  /** Whether the same question may be answered a little later. */
  get passes(): boolean {
    return ['unreachable', 'server_error', 'rate_limited'].includes(this.code);
  }
}

export function wrongAddress(url: string, what: string, { isMissing = false } = {}): ApiFailure {
  return new ApiFailure(
    'wrong_address',
    `${url} answered ${what}. EASYAPPOINTMENTS_URL must be the address at which the booking page opens, such as https://example.org/booking`,
    undefined,
    isMissing,
  );
}
