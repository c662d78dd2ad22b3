import { chromium, type Browser } from 'playwright-core';
import { findExecutables } from '../../tools/broker/executables.ts';
import { aptInstall } from '../support/apt.ts';

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

export type Found = { readonly path: string } | { readonly missing: string };

/** A Chromium of this machine, installed by apt where that is possible; else why there is none. */
export async function findChromium(): Promise<Found> {
  const path = onPath();
  if (path !== undefined) return { path };
  const failure = await aptInstall('chromium', { hasService: false });
  const installed = onPath();
  return installed === undefined
    ? { missing: `no Chromium on the PATH, and none installed: ${failure}` }
    : { path: installed };
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

function onPath(): string | undefined {
  return NAMES.flatMap((name) => findExecutables(name))[0];
}
