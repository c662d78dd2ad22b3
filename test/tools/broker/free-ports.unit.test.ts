import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort } from '../../../tools/broker/port-claims.ts';
import { freePort } from '../../../tools/broker/ports.ts';

it('a port on which nobody listens yet is had by one, whichever process asks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roomcast-claims-'));
  const given = (port: number, pid: number | undefined) =>
    writeFileSync(join(folder, String(port)), String(pid));
  given(1, process.ppid);
  given(2, spawnSync(process.execPath, ['--version']).pid);
  // Of somebody who is writing it.
  writeFileSync(join(folder, '3'), '');
  const ports = [1, 2, 3, 4, 4];
  expect(ports.map((port) => claimPort(port, folder))).toEqual([false, true, false, true, false]);
  rmSync(folder, { recursive: true });
});

it('a free port is found once', async () => {
  const port = await freePort();
  await expect(freePort(port, port + 1)).rejects.toThrow(`found no free port from ${port}`);
});
