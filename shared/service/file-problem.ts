const reasons: Readonly<Record<string, string>> = {
  EROFS: 'it is on a read-only file system',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file in place of a folder',
  EEXIST: 'a file is in place of the folder',
  EISDIR: 'a folder is in place of the file',
  ENOSPC: 'the disk is full',
};

/** A file or folder that this user cannot use, in a sentence; `undefined` for every other error. */
export function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const reason = reasons[code];
  if (reason === undefined || path === undefined) return undefined;
  return (
    `Cannot use ${path}: ${reason} (${code}). ` +
    'Let this user write there, or run roomcast in a copy of its folder that is yours.'
  );
}
