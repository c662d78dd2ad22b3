import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandRun, roomcast } from '../support/command-line.ts';
import { appointment } from '../support/events.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';

const provider = ['watch', '--role', 'provider', '--id', '4'];

/** The settings of a world, and its ports where the commands look for them. */
function envOf(world: World): Record<string, string> {
  return {
    ...worldEnv(world.amqpUrl),
    WEBSOCKET_PORT: String(world.deliveries[0]?.webSocketPort),
    INGEST_PORT: String(world.ingests[0]?.httpPort),
  };
}

describe('roomcast watch', () => {
  it('prints each frame as a line, and ends with code 0 when it is interrupted', async () => {
    await using world = await World.start();
    const watcher = new CommandRun(provider, { env: envOf(world) });
    await watcher.printed('connected');
    const { id } = await world.publish(appointment());
    await watcher.printed(`event_id=${id}`);
    const { code, out } = await watcher.interrupt();
    expect(code).toBe(0);
    expect(out).toMatch(/^\d\d:\d\d:\d\d {2}subscribed +room=provider_4$/m);
    expect(out).toMatch(/appointment\.created +id=.*provider_id=4/);
  });

  it('prints frames as they come for --json, and misses nothing while it was cut off', async () => {
    await using world = await World.start();
    await using proxy = await TcpProxy.before(world.webSocketUrl());
    const url = proxy.through(world.webSocketUrl());
    const watcher = new CommandRun([...provider, '--json', '--url', url], { env: envOf(world) });
    await watcher.printed('"type":"connected"');
    proxy.cut();
    const { id } = await world.publish(appointment());
    proxy.heal();
    await watcher.printed('"type":"resumed"');
    const { out, err } = await watcher.interrupt();
    const frames = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(frames.filter((frame) => frame['id'] === id)).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ type: 'resumed', recovered: true });
    expect(err).toMatch(/closed with 1006: coming back/);
  });

  it('ends with code 1 where its token is refused, without showing it', async () => {
    await using world = await World.start();
    const token = tokenFor('provider', 4, { secret: 'x'.repeat(40) });
    const { code, out, err } = await roomcast(['watch', '--token', token], { env: envOf(world) });
    expect(code).toBe(1);
    expect(out).toContain('AUTH_FAILED');
    expect(err).toContain('closed with 3000');
    expect(out + err).not.toContain(token);
  });
});

describe('roomcast publish', () => {
  it('posts a file, standard input or a sample', async () => {
    await using world = await World.start();
    const env = envOf(world);
    const folder = mkdtempSync(join(tmpdir(), 'roomcast-'));
    writeFileSync(join(folder, 'event.json'), JSON.stringify(appointment({ id: 'of-a-file' })));
    const file = await roomcast(['publish', 'event.json'], { env, folder });
    rmSync(folder, { recursive: true });
    expect(file).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^202 Accepted\n.*of-a-file/) as unknown,
    });
    const input = JSON.stringify(appointment({ id: 'of-stdin' }));
    const piped = await roomcast(['publish', '-', '--json'], { env, input });
    expect({ code: piped.code, answer: JSON.parse(piped.out) as unknown }).toMatchObject({
      code: 0,
      answer: { id: 'of-stdin', rooms: expect.arrayContaining(['provider_4']) as unknown },
    });
    const sample = await roomcast(['publish', '--sample'], { env });
    expect(sample).toMatchObject({ code: 0, out: expect.stringContaining('customer_6') as unknown });
  });

  it('prints the answer and ends with code 1 where the event is refused', async () => {
    await using world = await World.start();
    const env = envOf(world);
    const { code, out } = await roomcast(['publish', '-'], { env, input: '{"event":"appointment.created"}' });
    expect(code).toBe(1);
    expect(out).toMatch(/^422 /);
    const wrong = await roomcast(['publish', '--sample', '--json'], {
      env: { ...env, INGEST_API_KEYS: 'some-other-key-of-tests' },
    });
    expect({ code: wrong.code, problem: JSON.parse(wrong.out) as unknown }).toMatchObject({
      code: 1,
      problem: { code: 'unauthorized' },
    });
  });

  it('says where it looked when nobody answers, and which file it cannot read', async () => {
    const env = { ...worldEnv('amqp://127.0.0.1:1'), INGEST_PORT: '1' };
    const closed = await roomcast(['publish', '--sample'], { env });
    expect(closed).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('127.0.0.1:1') as unknown,
    });
    const missing = await roomcast(['publish', 'none.json'], { env });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('none.json') as unknown });
  });
});
