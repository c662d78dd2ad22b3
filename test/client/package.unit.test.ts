import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkPackage, createPackageFromTarballData, type ProblemKind } from '@arethetypeswrong/core';
import { build, transform } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { skippedFor } from '../support/skipped.ts';
import { findNode } from './support/other-node.ts';
import { pack, type Packed } from './support/package.ts';

let packed: Packed;
beforeAll(() => {
  packed = pack();
});
afterAll(() => packed[Symbol.dispose]());

/** Bytes that an app loads for it at its start: minified, gzip -9. What it loads later is a file of its own. */
async function sizeOf(entry: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(packed.folder, 'dist', entry)],
    outdir: packed.folder,
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['react', './sse.js'],
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.outputs)).toHaveLength(1);
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).byteLength;
}

describe('what an app loads', () => {
  it.each([
    ['index.js', 4_000],
    ['react.js', 1_000],
    ['react-native.js', 1_000],
    ['push.js', 1_600],
  ])('%s is at most %d bytes', async (entry, most) => {
    expect(await sizeOf(entry)).toBeLessThanOrEqual(most);
  });

  it('push-worker.js is less than 2,000 bytes before any compression', async () => {
    const worker = readFileSync(join(packed.folder, 'dist/push-worker.js'), 'utf8');
    expect((await transform(worker, { minify: true })).code.length).toBeLessThan(2_000);
  });
});

describe('the package', () => {
  it('is found by every bundler and by Node (publint)', async () => {
    const { messages } = await publint({ pkgDir: packed.folder, strict: true });
    const manifest = JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8')) as object;
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  it('has types for whoever can import it (attw, profile esm-only)', async () => {
    const tarball = createPackageFromTarballData(readFileSync(packed.tarball));
    // It is served, and never imported by what has types.
    const result = await checkPackage(tarball, { excludeEntrypoints: ['./push-worker.js'] });
    // Of those that cannot: `require`, and `exports` not read at all.
    const esmOnly: readonly ProblemKind[] = ['CJSResolvesToESM', 'NoResolution'];
    const problems = 'problems' in result ? result.problems : [{ kind: 'Untyped' as const }];
    expect(problems.filter(({ kind }) => !esmOnly.includes(kind as ProblemKind))).toEqual([]);
    expect(
      'problems' in result &&
        problems.filter((one) => 'resolutionKind' in one && one.resolutionKind === 'bundler'),
    ).toEqual([]);
  });

  it('is plain JavaScript and types, without a dependency', () => {
    const files = readdirSync(packed.folder, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    const manifest = JSON.parse(readFileSync(join(packed.folder, 'package.json'), 'utf8')) as object;
    expect(manifest).not.toHaveProperty('dependencies');
  });

  const anywhere = `
    import { createRoomcast, Unauthorized } from '@roomcast/client';
    import { useAppointments } from '@roomcast/client/react';
    import { watchApp } from '@roomcast/client/react-native';
    import { registerPush } from '@roomcast/client/push';
    const client = createRoomcast({ serverUrl: 'https://host', getToken: async () => { throw new Unauthorized(); } });
    client.on('appointment.updated', ({ data }) => data.previous_start);
    client.on('event', (event) => { if (event.event === 'calendar.sync') event.data.provider_id; });
    // @ts-expect-error no such event
    client.on('appointment.deleted', () => undefined);
    export const list = () => useAppointments(client, async () => [{ id: 1, title: '' }]).appointments[0]?.title;
    export { registerPush, watchApp };`;
  const browser = `
    import { createRoomcast } from '@roomcast/client';
    import { registerPush } from '@roomcast/client/push';
    const client = createRoomcast({ url: 'wss://host', getToken: null, storage: localStorage, WebSocket, fetch });
    export const wake = async () => (await registerPush(
      { serverUrl: 'https://host', getToken: null },
      { serviceWorker: await navigator.serviceWorker.ready },
    )).unregister();
    export const follow = () => client.events({ signal: AbortSignal.timeout(1) });`;

  it.each([
    ['without the types of a browser', ['ES2022'], anywhere],
    ['in a browser', ['ES2022', 'DOM'], browser],
  ])('type-checks in an app that checks its libraries too, %s', (_where, lib, source) => {
    writeFileSync(join(packed.app, 'app.ts'), source);
    const options = { strict: true, skipLibCheck: false, noEmit: true, module: 'NodeNext', target: 'ES2022' };
    writeFileSync(join(packed.app, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(packed.app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...options, lib, types: [] }, files: ['app.ts'] }),
    );
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', packed.app], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  for (const { major, path, obstacle } of [20, 24].map(findNode)) {
    const test = obstacle === undefined ? it : it.skip;
    test(`runs in Node ${major} as it is packed${skippedFor(obstacle)}`, () => {
      const script = `import { createRoomcast } from '@roomcast/client';
        const client = createRoomcast({ url: 'ws://127.0.0.1:1/ws', getToken: null, WebSocket: class {} });
        client.start();
        client.stop();
        console.log(client.getSnapshot().status);`;
      const run = spawnSync(path, ['--input-type=module', '-e', script], {
        cwd: packed.app,
        encoding: 'utf8',
      });
      expect([run.stdout.trim(), run.stderr]).toEqual(['idle', '']);
    });
  }
});
