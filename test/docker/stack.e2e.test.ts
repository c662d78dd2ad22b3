import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { TestClient } from '../support/client.ts';
import { tokenFor } from '../support/tokens.ts';
import { ComposeStack } from './compose-stack.ts';
import { documentedOutputs, fieldsOf, logFieldsIn, rowIn } from './documented.ts';

/** Wide: a first build fetches its base image and every package. */
const DEADLINE_MS = 900_000;
const HEALTH = 'curl localhost:8081/health';
const LOGS = 'docker compose logs websocket';
const LIST = 'docker compose ps websocket';

/** A command of the documentation on the ports of this stack. */
function type(stack: ComposeStack, documented: string): Promise<string> {
  const { http, health } = stack.ports;
  return stack.type(documented.replace(':8081/', `:${health}/`).replace(':8082/', `:${http}/`));
}

/** What a stack with the documented name, image and ports would have printed. */
function asDocumented(output: string, { project, image, ports }: ComposeStack): string {
  return output
    .replaceAll(project, 'roomcast')
    .replaceAll(image, 'roomcast')
    .replaceAll(`:${ports.webSocket}->`, ':8080->')
    .replaceAll(`:${ports.health}->`, ':8081->');
}

describe('the stack of docker compose up', () => {
  it(
    'does what the README says it does',
    () =>
      ComposeStack.use([], async (stack) => {
        const services = (await stack.containers()).map(({ Service, Health }) => `${Service} ${Health}`);
        expect(services.sort()).toEqual(['ingest healthy', 'rabbitmq healthy', 'websocket healthy']);

        const token = tokenFor('provider', 4, { secret: stack.secret });
        await using phone = await TestClient.open(
          `ws://127.0.0.1:${stack.ports.webSocket}/ws?token=${token}`,
        );
        await phone.until({ type: 'connected' });
        const publish = /^curl -X POST .*\\\n.*$/m.exec(readFileSync('README.md', 'utf8'))?.[0];
        const accepted = JSON.parse(await type(stack, publish ?? 'false')) as { id: string };
        expect(await phone.until({ event: 'appointment.created' })).toMatchObject({ id: accepted.id });
        await phone.until({ event: 'calendar.sync' });

        const listed = documentedOutputs(LIST);
        expect(listed.length).toBeGreaterThan(0);
        for (const shown of listed) {
          expect(rowIn(asDocumented(await type(stack, LIST), stack))).toEqual(rowIn(shown));
        }

        const logs = documentedOutputs(LOGS);
        expect(logs.length).toBeGreaterThan(0);
        const logged = logFieldsIn(await type(stack, LOGS));
        for (const line of logs.flatMap(logFieldsIn)) expect(logged).toContainEqual(line);

        const healths = documentedOutputs(HEALTH);
        expect(healths.length).toBeGreaterThan(0);
        const health: unknown = JSON.parse(await type(stack, HEALTH));
        expect(health).toMatchObject({
          status: 'healthy',
          stats: { active_connections: 1, total_deliveries: 2 },
        });
        for (const shown of healths) {
          expect(fieldsOf(health)).toEqual(expect.arrayContaining([...fieldsOf(JSON.parse(shown))]));
        }
      }),
    DEADLINE_MS,
  );
});
