import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CLOSE, PING, RawWebSocket, rawFrame, TEXT } from '../support/raw-frames.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const LIMIT_BYTES = 8 * 1024;

let world: World;
beforeAll(async () => {
  world = await World.start({ env: { REWIND_SECONDS: '0' } });
});
afterAll(() => world[Symbol.asyncDispose]());

const open = (path = '/ws') => RawWebSocket.open(Number(world.host().split(':')[1]), path);
const text = (payload: string) => rawFrame({ opcode: TEXT, payload });
const auth = () => ({ action: 'auth', token: tokenFor('customer', 6) });
/** An `auth` of so many bytes. */
function padded(bytes: number): string {
  const bare = JSON.stringify({ ...auth(), x: '' });
  return bare.replace('"x":""', `"x":"${'x'.repeat(bytes - bare.length)}"`);
}

describe('a client without a token', () => {
  it('may send 8 KiB to bring it', async () => {
    await using raw = await open();
    raw.socket.write(text(padded(LIMIT_BYTES)));
    await raw.until(({ said }) => said.includes('connected'));
  });

  it('is closed with 1009 for a byte more, and one such is in nobody’s way', async () => {
    await using raw = await open();
    raw.socket.write(text(padded(LIMIT_BYTES + 1)));
    await raw.until(({ frames }) => frames.some(({ opcode }) => opcode === CLOSE));
    expect(raw.said).toEqual(['INVALID_MESSAGE']);
    expect(await raw.closeCode()).toBe(1009);
  });

  it.each([
    ['a frame that has not come to its end', text('x'.repeat(60_000)).subarray(0, 20_000)],
    [
      'fragments without end',
      Buffer.concat(
        Array.from({ length: 20 }, (_, n) =>
          rawFrame({ opcode: n === 0 ? TEXT : 0, payload: 'x'.repeat(1_000), fin: false }),
        ),
      ),
    ],
    [
      'pings and nothing else',
      Buffer.concat(Array.from({ length: 200 }, () => rawFrame({ opcode: PING, payload: 'x'.repeat(100) }))),
    ],
  ])('is closed with 1009 for more than that in %s', async (_what, bytes) => {
    await using raw = await open();
    raw.socket.write(bytes);
    expect(await raw.closeCode()).toBe(1009);
  });

  it('may send more right behind its token, as may one whose upgrade brought it', async () => {
    const more = text(JSON.stringify({ action: 'list_rooms', x: 'x'.repeat(60_000) }));
    await using raw = await open();
    raw.socket.write(Buffer.concat([text(JSON.stringify(auth())), more]));
    await raw.until(({ said }) => said.includes('rooms_list'));
    await using brought = await open(`/ws?token=${auth().token}`);
    brought.socket.write(more);
    await brought.until(({ said }) => said.includes('rooms_list'));
  });
});

it('a token of more than 8 KiB is none, before anybody looks at its signature', async () => {
  await using raw = await open(`/ws?token=${'x'.repeat(LIMIT_BYTES + 1)}`);
  expect(await raw.closeCode()).toBe(3000);
  const [frame] = raw.frames;
  expect(frame?.payload.toString()).toContain('longer than 8192 characters');
});
