import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inRoot } from './paths.mjs';
import { endStep } from './run-step.mjs';

const POLL_MS = 200;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A lock without a readable owner is one being written; older than this, its writer died on the way. */
const WRITING_MS = 5_000;

/** Runs `work` in one process of this checkout at a time; a lock whose process has ended is taken over. */
export async function withLock(name, work) {
  mkdirSync(inRoot('.data'), { recursive: true });
  const path = inRoot(`.data/${name}.lock`);
  let waiting = false;
  while (!tryTake(path)) {
    if (!waiting) console.error('another shell is setting this checkout up: waiting for it ...');
    waiting = true;
    if (isLeftBehind(path)) removeLeftBehind(path);
    else await delay(POLL_MS);
  }
  const release = () => rmSync(path, { force: true });
  let stopping = false;
  const onSignal = async (signal) => {
    // npm passes on the Ctrl-C that the terminal has sent to everybody already.
    if (stopping) return;
    stopping = true;
    await endStep();
    release();
    forgetSignals();
    process.kill(process.pid, signal);
  };
  const forgetSignals = () => signals.forEach((signal) => process.off(signal, onSignal));
  signals.forEach((signal) => process.on(signal, onSignal));
  try {
    return await work();
  } finally {
    release();
    forgetSignals();
  }
}

function tryTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isLeftBehind(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    if (pid > 0) return !isRunning(pid);
    return Date.now() - statSync(path).mtimeMs > WRITING_MS;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Renames before it removes: of several that saw the same leftover only one gets it. */
function removeLeftBehind(path) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    // Between the look and the rename another process may have taken the lock over: then it is given back.
    if (isLeftBehind(aside)) rmSync(aside);
    else renameSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
