/**
 * The lines at level error or above, or with a stack. Not of a channel that the broker closed: while a stream that was
 * just declared has no replica yet, it refuses consumers, and the channel is opened again.
 */
export function faultsIn(log: readonly string[]): string[] {
  return log.filter((line) => /"level":(50|60)|stack/.test(line) && !/"channel":".*"code":406/.test(line));
}
