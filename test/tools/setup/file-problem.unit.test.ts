import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileProblem } from '../../../shared/service/command-line.ts';

function failed(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: open`), { code, ...(path === undefined ? {} : { path }) });
}

type FileProblem = (error: unknown) => string | undefined;
/** The set-up runs before there is a build, and the image has no set-up: each has its own. */
const ofSetUp = (await import(resolve('tools/setup/file-problem.mjs'))) as { fileProblem: FileProblem };
const both: readonly (readonly [string, FileProblem])[] = [
  ['the services', fileProblem],
  ['the set-up', ofSetUp.fileProblem],
];

describe.each(both)('of %s', (_whose, fileProblem) => {
  it.each(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOSPC'])(
    '%s on a file is a sentence with its path',
    (code) => {
      const sentence = fileProblem(failed(code, '/some/.env'));
      expect(sentence).toMatch(
        new RegExp(`^Cannot use /some/\\.env: .+ \\(${code}\\)\\. Let this user write there, or .+\\.$`),
      );
      expect(new Set(both.map(([, say]) => say(failed(code, '/some/.env'))))).toEqual(new Set([sentence]));
    },
  );

  it('other failures, such as a port below 1024 without the rights, are not taken for a file', () => {
    expect(fileProblem(failed('EACCES'))).toBeUndefined();
    expect(fileProblem(failed('ENOENT', '/some/file'))).toBeUndefined();
    expect(fileProblem(new Error('EROFS'))).toBeUndefined();
    expect(fileProblem(undefined)).toBeUndefined();
  });
});

it.each(['node_modules', '.data'])(
  'a command in a checkout where %s cannot be a folder says so in one line',
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-read-only-'));
    try {
      for (const path of ['tools', 'package.json', 'package-lock.json'])
        cpSync(path, join(folder, path), { recursive: true });
      mkdirSync(join(folder, 'shared'));
      writeFileSync(join(folder, name), 'a file');
      const { code, words } = await new Promise<{ code: unknown; words: string }>((ended) => {
        execFile(process.execPath, [join(folder, 'tools/bootstrap.mjs'), 'start'], (error, _out, text) =>
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
