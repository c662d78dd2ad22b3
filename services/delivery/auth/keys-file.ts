import { readFileSync, statSync } from 'node:fs';
import type jwt from 'jsonwebtoken';
import { ConfigError } from '../../../shared/config/env.ts';
import { errorText } from '../../../shared/service/error-text.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { KeysProblem } from './issuer-keys.ts';
import { PublicKeys } from './public-keys.ts';
import { MAX_KEY_SET_BYTES, readKeys } from './read-keys.ts';

/** JWT_PUBLIC_KEYS_FILE, read again when it has changed; while what stands there cannot be used, the keys from before are. */
export class KeysFile {
  #keys = new PublicKeys([]);
  #version = '';
  #failure: string | undefined;

  /** Throws a ConfigError when the file cannot be used. */
  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {
    this.tick();
    if (this.#failure !== undefined) {
      throw new ConfigError([{ name: 'JWT_PUBLIC_KEYS_FILE', message: this.#failure }]);
    }
  }

  read(token: string): jwt.Jwt | undefined {
    return this.#keys.read(token);
  }

  get problem(): KeysProblem | undefined {
    if (this.#failure === undefined) return undefined;
    return { state: 'stale', message: `JWT_PUBLIC_KEYS_FILE: ${this.#failure}` };
  }

  /** Looks whether the file has changed; called about once a second. */
  tick(): void {
    const version = this.#look();
    if (version === this.#version) return;
    this.#version = version;
    this.reload();
  }

  reload(): void {
    this.#failure = this.#load();
    if (this.#failure !== undefined) {
      this.logger.warn({ failure: this.#failure }, 'the file of public keys cannot be used');
    }
  }

  #load(): string | undefined {
    try {
      if (statSync(this.path).size > MAX_KEY_SET_BYTES) {
        return `the file is larger than ${MAX_KEY_SET_BYTES} bytes: it holds something else`;
      }
      const read = readKeys(readFileSync(this.path, 'utf8'));
      if ('problem' in read) return `the file ${read.problem}`;
      this.#keys = read.keys;
      this.logger.info(
        { keys: read.keys.size, passed_over: read.passedOver },
        'read the file of public keys',
      );
      return undefined;
    } catch (error) {
      return `the file cannot be read: ${errorText(error)}`;
    }
  }

  /** Also where a link to it was changed, as Kubernetes does. */
  #look(): string {
    try {
      const { dev, ino, size, ctimeNs } = statSync(this.path, { bigint: true });
      return [dev, ino, size, ctimeNs].join();
    } catch (error) {
      return errorText(error);
    }
  }
}
