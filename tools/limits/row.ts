/** What is beyond a bound, and who proves it. */
export interface Reach {
  /** What the client, the caller or the operator sees there: code, close, status. */
  readonly beyond: string;
  /** Under `test/`. */
  readonly test: string;
  /** Words of that test, where it names the bound otherwise than by its setting or constant. */
  readonly says?: string;
}
