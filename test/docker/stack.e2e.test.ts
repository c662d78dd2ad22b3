import { describe, expect, it } from '@jest/globals';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TestClient } from '../support/client.ts';
import { ComposeStack } from './compose-stack.ts';
import { documentedOutputs, fieldsOf, logFieldsIn, mentionedIn, rowIn, typedIn } from './documented.ts';

const Service = z.object({
  environment: z.record(z.string(), z.string().nullable()),
  ports: z.array(z.object({ host_ip: z.string(), published: z.string(), target: z.number() })),
});
const Config = z.object({ services: z.object({ websocket: Service, ingest: Service }) });

/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;
const HEALTH = 'curl localhost:8081/health';
const LOGS = 'docker compose logs websocket';
const LIST = 'docker compose ps websocket';

/** What a stack with the documented name, image and ports would have printed. */
function asDocumented(output: string, { project, image, ports }: ComposeStack): string {
  return output
    .replaceAll(project, 'roomcast')
    .replaceAll(image, 'roomcast')
    .replaceAll(`:${ports.webSocket}->`, ':8080->')
    .replaceAll(`:${ports.health}->`, ':8081->');
}

/** The lines of README.md that need Docker and no Node, by what they are for. */
function quickStart() {
  const [start = '', publish = '', token = '', follow = ''] = typedIn('Quick start').filter(
    (lines) => !lines.includes('npm '),
  );
  const [secrets = '', up = '', watch = ''] = start.split('\n');
  return { secrets, up, watch, publish, token, follow };
}

describe('a fresh clone with Docker and no Node', () => {
  it(
    'does what the README says it does',
    () =>
      ComposeStack.inFreshClone(async (stack) => {
        const readme = quickStart();
        await stack.type(readme.secrets);
        const first = readFileSync(join(stack.folder, '.env'), 'utf8');
        expect(first).toMatch(/^JWT_SECRET=\w{64}$/m);
        expect(first).toMatch(/^INGEST_API_KEYS=\w{64}$/m);
        expect(statSync(join(stack.folder, '.env')).mode & 0o777).toBe(0o600);
        const said = await stack.type(readme.secrets);
        expect(readFileSync(join(stack.folder, '.env'), 'utf8')).toBe(first);
        for (const [secret] of first.matchAll(/\w{64}/g)) expect(said).not.toContain(secret);

        await stack.type(readme.up);
        const services = (await stack.containers()).map(({ Service, Health }) => `${Service} ${Health}`);
        expect(services.sort()).toEqual(['ingest healthy', 'rabbitmq healthy', 'websocket healthy']);

        await using watcher = stack.open(readme.watch);
        await watcher.printed('connected');
        const accepted = JSON.parse(await stack.type(readme.publish)) as { id: string };
        expect(await watcher.printed('appointment.created')).toContain(`event_id=${accepted.id}`);

        const token = (await stack.type(readme.token)).trim();
        await using phone = await TestClient.open(
          `ws://127.0.0.1:${stack.ports.webSocket}/ws?token=${token}`,
        );
        await phone.until({ type: 'connected' });
        await using follower = stack.open(readme.follow.replace('$TOKEN', token));
        await follower.printed('"type":"connected"');

        const looks = mentionedIn('Operating it', 'curl ');
        expect(looks.length).toBeGreaterThan(1);
        for (const look of looks) {
          expect(JSON.parse(await stack.type(look))).toMatchObject({ status: 'healthy' });
        }
        const [redrive = ''] = mentionedIn('Operating it', 'docker compose exec ingest roomcast rejected');
        expect(await stack.type(redrive)).toBe('nothing is rejected\n');

        const listed = documentedOutputs(LIST);
        expect(listed.length).toBeGreaterThan(0);
        for (const shown of listed) {
          expect(rowIn(asDocumented(await stack.type(LIST), stack))).toEqual(rowIn(shown));
        }

        const logs = documentedOutputs(LOGS);
        expect(logs.length).toBeGreaterThan(0);
        const printed = await stack.type(LOGS);
        const logged = logFieldsIn(printed);
        for (const line of logs.flatMap(logFieldsIn)) expect(logged).toContainEqual(line);
        for (const [secret] of first.matchAll(/\w{64}/g)) expect(printed).not.toContain(secret);
        expect(printed).not.toContain(token);

        const healths = documentedOutputs(HEALTH);
        expect(healths.length).toBeGreaterThan(0);
        const health: unknown = JSON.parse(await stack.type(HEALTH));
        // The watcher, the phone and the follower.
        expect(health).toMatchObject({ status: 'healthy', stats: { active_connections: 3 } });
        for (const shown of healths) {
          expect(fieldsOf(health)).toEqual(expect.arrayContaining([...fieldsOf(JSON.parse(shown))]));
        }

        const [scale = 'false'] = mentionedIn('Operating it', 'docker compose --profile proxy');
        await stack.type(scale);
        const [remove = 'false'] = mentionedIn('Operating it', "docker compose --profile '*' down");
        await stack.type(remove);
        expect(await stack.leftovers()).toEqual([]);
      }),
    DEADLINE_MS,
  );

  it('takes every setting from the file of --env-file, and the published port from WEBSOCKET_PORT', () =>
    ComposeStack.inFreshClone(async (stack) => {
      const secrets = ['JWT_SECRET', 'INGEST_API_KEYS'].map((name) => `${name}=${'0f'.repeat(32)}`);
      const settings = ['WEBSOCKET_PORT=9090', 'REWIND_SECONDS=7', 'LOG_LEVEL=debug', 'REPEATS_MAX=9'];
      writeFileSync(join(stack.folder, '.env'), [...secrets, 'REWIND_SECONDS=5'].join('\n'));
      writeFileSync(join(stack.folder, '.env-prod'), [...secrets, ...settings].join('\n'));
      const shown = await stack.type(
        'WEBSOCKET_PUBLISH_PORT= docker compose --env-file .env-prod config --format json',
      );
      const { websocket, ingest } = Config.parse(JSON.parse(shown)).services;
      expect(websocket.environment).toMatchObject({ REWIND_SECONDS: '7', LOG_LEVEL: 'debug' });
      expect(websocket.environment).toMatchObject({ WEBSOCKET_PORT: '8080' });
      expect(ingest.environment).toMatchObject({ REPEATS_MAX: '9', LOG_LEVEL: 'debug' });
      expect(websocket.ports).toContainEqual(
        expect.objectContaining({ host_ip: '127.0.0.1', published: '9090', target: 8080 }),
      );
    }));
});
