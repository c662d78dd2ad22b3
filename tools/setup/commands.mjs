import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, sourcesChanged } from './build.mjs';
import { rerunOnNewerNode, runDockerTests } from './docker-tests.mjs';
import { ensureInstalled, packagesMissing } from './install.mjs';
import { withLock } from './lock.mjs';
import { inRoot, root } from './paths.mjs';
import { runStep } from './run-step.mjs';
import { runStryker } from './stryker.mjs';
import { runJest, runTests } from './tests.mjs';

/** Commands that `npm run build` builds, and their files in dist/. */
const built = {
  start: 'tools/start/main',
  'docs:limits': 'tools/limits/main',
  'docs:asyncapi': 'tools/asyncapi/main',
  bench: 'bench/bench.main',
  'bench:flood': 'bench/flood.main',
  hostile: 'bench/hostile.main',
  soak: 'bench/soak.main',
};
/** Commands of the command-line program, and what it calls them. */
const roomcast = {
  roomcast: [],
  doctor: ['doctor'],
  token: ['token'],
  publish: ['publish'],
  watch: ['watch'],
  redrive: ['rejected'],
};
/** Commands with a TypeScript project of their own, and where it is. */
const projects = {
  faults: 'test/faults',
  mutations: 'test/faults',
  fuzz: 'test/fuzz',
};

/** Installs and builds what is missing, then becomes the command: its signals and exit code are ours. */
export async function runCommand(name, args) {
  process.chdir(root);
  if (name === 'test') {
    await prepare({ mustBuild: args.length === 0 });
    process.exitCode = await runTests(args);
  } else if (name === 'coverage') {
    await prepare({ mustBuild: false });
    process.exitCode = await runJest(['--config=jest.coverage.config.js', ...args]);
  } else if (name === 'stryker') {
    await prepare({ mustBuild: false });
    process.exitCode = await runStryker(args);
  } else if (name === 'test:docker') {
    const code = await rerunOnNewerNode(args);
    if (code === undefined) await prepare({ mustBuild: true });
    process.exitCode = code ?? (await runDockerTests(args));
  } else if (Object.hasOwn(built, name)) {
    const script = inRoot(`dist/${built[name]}.js`);
    await prepare({ mustBuild: true, script });
    await become(script, args);
  } else if (Object.hasOwn(roomcast, name)) {
    const script = inRoot('dist/tools/roomcast.js');
    await prepare({ mustBuild: true, script });
    await become(script, [...roomcast[name], ...args]);
  } else if (Object.hasOwn(projects, name)) {
    const project = projects[name];
    await prepare({ mustBuild: true });
    const tsc = inRoot('node_modules/typescript/bin/tsc');
    const build = () => runStep(`building ${project}`, process.execPath, [tsc, '-p', project]);
    await withLock('setup', build);
    await become(inRoot(`dist/${project}/${name}.main.js`), args);
  } else {
    const others = [built, roomcast, projects].flatMap(Object.keys).slice(1).join(' | npm run ');
    console.error(
      `usage: npm start | npm test | npm run test:docker | npm run coverage | npm run stryker | npm run ${others}`,
    );
    process.exitCode = 2;
  }
}

async function become(script, args) {
  process.argv = [process.argv[0], script, ...args];
  await import(pathToFileURL(script).href);
}

/** `mustBuild: false` lets one test file run while another part of the tree does not compile. */
async function prepare({ mustBuild, script }) {
  const needed = () => packagesMissing() || sourcesChanged() || (script !== undefined && !existsSync(script));
  if (!needed()) return;
  await withLock('setup', async () => {
    await ensureInstalled();
    try {
      await ensureBuilt();
    } catch (error) {
      if (mustBuild) throw error;
      console.error(`${error.message}\nGoing on with the tests.`);
    }
  });
}
