import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Hs256Keys } from '../../services/delivery/auth/hs256.ts';
import { createTokenVerifier } from '../../services/delivery/auth/verify-token.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { IngestVariables, readConfig } from '../../services/ingest/config.ts';
import { resolveName } from '../../services/ingest/accept/event-names.ts';
import { readWebhook } from '../../services/ingest/backends/easyappointments/webhook.ts';
import { RECONCILE_PATH, WEBHOOK_PATH } from '../../services/ingest/backends/easyappointments/routes.ts';
import { frameErrorCodes } from '../../shared/contract/frames.ts';
import { errorRegistry } from '../../shared/contract/errors.ts';
import { oneOf, roles } from '../../shared/contract/rooms.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { TEST_SECRET } from '../support/tokens.ts';

const guide = readFileSync('docs/easyappointments.md', 'utf8');
const compose = readFileSync('docker-compose.yml', 'utf8');
const sources = ['services', 'shared'].flatMap(filesIn).map((file) => readFileSync(file, 'utf8'));

/** Settings of the fork, which are not ours to have. */
const OF_THE_FORK = ['WEBSOCKET_ENABLED', 'WEBSOCKET_INTERNAL_HOST', 'WEBSOCKET_INTERNAL_PORT'];

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Code blocks of a language, with what stands behind it. */
function blocks(language: string): string[] {
  const found = [...guide.matchAll(/^```(.+)\n([\s\S]*?)^```/gm)].filter(([, name]) => name === language);
  if (found.length === 0) throw new Error(`the guide has no block ${language}`);
  return found.map(([, , text]) => text ?? '');
}

function matches(pattern: RegExp): string[] {
  const found = [...new Set([...guide.matchAll(pattern)].map(([, text = '']) => text))];
  if (found.length === 0) throw new Error(`nothing in the guide is ${pattern.source}`);
  return found;
}

/** Numbers are filled in by the code. */
const withoutFigures = (text: string) => text.replace(/\$\{[^}]+\}|\d+/g, '#');
const spoken = sources.map(withoutFigures).join('\n');

const slugs = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
  title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-'),
);
const anchors = [...guide.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id);

const curls = blocks('sh')
  .join('\n')
  .split(/^(?=curl )/m)
  .filter((text) => text.startsWith('curl '));
const bodies = curls.flatMap((text) => / -d '([^']+)'/.exec(text)?.[1] ?? []);
const Registration = z.object({ actions: z.string(), secretToken: z.string(), url: z.url() });

describe('the guide for Easy!Appointments names', () => {
  const settings = new Set([...Object.keys(IngestVariables.shape), ...Object.keys(DeliveryVariables.shape)]);
  const codes: readonly string[] = frameErrorCodes;

  it.each(matches(/\b([A-Z]+(?:_[A-Z]+)+)\b/g).filter((name) => !OF_THE_FORK.includes(name)))(
    'the setting or code %s that there is',
    (name) => {
      expect(settings.has(name) || codes.includes(name) || compose.includes(`\${${name}:`)).toBe(true);
    },
  );

  it.each(matches(/"(?:msg|problem|reason)":"([A-Z a-z][^"…]+)/g).filter((text) => text.includes(' ')))(
    'the log line %j that there is',
    (text) => {
      expect(spoken).toContain(withoutFigures(text.trim()));
    },
  );

  it.each(matches(/"code":"([a-z_]+)"/g))('the error %s that there is', (code) => {
    expect(errorRegistry).toHaveProperty(code);
  });

  it.each(matches(/`(appointment[._](?:created|updated|cancelled|deleted))`/g))('the event %s', (name) => {
    expect(resolveName(name)).toBeDefined();
  });

  it.each(matches(/"reason":"(\w+)"/g))('the reason %s that there is', (reason) => {
    const ending = reason.replace(/^provider_/, '_');
    expect(spoken).toContain(reason === ending ? `'${reason}'` : `#${ending}`);
  });

  it.each(matches(/\]\(#([^)]+)\)/g))('the section %s of its own', (anchor) => {
    expect([...slugs, ...anchors]).toContain(anchor);
  });

  it.each(matches(/\]\((?!#|http)([^)]+)\)/g))('the file %s that there is', (file) => {
    expect(existsSync(join('docs', file))).toBe(true);
  });
});

describe('what the guide has people paste', () => {
  it('posts to paths that ingest has', () => {
    const posted = curls.flatMap(
      (text) => /^curl [^']*?http:\/\/127\.0\.0\.1:8082(\/\S*)/.exec(text)?.[1] ?? [],
    );
    expect(posted).toEqual([WEBHOOK_PATH, RECONCILE_PATH]);
  });

  it('is a booking as the webhook sends it', () => {
    expect(readWebhook(JSON.parse(bodies[0] ?? ''), { keepHash: false })).toMatchObject({
      value: { kind: 'appointment', verb: 'save', row: { id: 900_001, id_users_provider: 900_004 } },
    });
  });

  it('registers all 18 actions, and only such as there are', () => {
    const { actions, url } = Registration.parse(JSON.parse(bodies[1] ?? ''));
    const names = actions.split(',');
    expect(new Set(names).size).toBe(18);
    for (const action of names) {
      const webhook = readWebhook({ action, payload: { id: 1, id_users_provider: 4 } }, { keepHash: false });
      expect(webhook).not.toMatchObject({ value: { kind: 'ignored', known: false } });
      expect(webhook).toHaveProperty('value');
    }
    expect(new URL(url).pathname).toBe(WEBHOOK_PATH);
  });

  it('extends services that docker-compose.yml has', () => {
    const [override = ''] = blocks('yaml roomcast');
    const { services } = z.object({ services: z.record(z.string(), z.unknown()) }).parse(parse(override));
    const ours = z
      .object({ services: z.record(z.string(), z.unknown()) })
      .parse(parse(compose, { merge: true }));
    expect(Object.keys(ours.services)).toEqual(expect.arrayContaining(Object.keys(services)));
  });

  it('is a token that delivery takes', async () => {
    const claims = z
      .object({ exp: z.number() })
      .loose()
      .parse(JSON.parse(blocks('json')[0] ?? ''));
    const verify = createTokenVerifier(
      new Hs256Keys([TEST_SECRET]),
      () => wallTime((claims.exp - 1) * 1000),
      {
        maxLifetimeMs: 900_000,
      },
    );
    expect(
      await verify(jwt.sign(claims, TEST_SECRET, { algorithm: 'HS256', noTimestamp: true })),
    ).toMatchObject({
      principal: { userId: 4, role: 'provider' },
    });
  });
});

it('the guide names the roles that a token may have', () => {
  expect(guide).toContain(`\`role\` is ${oneOf(roles.map((role) => `\`${role}\``))}.`);
});

describe('the figures of the guide', () => {
  it('are the defaults', () => {
    const config = readConfig({
      INGEST_API_KEYS: 'key-for-tests-only',
      EASYAPPOINTMENTS_URL: 'https://booking.example.org',
      EASYAPPOINTMENTS_API_TOKEN: 'token-for-tests-only',
    });
    expect(guide).toContain('to 90 days ahead');
    expect(guide).toContain('every 15 minutes');
    expect(guide).toContain('after 5 s at worst');
    expect(config).toMatchObject({
      ingestConfirmTimeoutMs: 5_000,
      easyappointmentsTokenHeader: 'x-ea-token',
      calendarRoom: 'thin',
      easyappointmentsReconcileDays: 90,
      easyappointmentsReconcileMinutes: 15,
    });
  });
});
