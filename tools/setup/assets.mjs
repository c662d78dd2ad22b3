import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pages = ['shared/monitoring/page', 'tools/demo/page'];

/** What the compiler does not take along: what browsers read as it is. */
export function copyAssets() {
  const root = new URL('../../', import.meta.url);
  for (const page of pages) {
    cpSync(new URL(page, root), new URL(`dist/${page}`, root), {
      recursive: true,
      filter: (source) => !/\.(ts|json)$/.test(source),
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) copyAssets();
