/** npm passes on the signal that the terminal has sent to everybody already: both are one key press. */
const SAME_KEY_PRESS_MS = 500;
const PARENT_LOOK_MS = 1_000;

/** Aborts on Ctrl-C, SIGTERM or a closed terminal; a second one calls `force`. */
export function stopRequest(force: () => void): AbortSignal {
  const request = new AbortController();
  let firstMs: number | undefined;
  const onSignal = () => {
    if (firstMs !== undefined && Date.now() - firstMs > SAME_KEY_PRESS_MS) force();
    firstMs ??= Date.now();
    request.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  stopWithNpm(onSignal);
  return request.signal;
}

/** A killed npm cannot pass on anything; without it nobody could stop us from the shell we were started in. */
function stopWithNpm(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looking);
    stop();
  }, PARENT_LOOK_MS);
  looking.unref();
}
