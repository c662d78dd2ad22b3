import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports } from './ports.ts';

/** Stable and independent of the machine's name, because the data belongs to the node's name. */
const NODE_NAME = 'roomcast@localhost';

export interface NodePlace {
  readonly folder: string;
  /** Where RabbitMQ's own scripts lie. */
  readonly scripts: string;
  readonly ports: Ports;
}

/** Its numbers for the management API each second instead of each fifth: one person, or a test, waits for them. */
export const STATISTICS = 'collect_statistics_interval = 1000';

/** Everything on the loopback, and as small as a broker for one person can be. */
function configuration({ amqp, management }: Ports): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${management}`,
    'disk_free_limit.absolute = 50MB',
    'raft.wal_max_size_bytes = 33554432',
    STATISTICS,
    'log.console = false',
    'log.file.level = info',
    '',
  ].join('\n');
}

/** Writes what the node reads at its start; the cookie stays as long as the data. */
export function writeNodeFiles({ folder, ports }: NodePlace): void {
  mkdirSync(join(folder, 'log'), { recursive: true, mode: 0o700 });
  const cookie = join(folder, '.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, randomBytes(24).toString('hex'), { mode: 0o400 });
  writeFileSync(join(folder, 'rabbitmq.conf'), configuration(ports));
  writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  // In place of /etc/rabbitmq/rabbitmq-env.conf, which speaks of the system's own broker.
  writeFileSync(join(folder, 'rabbitmq-env.conf'), '');
}

/** For the server and its command line tools; nothing of a system RabbitMQ's environment gets through. */
export function nodeEnvironment({ folder, ports }: NodePlace): NodeJS.ProcessEnv {
  const foreign = /^(RABBITMQ_|ERL_|ELIXIR_|NOTIFY_SOCKET$)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return {
    ...env,
    // Erlang looks for its cookie here.
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_NODENAME: NODE_NAME,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The script then becomes the Erlang machine instead of waiting beside it: one process id to end.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** The end of the node's log, to show why it did not start. */
export function lastLogLines(folder: string, count = 12): string {
  const log = join(folder, 'log');
  const files = existsSync(log) ? readdirSync(log).filter((name) => name.endsWith('.log')) : [];
  const lines = files.flatMap((name) =>
    readFileSync(join(log, name), 'utf8').trimEnd().split('\n').slice(-count),
  );
  return lines.filter((line) => line.trim() !== '').join('\n');
}
