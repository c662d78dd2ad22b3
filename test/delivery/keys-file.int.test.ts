import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeysFile } from '../../services/delivery/auth/keys-file.ts';
import { createLogger, type Logger } from '../../shared/service/logger.ts';
import { lineSink } from '../support/line-sink.ts';
import { keySetOf, MadeKey } from './made-keys.ts';

const [first, second] = [MadeKey.ec('first'), MadeKey.rsa('second')];

let folder: string;
let path: string;
let lines: string[];
let logger: Logger;
beforeEach(() => {
  lines = [];
  logger = createLogger('test', 'info', lineSink(lines));
  folder = mkdtempSync(join(tmpdir(), 'roomcast-keys-'));
  path = join(folder, 'keys');
});
afterEach(() => rmSync(folder, { recursive: true }));

const takes = (file: KeysFile, key: MadeKey) => file.read(key.sign({ sub: '4' })) !== undefined;

describe('the file of public keys', () => {
  it('is read again when it has changed, PEM or JWKS', () => {
    writeFileSync(path, first.pem);
    const file = new KeysFile(path, logger);
    expect([takes(file, first), takes(file, second)]).toEqual([true, false]);
    writeFileSync(path, keySetOf(first.jwk(), second.jwk()));
    file.tick();
    expect([takes(file, first), takes(file, second)]).toEqual([true, true]);
    writeFileSync(path, second.pem);
    file.tick();
    expect([takes(file, first), takes(file, second)]).toEqual([false, true]);
  });

  it('is read again when a link to it leads elsewhere, as Kubernetes changes it', () => {
    writeFileSync(join(folder, '1'), first.pem);
    writeFileSync(join(folder, '2'), second.pem);
    symlinkSync('1', path);
    const file = new KeysFile(path, logger);
    symlinkSync('2', join(folder, 'next'));
    renameSync(join(folder, 'next'), path);
    file.tick();
    expect([takes(file, first), takes(file, second)]).toEqual([false, true]);
  });

  it('is read again when it was written over with as many bytes', () => {
    writeFileSync(path, first.pem);
    const file = new KeysFile(path, logger);
    const other = MadeKey.ec('other');
    const { ctimeNs } = statSync(path, { bigint: true });
    // The clock of a file system stands still for some milliseconds.
    do writeFileSync(path, other.pem);
    while (statSync(path, { bigint: true }).ctimeNs === ctimeNs);
    file.tick();
    expect([takes(file, first), takes(file, other)]).toEqual([false, true]);
  });

  it('is not read again while it stays as it is', () => {
    writeFileSync(path, keySetOf(first.jwk(), { kty: 'oct', k: 'AAAA' }));
    const file = new KeysFile(path, logger);
    file.tick();
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { msg: 'read the file of public keys', keys: 1, passed_over: ['a secret (oct)'] },
    ]);
  });

  it('may be 256 KiB long', () => {
    writeFileSync(path, first.pem.padEnd(256 * 1024));
    expect(takes(new KeysFile(path, logger), first)).toBe(true);
  });

  it('is told of once where it cannot be used, and again when that has another reason', () => {
    writeFileSync(path, first.pem);
    const file = new KeysFile(path, logger);
    rmSync(path);
    file.tick();
    file.tick();
    symlinkSync(path, path);
    file.tick();
    expect(lines.slice(1).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        msg: 'the file of public keys cannot be used',
        failure: expect.stringMatching(/^the file cannot be read: .*ENOENT/),
      },
      { failure: expect.stringMatching(/^the file cannot be read: .*ELOOP/) },
    ]);
  });

  it.each([
    ['is gone', 'the file cannot be read: ', () => rmSync(path)],
    ['is empty', 'the file is no JWKS', () => writeFileSync(path, '')],
    ['is half written', 'the file has no public key', () => writeFileSync(path, second.pem.slice(0, 100))],
    ['holds a private key', 'the file holds a private key', () => writeFileSync(path, privatePemOf(second))],
    [
      'is far too large',
      'the file is larger than 262144 bytes: it holds something else',
      () => writeFileSync(path, second.pem + ' '.repeat(256 * 1024)),
    ],
  ])('leaves the keys as they were while it %s, and says so', (_what, why, spoil) => {
    writeFileSync(path, first.pem);
    const file = new KeysFile(path, logger);
    spoil();
    file.tick();
    expect([takes(file, first), takes(file, second)]).toEqual([true, false]);
    expect(file.problem).toMatchObject({
      state: 'stale',
      message: expect.stringContaining(`JWT_PUBLIC_KEYS_FILE: ${why}`),
    });
    writeFileSync(path, second.pem);
    file.tick();
    expect([takes(file, first), takes(file, second), file.problem]).toEqual([false, true, undefined]);
  });

  it.each([
    ['is not there', undefined],
    ['has no public key in it', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['holds a private key', privatePemOf(first)],
  ])('stops the start where it %s', (_what, text) => {
    if (text !== undefined) writeFileSync(path, text);
    expect(() => new KeysFile(path, logger)).toThrow('JWT_PUBLIC_KEYS_FILE: the file ');
  });
});

function privatePemOf({ pair }: MadeKey): string {
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
