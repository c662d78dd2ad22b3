import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Of a socket that listens, in /proc/net/tcp. */
const LISTEN = '0A';

/** The process that listens on a port, such as `nginx (process 812)`, where Linux lets us see it. */
export function portHolder(port: number): string | undefined {
  const links = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
  if (links.size === 0) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsOneOf(links, name));
  if (pid === undefined) return undefined;
  return `${textOf(`/proc/${pid}/comm`).trim()} (process ${pid})`;
}

function listeningInodes(port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6']
    .flatMap((table) => textOf(`/proc/net/${table}`).split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(suffix) === true)
    .flatMap(([, , , , , , , , , inode]) => inode ?? []);
}

function holdsOneOf(links: ReadonlySet<string>, pid: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).some((name) =>
    links.has(attempt(() => readlinkSync(`${folder}/${name}`), '')),
  );
}

function textOf(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

/** What ends meanwhile, or is another user's, cannot be read. */
function attempt<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
