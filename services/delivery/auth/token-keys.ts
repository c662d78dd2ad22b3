import { randomBytes } from 'node:crypto';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { DeliveryConfig } from '../config.ts';
import { Hs256Keys } from './hs256.ts';
import { IssuerKeys, type KeysProblem } from './issuer-keys.ts';
import { KeysFile } from './keys-file.ts';
import type { Reading } from './verify-token.ts';

type KeyConfig = Pick<DeliveryConfig, 'jwtSecret' | 'jwtPublicKeysFile' | 'jwtJwksUrl'>;

/** Every key that may sign a token here. Each verifies by its own algorithm, whatever the token says. */
export class TokenKeys {
  /** They need a secret: without JWT_SECRET they are good on the instance that issued them, and nowhere else. */
  readonly tickets: Hs256Keys;
  readonly #secrets: Hs256Keys;
  readonly #file: KeysFile | undefined;
  readonly #issuer: IssuerKeys | undefined;

  /** Throws a ConfigError when the file of keys cannot be used. */
  constructor(config: KeyConfig, now: SteadyClock, logger: Logger) {
    const { jwtPublicKeysFile: file, jwtJwksUrl: url } = config;
    const secrets = config.jwtSecret.reveal();
    this.#secrets = new Hs256Keys(secrets);
    this.tickets = secrets.length > 0 ? this.#secrets : new Hs256Keys([randomBytes(32).toString('hex')]);
    this.#file = file === undefined ? undefined : new KeysFile(file, logger);
    this.#issuer = url === undefined ? undefined : new IssuerKeys(url, now, logger);
  }

  async read(token: string): Promise<Reading> {
    return this.#secrets.read(token) ?? this.#file?.read(token) ?? (await this.#issuer?.read(token));
  }

  /** What an operator should look at. */
  get problems(): readonly KeysProblem[] {
    return [this.#file?.problem, this.#issuer?.problem].filter((problem) => problem !== undefined);
  }

  /** Called about once a second. */
  tick(): void {
    this.#file?.tick();
    void this.#issuer?.tick();
  }

  /** Reads everything again; sessions live on. */
  reload({ jwtSecret }: Pick<KeyConfig, 'jwtSecret'>): void {
    this.#secrets.replace(jwtSecret.reveal());
    this.#file?.reload();
    void this.#issuer?.reload();
  }

  close(): void {
    this.#issuer?.close();
  }
}
