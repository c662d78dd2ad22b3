import { chromium, type Browser } from 'playwright-core';
import { aptObstacle } from '../../dev/broker/apt.ts';
import { findExecutables } from '../../dev/broker/executables.ts';
import { runCommand } from '../../dev/broker/processes.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Without a sandbox, which root has none of; and nothing that asks somebody on the network. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const UPDATE_MS = 300_000;
const INSTALL_MS = 900_000;

export type Found = { readonly path: string } | { readonly missing: string };

/** A Chromium of this machine, installed by apt where that is possible; else why there is none. */
export async function findChromium(): Promise<Found> {
  const path = onPath();
  if (path !== undefined) return { path };
  if (aptObstacle() !== undefined)
    return { missing: 'no Chromium on the PATH, and apt-get is not ours to use' };
  const failure = await install();
  const installed = onPath();
  return installed === undefined
    ? { missing: `apt-get install chromium failed: ${failure}` }
    : { path: installed };
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

function onPath(): string | undefined {
  return NAMES.flatMap((name) => findExecutables(name))[0];
}

async function install(): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
  await runCommand('apt-get', [...lock, 'update'], { timeoutMs: UPDATE_MS, env });
  const packages = ['install', '--yes', '--no-install-recommends', 'chromium'];
  const { stdout, stderr } = await runCommand('apt-get', [...lock, ...packages], {
    timeoutMs: INSTALL_MS,
    env,
  });
  return `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' ');
}
