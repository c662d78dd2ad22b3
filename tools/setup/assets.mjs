import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = 'shared/monitoring/page';

/** What the compiler does not take along: the status page, which browsers read as it is. */
export function copyAssets() {
  const root = new URL('../../', import.meta.url);
  cpSync(new URL(page, root), new URL(`dist/${page}`, root), {
    recursive: true,
    filter: (source) => !/\.(d\.ts|json)$/.test(source),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) copyAssets();
