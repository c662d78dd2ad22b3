import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { SetupError } from './paths.mjs';

const KILL_MS = 1_000;
let running;
let ending = false;

/** Ends the command that runs, for a process that ends itself then: its step never settles. */
export async function endStep() {
  ending = true;
  if (running === undefined) return;
  const gone = once(running, 'close');
  running.kill('SIGTERM');
  const late = setTimeout(() => running?.kill('SIGKILL'), KILL_MS);
  await gone;
  clearTimeout(late);
}

/** Runs a slow command with one line of progress on stderr; its output is shown only if it fails. */
export async function runStep(label, command, args) {
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const { isTTY } = process.stderr;
  const show = () => process.stderr.write(`\r${label} ... ${seconds()} s`);
  if (isTTY) show();
  else process.stderr.write(`${label} ...\n`);
  const ticking = isTTY ? setInterval(show, 1000) : undefined;
  const { code, output } = await run(command, args);
  clearInterval(ticking);
  if (ending) await new Promise(() => undefined);
  process.stderr.write(isTTY ? `\r${label} ... ${seconds()} s\n` : `${label} took ${seconds()} s\n`);
  if (code !== 0) throw new SetupError(`${output.trim()}\n${label} failed: ${code}`);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    child.once('close', () => (running = undefined));
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new SetupError(`Cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}
