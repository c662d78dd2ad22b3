import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** One logger a process. Tokens and keys are never handed to it; the redaction is for what slips through. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const anywhere = ['token', 'authorization', 'url'].flatMap((name) => [name, `*.${name}`]);
  const redact = { paths: [...anywhere, '*.password', 'err.config'], censor: '[redacted]' };
  return pino({ name: service, level, redact }, destination);
}

/** For a line of each event: its fields are ours by name, so nothing in them is redacted, and looking would cost as much as the line. */
export function withoutRedaction(logger: Logger): Logger {
  return logger.child({}, { redact: [] });
}
