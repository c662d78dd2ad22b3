import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToItsEnd } from '../../../tools/broker/processes.ts';

const nothing = () => undefined;
const inShell = (script: string, started: (pid: number) => void = nothing) =>
  runToItsEnd('sh', ['-c', script], { started });

describe('a command that runs to its end', () => {
  it('gives its code and what it said on both streams', async () => {
    expect(await inShell('echo one; echo two >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'one\ntwo\n',
      stderr: '',
    });
  });

  it('is told by its id before it does anything', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-run-'));
    const note = join(folder, 'note');
    const { stdout } = await inShell(`echo $$; cat ${note}`, (pid) => writeFileSync(note, String(pid)));
    const [id, noted] = stdout.split('\n');
    expect(noted).toBe(id);
    rmSync(folder, { recursive: true });
  });

  it('does nothing when that goes wrong', async () => {
    const refuse = () => {
      throw new Error('no');
    };
    await expect(inShell('exit 0', refuse)).rejects.toThrow('no');
  });

  it('needs nothing of us to go on: it leads a process group of its own, and writes to no pipe', async () => {
    const { stdout } = await inShell('test -p /dev/stdout || echo no pipe; echo $$ $(ps -o pgid= -p $$)');
    expect(stdout).toMatch(/^no pipe\n(\d+) \1\n$/);
  });

  it('that cannot be run says so', async () => {
    const { code, stdout } = await runToItsEnd('/not/there', [], { started: nothing });
    expect({ code, stdout }).toEqual({ code: 127, stdout: expect.stringContaining('/not/there') });
  });
});
