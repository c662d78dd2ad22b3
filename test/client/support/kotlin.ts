import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { findExecutables } from '../../../tools/broker/executables.ts';
import { runCommand } from '../../../tools/broker/processes.ts';
import { scaledMs, WAIT_MS } from '../../support/time.ts';

const folder = resolve('test/client/kotlin');
/** Maven's own repository has all of it, or has not. */
const OFFLINE_MS = 60_000;
/** 70 MB: a slow network does not hold up the tests for longer. */
const DOWNLOAD_MS = 180_000;
const COMPILE_MS = 300_000;
/** Starts in half of the time; what runs for seconds never earns more. */
const BRIEFLY = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export interface Kotlin {
  readonly java: string;
  /** Compiler and libraries, as in `test/client/kotlin/pom.xml`. */
  readonly classpath: string;
}

/** What compiles and runs Kotlin on this machine, brought by Maven where that is possible; else what is missing. */
export async function findKotlin(): Promise<Kotlin | { readonly missing: string }> {
  const [java] = findExecutables('java');
  const [mvn] = findExecutables('mvn');
  if (java === undefined || mvn === undefined) return { missing: 'no java or no mvn on the PATH' };
  const work = mkdtempSync(join(tmpdir(), 'roomcast-kotlin-'));
  const file = join(work, 'classpath');
  const env = { ...process.env, MAVEN_OPTS: [process.env['MAVEN_OPTS'] ?? '', ...BRIEFLY].join(' ') };
  const goal = ['-q', '-B', '-f', join(folder, 'pom.xml'), 'dependency:build-classpath'];
  try {
    for (const [mode, timeoutMs] of [
      [['-o'], OFFLINE_MS],
      [[], DOWNLOAD_MS],
    ] as const) {
      const args = [...mode, ...goal, `-Dmdep.outputFile=${file}`];
      const { code } = await runCommand(mvn, args, { timeoutMs, env });
      if (code === 0) return { java, classpath: readFileSync(file, 'utf8').trim() };
    }
    return { missing: `mvn did not bring the libraries within ${DOWNLOAD_MS / 1_000} s` };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The client of docs/clients.md as the document has it, compiled with a program around it. */
export class KotlinProgram implements Disposable {
  private constructor(
    private readonly java: string,
    private readonly classpath: string,
    private readonly work: string,
  ) {}

  static async compile({ java, classpath }: Kotlin): Promise<KotlinProgram> {
    const [, source] = /```kotlin\n([\s\S]*?)```/.exec(readFileSync('docs/clients.md', 'utf8')) ?? [];
    if (source === undefined) throw new Error('docs/clients.md has no Kotlin');
    const work = mkdtempSync(join(tmpdir(), 'roomcast-kotlin-'));
    const client = join(work, 'Roomcast.kt');
    writeFileSync(client, source);
    const compiler = ['-cp', classpath, 'org.jetbrains.kotlin.cli.jvm.K2JVMCompiler'];
    const output = ['-no-stdlib', '-no-reflect', '-Werror', '-cp', classpath, '-d', work];
    const args = [...BRIEFLY, ...compiler, ...output, client, join(folder, 'Main.kt')];
    const { code, stderr } = await runCommand(java, args, { timeoutMs: scaledMs(COMPILE_MS) });
    if (code !== 0) throw new Error(`the Kotlin of docs/clients.md does not compile:\n${stderr}`);
    return new KotlinProgram(java, `${work}:${classpath}`, work);
  }

  /** An app of its own, which has this cursor from before. */
  start(url: string, token: () => string, cursor?: string): KotlinApp {
    const args = [url, ...(cursor === undefined ? [] : [cursor])];
    return new KotlinApp(spawn(this.java, [...BRIEFLY, '-cp', this.classpath, 'MainKt', ...args]), token);
  }

  [Symbol.dispose](): void {
    rmSync(this.work, { recursive: true });
  }
}

export class KotlinApp implements AsyncDisposable {
  readonly did: string[] = [];
  #stderr = '';
  #wake: () => void = () => undefined;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    token: () => string,
  ) {
    child.stderr.on('data', (text: Buffer) => (this.#stderr += text.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.did.push(line);
      if (line === 'token') child.stdin.write(`${token()}\n`);
      this.#wake();
    });
  }

  /** Resolves once it has done this so often. */
  async until(what: string, times = 1): Promise<void> {
    const late = setTimeout(() => this.#wake(), scaledMs(WAIT_MS));
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    while (this.did.filter((line) => line === what).length < times) {
      if (performance.now() >= deadlineMs) {
        throw new Error(`not so often: ${what}, but ${this.did.join(', ')} ${this.#stderr}`);
      }
      await new Promise<void>((wake) => (this.#wake = wake));
    }
    clearTimeout(late);
  }

  get events(): readonly string[] {
    return this.did.filter((line) => line.startsWith('event '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }
}
