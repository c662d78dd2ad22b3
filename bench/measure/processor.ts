import { readdirSync, readFileSync } from 'node:fs';
import type { Figures } from './turns.ts';

/** Of Linux, on every machine that Node runs on. */
const TICK_US = 10_000;

/** Microseconds of CPU that all threads of these processes have taken, by the scheduler's own accounting; 0 for those gone. */
function cpuUsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + threadsUs(pid), 0);
}

/** Starts a clock for these processes and what they have started; tells the microseconds since. */
export function cpuClock(pids: readonly number[]): () => number {
  const all = withDescendants(pids);
  const before = cpuUsOf(all);
  return () => cpuUsOf(all) - before;
}

/** Starts a clock for the processes of each role; tells the microseconds since, by `unit`, of each role and of all together. */
export function roleClocks(
  pids: Readonly<Record<string, readonly number[]>>,
  unit: string,
): (units: number) => Figures {
  const clocks = Object.entries(pids).map(([role, own]) => [role, cpuClock(own)] as const);
  return (units) => {
    const each = clocks.map(([role, used]) => [`${role}, µs ${unit}`, used() / units] as const);
    return { ...Object.fromEntries(each), [`all, µs ${unit}`]: each.reduce((sum, [, us]) => sum + us, 0) };
  };
}

/** Starts a clock for this process, which publishes, and those that receive; tells the microseconds since. */
export function loadClock(receivers: readonly number[]): () => number {
  const all = [process.pid, ...receivers];
  const before = cpuUsOf(all);
  return () => cpuUsOf(all) - before;
}

/** Starts a clock; tells how many cores processes other than ours (and those of `ours`) took since. */
export function foreignClock(ours: readonly number[]): () => number {
  const own = () => withDescendants([process.pid, ...ours]);
  const [busyBefore, ownBefore, startedMs] = [busyUs(), cpuUsOf(own()), performance.now()];
  return () => {
    const foreignUs = busyUs() - busyBefore - (cpuUsOf(own()) - ownBefore);
    return Math.max(0, foreignUs / ((performance.now() - startedMs) * 1_000));
  };
}

/** These and every process below them, detached ones included as long as their parents live. */
function withDescendants(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = new Set<number>();
  const visit = (pid: number) => {
    if (found.has(pid)) return;
    found.add(pid);
    children.get(pid)?.forEach(visit);
  };
  roots.forEach(visit);
  return [...found];
}

/** Those of a name in whose environment a text is. */
export function processesOf(name: string, text: string): readonly number[] {
  return processIds().filter((pid) => {
    if (attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) !== name) return false;
    return attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))?.includes(text) ?? false;
  });
}

function threadsUs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const threads = attempt(() => readdirSync(folder)) ?? [];
  return threads.reduce((sum, thread) => {
    const text = attempt(() => readFileSync(`${folder}/${thread}/schedstat`, 'utf8'));
    return sum + Number(text?.split(' ')[0] ?? 0) / 1_000;
  }, 0);
}

/** Of all cores since the machine's start; interrupts are left out, which the kernel charges to nobody. */
function busyUs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user + nice + system + steal) * TICK_US;
}

function processIds(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name before is in parentheses and may contain blanks.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** A process may end between the list and the look. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
