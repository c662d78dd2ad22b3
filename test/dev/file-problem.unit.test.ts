import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileProblem } from '../../shared/runtime/file-problem.ts';

function failed(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: open`), { code, ...(path === undefined ? {} : { path }) });
}

it.each(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENOSPC'])(
  '%s on a file is a sentence with its path',
  (code) => {
    expect(fileProblem(failed(code, '/some/.env'))).toMatch(
      new RegExp(`^Cannot use /some/\\.env: .+ \\(${code}\\)\\. Let this user write there, or .+\\.$`),
    );
  },
);

it('other failures, such as a port below 1024 without the rights, are not taken for a file', () => {
  expect(fileProblem(failed('EACCES'))).toBeUndefined();
  expect(fileProblem(failed('ENOENT', '/some/file'))).toBeUndefined();
  expect(fileProblem(new Error('EROFS'))).toBeUndefined();
});

it.each(['node_modules', '.data'])(
  'a command in a checkout where %s cannot be a folder says so in one line',
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-read-only-'));
    try {
      for (const path of ['scripts', 'package.json', 'package-lock.json'])
        cpSync(path, join(folder, path), { recursive: true });
      mkdirSync(join(folder, 'shared'));
      writeFileSync(join(folder, name), 'a file');
      const { code, words } = await new Promise<{ code: unknown; words: string }>((ended) => {
        execFile(process.execPath, [join(folder, 'scripts/bootstrap.mjs'), 'start'], (error, _out, text) =>
          ended({ code: error?.code, words: text }),
        );
      });
      expect(code).toBe(1);
      expect(words).toMatch(/^Cannot use \S+: .+\n$/);
      expect(words).toContain(join(folder, name));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
