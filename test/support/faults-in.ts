/**
 * The lines at level error or above, or with a stack. Not what our channels and connections to the broker warn of and mend by
 * opening anew: while a stream that was just declared has no replica yet, RabbitMQ 3.10 refuses consumers with 406, and now
 * and then closes the whole connection with 541.
 */
export function faultsIn(log: readonly string[]): string[] {
  return log.filter(
    (line) => /"level":(50|60)/.test(line) || (line.includes('stack') && !isOfTheBroker(line)),
  );
}

function isOfTheBroker(line: string): boolean {
  return /"(channel|connection)":"/.test(line);
}
