import { once } from 'node:events';
import { anyAddress } from './any-address.ts';
import { BrokerRefusedError } from '../broker/broker-connection.ts';
import { ConfigError, type CommonConfig } from '../config/env.ts';
import { errorText } from './error-text.ts';
import { GatheredLines } from './gathered-lines.ts';
import { createLogger, type Logger } from './logger.ts';
import { startTracing } from './tracing.ts';

export interface Service {
  /** Settles only when the service cannot go on: rejects with why. */
  readonly failed: Promise<never>;
  /** Finishes what was accepted and takes nothing new; resolves early when the deadline passes. */
  stop(): Promise<void>;
}

/** A port that we cannot listen on; the message names the variable to change. */
class PortError extends Error {
  override readonly name = 'PortError';
}

const portProblems: Readonly<Record<string, (variable: string) => string>> = {
  EADDRINUSE: (variable) => `is taken by another process: stop it, or set ${variable} to a free port.`,
  EACCES: (variable) => `needs more rights than this process has: set ${variable} above 1023.`,
};

/** Listens on every address, and turns a failure into a sentence that names the variable. */
export async function listenOn(
  port: number,
  variable: string,
  listen: (host: string) => Promise<unknown>,
): Promise<void> {
  try {
    await listen(await anyAddress());
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const problem = portProblems[String(code)];
    if (problem === undefined) throw error;
    throw new PortError(`Port ${port} ${problem(variable)}`);
  }
}

/**
 * Runs a service until SIGTERM or SIGINT, then drains it. A second signal, or DRAIN_TIMEOUT_MS, ends the
 * process at once with code 1. What an operator can mend is said in one sentence, without a stack.
 */
export async function runService<Config extends CommonConfig>(
  name: 'ingest' | 'delivery' | 'push',
  readConfig: (env: NodeJS.ProcessEnv) => Config,
  start: (config: Config, context: { readonly logger: Logger }) => Promise<Service>,
): Promise<void> {
  try {
    const config = readConfig(process.env);
    const logger = createLogger(name, config.logLevel, new GatheredLines());
    const endTracing = await startTracing(`roomcast-${name}`, config.otelExporterOtlpEndpoint, logger);
    const service = await start(config, { logger });
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), service.failed]);
    const force = () => process.exit(1);
    process.on('SIGTERM', force);
    process.on('SIGINT', force);
    setTimeout(force, config.drainTimeoutMs).unref();
    await service.stop();
    await endTracing();
    // Flushes what the logger holds; nothing is left to do but what would keep a broken stop alive.
    process.exit(0);
  } catch (error) {
    const ours =
      error instanceof ConfigError || error instanceof PortError || error instanceof BrokerRefusedError;
    process.stderr.write(
      `${ours || !(error instanceof Error) ? errorText(error) : (error.stack ?? error.message)}\n`,
    );
    process.exit(1);
  }
}
