import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const reasons = {
  EROFS: 'it is on a read-only file system',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file in place of a folder',
  EEXIST: 'a file is in place of the folder',
  EISDIR: 'a folder is in place of the file',
  ENOSPC: 'the disk is full',
};

/** A file or folder that this user cannot use, in a sentence; `undefined` for every other error. */
export function fileProblem(error) {
  const { code, path } = error ?? {};
  const reason = reasons[code];
  if (reason === undefined || typeof path !== 'string') return undefined;
  return (
    `Cannot use ${path}: ${reason} (${code}). ` +
    'Let this user write there, or run roomcast in a copy of its folder that is yours.'
  );
}

/** Throws in our place what npm and the compiler would say in many lines. */
export function demandWritable(folder) {
  mkdirSync(folder, { recursive: true });
  const probe = join(folder, `.writable-${process.pid}`);
  writeFileSync(probe, '');
  rmSync(probe);
}
