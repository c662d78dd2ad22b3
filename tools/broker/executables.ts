import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Where packages put daemons, which the PATH of an ordinary user need not name. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/sbin', '/usr/lib/rabbitmq/bin'];

export function findExecutables(name: string, path = process.env['PATH'] ?? ''): readonly string[] {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

/**
 * The folder of RabbitMQ's own scripts. What packages put on the PATH is often a wrapper that changes to the
 * user `rabbitmq` and writes to the system's folders; the real script has `rabbitmq-env` beside it.
 */
export function findRabbitScripts(): string | undefined {
  const folders = findExecutables('rabbitmq-server').map((file) => dirname(realpathSync(file)));
  return folders.find((folder) => existsSync(join(folder, 'rabbitmq-env')));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
