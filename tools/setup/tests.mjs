import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { pathToFileURL } from 'node:url';
import { npm } from './install.mjs';
import { inRoot } from './paths.mjs';

/** Twice the cores of a small machine: a suite against a broker waits for about half of its time. */
const MAX_WORKERS = 4;

/** Everything that CI runs; with arguments only Jest, with them. Resolves to the exit code. */
export async function runTests(args) {
  if (args.length > 0) return runJest(args);
  const [command, words] = npm('run', 'check');
  // Beside one another, for neither keeps all cores busy.
  const codes = await Promise.all([run(command, words, process.env, 'at the end'), runJest([])]);
  return codes.find((code) => code !== 0) ?? 0;
}

/** `shown`: what it prints comes as it is printed, or all of it when it has ended. */
export function runJest(args, env = process.env, shown = 'at once') {
  const limited = args.some((arg) => /^(-i|--runInBand|-w|--maxWorkers)/.test(arg));
  const jest = [
    '--experimental-vm-modules',
    `--import=${pathToFileURL(inRoot('tools/setup/quiet-vm-modules.mjs')).href}`,
    inRoot('node_modules/jest/bin/jest.js'),
    ...(limited ? [] : [`--maxWorkers=${MAX_WORKERS}`]),
    ...args,
  ];
  return run(process.execPath, jest, env, shown);
}

/** Signals are passed on; one from the terminal then arrives twice, which ends Jest and npm all the same. */
export function run(command, args, env = process.env, shown = 'at once') {
  return new Promise((resolve, reject) => {
    const output = shown === 'at once' ? 'inherit' : 'pipe';
    const child = spawn(command, args, { stdio: ['inherit', output, output], env });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => printed.push(bytes));
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      for (const bytes of printed) process.stderr.write(bytes);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
