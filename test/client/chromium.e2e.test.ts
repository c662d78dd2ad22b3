import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { HttpEntrance } from '../faults/entrances.ts';
import { Ledger } from '../faults/ledger.ts';
import { Publisher } from '../faults/publisher.ts';
import { brokerObstacle } from '../faults/rabbit.ts';
import { Random } from '../faults/random.ts';
import { createRunFolder } from '../faults/run-folder.ts';
import { System } from '../faults/system.ts';
import { findChromium, launch } from '../monitoring/chromium.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { ClientPage } from './support/client-page.ts';

/** How long the page is disturbed; each disturbance comes at least once. */
const SECONDS = Number(process.env['ROOMCAST_CHROMIUM_SECONDS'] ?? 20);
const FROZEN_MS = SECONDS >= 120 ? 40_000 : 4_000;
const AWAY_MS = 3_000;
const TOKEN_S = 20;
/** A fifth of a token's time is left when it is renewed, and it says its end in whole seconds. */
const SOONEST_RENEWAL_MS = (TOKEN_S - 2) * 800;
const CUSTOMER = 6;
const DEADLINE_MS = scaledMs(SECONDS * 1_000 + 300_000);

const found = await findChromium();
const obstacle = brokerObstacle() ?? ('missing' in found ? found.missing : undefined);

/** What happens to the page, in turn. */
const disturbances: readonly ((system: System, page: Page) => Promise<unknown>)[] = [
  async ({ broker }) => {
    await broker.nodes[0]?.kill();
    await broker.nodes[0]?.start();
  },
  (system) => {
    system.of('delivery')[0]?.process.kill();
    return system.untilHealthy();
  },
  async (system, page) => {
    await page.context().setOffline(true);
    system.of('delivery')[0]?.front.refuse();
    await delay(AWAY_MS);
    system.of('delivery')[0]?.front.heal();
    await page.context().setOffline(false);
  },
  async (_system, page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await delay(FROZEN_MS);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
  },
];

(obstacle === undefined ? describe : describe.skip)(`a page in Chromium${skippedFor(obstacle)}`, () => {
  it(
    'shows exactly what the backend did while broker, delivery, network and tab fail in turn',
    async () => {
      const folder = createRunFolder();
      const browser = await launch('path' in found ? found.path : '');
      let system: System | undefined;
      try {
        await using site = await ClientPage.serve(() =>
          tokenFor('customer', CUSTOMER, { secret: system?.secret ?? '', ttlSeconds: TOKEN_S }),
        );
        system = await System.start(folder, {
          nodes: 1,
          hasPush: false,
          env: { ALLOWED_ORIGINS: site.origin },
        });
        const page = await site.open(browser, system.ports('delivery')[0] ?? 0);
        const ledger = new Ledger('page');
        const odd: string[] = [];
        const entrance = new HttpEntrance(system.ports('ingest'), system.key, 0, (text) => odd.push(text));
        const appointments = [1, 2, 3].map((id) => ({
          id,
          providerId: 4,
          customerId: CUSTOMER,
          secretaryIds: [],
        }));
        const manner = { rate: 10, repeats: 0 };
        const backend = new Publisher('backend', entrance, appointments, ledger, new Random(1), manner);
        backend.start();
        const endMs = performance.now() + SECONDS * 1_000;
        for (let turn = 0; turn < disturbances.length || performance.now() < endMs; turn += 1) {
          await disturbances[turn % disturbances.length]?.(system, page);
          await delay(1_000);
        }
        await system.untilHealthy();
        await backend.stop();
        const ids = ledger.facts.map(({ id }) => id);
        await page.waitForFunction(`document.body.innerText.includes("${ids.at(-1) ?? ''}")`, undefined, {
          timeout: scaledMs(60_000),
        });
        expect((await page.innerText('ol')).split('\n')).toEqual(ids);
        expect({ odd, gaps: await page.innerText('#gaps'), errors: site.errors }).toEqual({
          odd: [],
          gaps: '',
          errors: [],
        });
        expect(site.tokenGapsMs.filter((ms) => ms < SOONEST_RENEWAL_MS)).toEqual([]);
        process.stdout.write(`${ids.length} events, ${site.tokenGapsMs.length + 1} tokens\n`);
      } finally {
        await browser.close();
        await system?.stop();
        await folder.remove();
      }
    },
    DEADLINE_MS,
  );
});
