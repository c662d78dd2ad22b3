import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * One logger a process: a sentence for people, fields for machines. Tokens and keys are kept out by never
 * handing them over; the redaction is the second lock on the same door.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const anywhere = ['token', 'authorization', 'url'].flatMap((name) => [name, `*.${name}`]);
  const redact = { paths: [...anywhere, '*.password', 'err.config'], censor: '[redacted]' };
  return pino({ name: service, level, redact }, destination);
}
