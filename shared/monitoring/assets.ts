import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';

const scripts = ['status.js', 'card.js', 'path.js', 'plots.js', 'tables.js', 'dom.js', 'words.js'];

/** The page's own files lie beside this one, in the sources and in the build; the plots are uPlot's, from its package. */
export function readAssets(): readonly Asset[] {
  const own = (file: string) => readFileSync(new URL(`./page/${file}`, import.meta.url));
  const { resolve } = createRequire(import.meta.url);
  const uPlot = (file: string) => readFileSync(resolve(`uplot/dist/${file}`));
  return [
    { path: '/', type: HTML, body: own('status.html') },
    { path: '/status/status.css', type: CSS, body: own('status.css') },
    ...scripts.map((file) => ({ path: `/status/${file}`, type: JS, body: own(file) })),
    { path: '/status/icon.svg', type: 'image/svg+xml', body: own('icon.svg') },
    { path: '/status/uplot.js', type: JS, body: uPlot('uPlot.esm.js') },
    { path: '/status/uplot.css', type: CSS, body: uPlot('uPlot.min.css') },
  ];
}
