import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeysFile } from '../../services/delivery/auth/keys-file.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { keySetOf, MadeKey } from './made-keys.ts';

const [first, second] = [MadeKey.ec('first'), MadeKey.rsa('second')];
const logger = createLogger('test', 'silent');

let folder: string;
let path: string;
beforeEach(() => {
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

  it.each([
    ['is gone', () => rmSync(path)],
    ['is empty', () => writeFileSync(path, '')],
    ['is half written', () => writeFileSync(path, second.pem.slice(0, 100))],
    ['holds a private key', () => writeFileSync(path, privatePemOf(second))],
    ['is far too large', () => writeFileSync(path, second.pem + ' '.repeat(256 * 1024))],
  ])('leaves the keys as they were while it %s, and says so', (_what, spoil) => {
    writeFileSync(path, first.pem);
    const file = new KeysFile(path, logger);
    spoil();
    file.tick();
    expect([takes(file, first), takes(file, second)]).toEqual([true, false]);
    expect(file.problem).toMatchObject({
      state: 'stale',
      message: expect.stringContaining('JWT_PUBLIC_KEYS_FILE'),
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
