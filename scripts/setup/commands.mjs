import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt, sourcesChanged } from './build.mjs';
import { ensureInstalled, packagesMissing } from './install.mjs';
import { withLock } from './lock.mjs';
import { inRoot, root } from './paths.mjs';
import { runStep } from './run-step.mjs';
import { runTests } from './tests.mjs';

const devCommands = ['start', 'token', 'publish', 'watch'];
const faultCommands = ['faults', 'mutations'];

/** Installs and builds what is missing, then becomes the command: its signals and exit code are ours. */
export async function runCommand(name, args) {
  process.chdir(root);
  if (name === 'test') {
    await prepare({ mustBuild: args.length === 0 });
    process.exitCode = await runTests(args);
  } else if (devCommands.includes(name)) {
    const script = fileURLToPath(new URL(`../../dist/dev/${name}.js`, import.meta.url));
    await prepare({ mustBuild: true, script });
    await become(script, args);
  } else if (faultCommands.includes(name)) {
    await prepare({ mustBuild: true });
    const tsc = inRoot('node_modules/typescript/bin/tsc');
    const build = () => runStep('building the fault suite', process.execPath, [tsc, '-p', 'test/faults']);
    await withLock('setup', build);
    await become(inRoot(`dist/test/faults/${name}.main.js`), args);
  } else {
    const others = [...devCommands.slice(1), ...faultCommands].join(' | npm run ');
    console.error(`usage: npm start | npm test | npm run ${others}`);
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
