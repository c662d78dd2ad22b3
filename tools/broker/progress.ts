/** Shows on stderr that a slow step is going on, and how long it took. */
export async function withProgress<Result>(
  label: string,
  work: () => Promise<Result>,
  { quiet = false }: { quiet?: boolean | undefined } = {},
): Promise<Result> {
  if (quiet) return work();
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const { isTTY } = process.stderr;
  const show = () => process.stderr.write(`\r${label} ... ${seconds()} s`);
  if (isTTY) show();
  else process.stderr.write(`${label} ...\n`);
  const ticking = isTTY ? setInterval(show, 1000) : undefined;
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    process.stderr.write(isTTY ? `\r${label} ... ${seconds()} s\n` : `${label} took ${seconds()} s\n`);
  }
}
