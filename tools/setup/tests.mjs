import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { pathToFileURL } from 'node:url';
import { npm } from './install.mjs';
import { inRoot } from './paths.mjs';

/** Twice the cores of a small machine: a suite against a broker waits for about half of its time. */
const MAX_WORKERS = 4;

/** Everything that CI runs; with arguments only Jest, with them. Resolves to the exit code. */
export async function runTests(args) {
  if (args.length === 0) {
    const code = await run(...npm('run', 'check'));
    if (code !== 0) return code;
  }
  return runJest(args);
}

export function runJest(args, env = process.env) {
  const limited = args.some((arg) => /^(-i|--runInBand|-w|--maxWorkers)/.test(arg));
  const jest = [
    '--experimental-vm-modules',
    `--import=${pathToFileURL(inRoot('tools/setup/quiet-vm-modules.mjs')).href}`,
    inRoot('node_modules/jest/bin/jest.js'),
    ...(limited ? [] : [`--maxWorkers=${MAX_WORKERS}`]),
    ...args,
  ];
  return run(process.execPath, jest, env);
}

/** Signals are passed on; one from the terminal then arrives twice, which ends Jest and npm all the same. */
export function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
