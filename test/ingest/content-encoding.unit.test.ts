import { describe, expect, it } from '@jest/globals';
import { encodingProblem } from '../../services/ingest/accept/content-encoding.ts';

describe('a content encoding', () => {
  it.each([
    undefined,
    '',
    4,
    ...['identity', 'IDENTITY', 'utf-8', 'UTF8', 'us-ascii', 'ascii', 'iso-8859-1', 'iso-8859-15', 'latin1'],
    ...['latin-1', '7bit', '8bit', 'binary', 'identity, utf-8', 'binary:UTF-8', ' identity ', ','],
  ])('%j leaves the bytes as they are: it is taken', (encoding) => {
    expect(encodingProblem(encoding)).toBeUndefined();
  });

  it.each([
    ['gzip', 'gzip'],
    ['GZIP', 'GZIP'],
    ['gzip:UTF-8', 'gzip'],
    ['identity, br', 'br'],
    ['deflate, gzip', 'deflate'],
    ['xidentity', 'xidentity'],
    ['identityx', 'identityx'],
    ['iso-8859-', 'iso-8859-'],
    ['iso-8859-123', 'iso-8859-123'],
    ['x'.repeat(41), 'x'.repeat(40)],
  ])('%j is refused by its name', (encoding, name) => {
    expect(encodingProblem(encoding)).toBe(
      `the content encoding "${name}" is not taken here: send the JSON as it is, uncompressed`,
    );
  });
});
