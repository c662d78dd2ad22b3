import { build } from 'esbuild';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';

/** What Chromium itself says of a connection that failed, which no page can prevent. */
const NETWORK = /^(WebSocket connection to|Failed to load resource)/;

const SCRIPT = `
  import { createRoomcast } from './client/src/index.ts';
  const client = createRoomcast({
    serverUrl: new URLSearchParams(location.search).get('server'),
    getToken: async () => (await fetch('/token')).text(),
  });
  client.on('event', ({ id }) => {
    const item = document.createElement('li');
    item.textContent = id;
    document.querySelector('ol').append(item);
  });
  client.on('gap', ({ reason }) => (document.querySelector('#gaps').textContent += reason));
  client.on('status', ({ status }) => (document.title = status));
  client.start();`;

/** A site with one page, which lists what its person is told of, and the tokens for it. */
export class ClientPage {
  readonly errors: string[] = [];
  readonly #askedMs: number[] = [];

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async serve(token: () => string): Promise<ClientPage> {
    const { outputFiles } = await build({
      stdin: { contents: SCRIPT, resolveDir: '.', loader: 'ts' },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const html = `<!doctype html><link rel="icon" href="data:,"><ol></ol><p id="gaps"></p>
      <script type="module">${outputFiles[0]?.text ?? ''}</script>`;
    const server = createServer(({ url }, response) => {
      if (url === '/token') {
        site.#askedMs.push(performance.now());
        response.end(token());
      } else {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.end(html);
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const site: ClientPage = new ClientPage(server, `http://127.0.0.1:${port}`);
    return site;
  }

  /** How long after the one before each token was asked for. */
  get tokenGapsMs(): readonly number[] {
    return this.#askedMs.slice(1).map((ms, index) => ms - (this.#askedMs[index] ?? 0));
  }

  /** Resolves when the page is connected. */
  async open(browser: Browser, deliveryPort: number): Promise<Page> {
    const page = await browser.newPage();
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !NETWORK.test(message.text())) this.errors.push(message.text());
    });
    await page.goto(`${this.origin}/?server=http://127.0.0.1:${deliveryPort}`);
    await page.waitForFunction('document.title === "live"');
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
