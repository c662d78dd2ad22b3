import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mutate, mutations } from './mutations.ts';

const BUILT = 'dist';

describe('a mutation', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'roomcast-mutations-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(mutations)('fits the build: $name', (mutation) => {
    const path = join(folder, mutation.file);
    cpSync(join(BUILT, mutation.file), path);
    const before = readFileSync(path, 'utf8');
    mutate(folder, mutation);
    expect(readFileSync(path, 'utf8')).not.toBe(before);
  });
});
