import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The package as npm packs it, and an app beside it that has installed that. */
export interface Packed extends Disposable {
  readonly tarball: string;
  /** Unpacked. */
  readonly folder: string;
  /** An empty one, whose node_modules has the package, React and its types. */
  readonly app: string;
}

const root = resolve('.');

export function pack(): Packed {
  const work = mkdtempSync(join(tmpdir(), 'roomcast-client-'));
  const source = join(work, 'source');
  cpSync('client', source, { recursive: true, filter: (path) => !path.startsWith(join('client', 'dist')) });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  for (const project of [['client/tsconfig.build.json'], ['client/worker', '--noEmit', 'false']]) {
    execFileSync(process.execPath, [tsc, '-p', ...project, '--outDir', join(source, 'dist')]);
  }
  // Built already, by the compiler of this checkout.
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', work], {
    cwd: source,
    stdio: 'pipe',
  });
  const tarball = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '');
  const app = join(work, 'app');
  const folder = join(app, 'node_modules/@roomcast/client');
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
  for (const name of ['react', 'react-dom', '@types', 'csstype']) {
    symlinkSync(join(root, 'node_modules', name), join(app, 'node_modules', name));
  }
  return { tarball, folder, app, [Symbol.dispose]: () => rmSync(work, { recursive: true, force: true }) };
}
