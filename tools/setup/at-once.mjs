import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { npm } from './install.mjs';

/** As many as the cores of a small machine. */
const LANES = 2;

/** Runs scripts of package.json, two at a time in the order given, and shows what each said once it has ended. Fails if one did. */
async function runAtOnce(scripts) {
  const waiting = [...scripts];
  const failed = [];
  const lane = async () => {
    for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
      const startedMs = performance.now();
      const { code, output } = await run(script);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      console.log(
        `${output.trim()}\n${script} ${code === 0 ? 'passed' : 'failed'} after ${seconds} s`.trim(),
      );
      if (code !== 0) failed.push(script);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return failed;
}

function run(script) {
  return new Promise((resolve, reject) => {
    const [command, args] = npm('run', '--silent', script);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

const failed = await runAtOnce(process.argv.slice(2));
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
