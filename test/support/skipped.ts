/** Behind the name of tests that this machine lacks something for: what they need. */
export function skippedFor(obstacle: string | undefined): string {
  return obstacle === undefined ? '' : ` (SKIPPED: ${obstacle})`;
}
