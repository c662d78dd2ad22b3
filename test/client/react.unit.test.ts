import './support/dom.ts';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { useAppointments, useRoomcast, useRoomcastEvent, type Appointments } from '../../client/src/react.ts';
import type { RoomcastClient, RoomcastEvent } from '../../client/src/index.ts';
import { Phone } from './support/phone.ts';
import { Rendered } from './support/rendered.ts';

interface Row {
  readonly id: number;
  readonly start?: string;
}

const Status = ({ client, seen }: { client: RoomcastClient; seen: string[] }) => {
  seen.push(useRoomcast(client).status);
  return null;
};
const Events = ({
  client,
  pattern,
  on,
}: {
  client: RoomcastClient;
  pattern: string;
  on: (event: RoomcastEvent) => void;
}) => {
  useRoomcastEvent(client, pattern, on);
  return null;
};
interface ListProps {
  readonly client: RoomcastClient;
  readonly load: () => Promise<readonly Row[]>;
  readonly isWanted?: (row: Row) => boolean;
  readonly seen: Appointments<Row>[];
}
const List = ({ client, load, isWanted, seen }: ListProps) => {
  seen.push(useAppointments(client, load, isWanted));
  return null;
};

let open: Rendered[] = [];
async function rendered<Props extends object>(component: (props: Props) => null, props: Props) {
  const one = await Rendered.of(component, props);
  open.push(one);
  return one;
}
afterEach(async () => {
  for (const one of open) await one.unmount();
  open = [];
});

/** Resolves when the client is idle. */
const idle = (client: RoomcastClient) =>
  new Promise<void>((resolve) => {
    client.on('status', ({ status }) => {
      if (status === 'idle') resolve();
    });
  });

describe('what users of other clients ask for, in React', () => {
  it('7: opens one socket under StrictMode, and for any number of components', async () => {
    const phone = new Phone();
    const first = await rendered(Status, { client: phone.client, seen: [] });
    const second = await rendered(Status, { client: phone.client, seen: [] });
    await first.while(() => phone.clock.advance(100));
    expect([phone.server.sockets.length, phone.status]).toEqual([1, 'live']);
    await second.unmount();
    await first.unmount();
    await idle(phone.client);
    expect([phone.server.open.length, phone.server.sockets.length]).toEqual([0, 1]);
  });

  it('7: leaves it to the app to stop what the app has started', async () => {
    const [phone, other] = [await Phone.live(), new Phone()];
    const one = await rendered(Status, { client: phone.client, seen: [] });
    const its = await rendered(Status, { client: other.client, seen: [] });
    await its.while(() => other.clock.advance(100));
    await one.unmount();
    await its.unmount();
    // Left a moment later, and as long ago.
    await idle(other.client);
    expect(phone.status).toBe('live');
  });

  it('8: renders while nobody is signed in, after stop(), and on a server', async () => {
    const phone = new Phone({ getToken: null });
    const seen: string[] = [];
    const one = await rendered(Status, { client: phone.client, seen });
    await one.while(() => phone.clock.advance(100));
    await one.while(() => phone.client.stop());
    expect(new Set(seen)).toEqual(new Set(['idle', 'connecting']));
    expect(renderToString(createElement(Status, { client: phone.client, seen }))).toBe('');
  });

  it('9: keeps one connection over any number of renders', async () => {
    const phone = new Phone();
    const one = await rendered(Status, { client: phone.client, seen: [] });
    for (let count = 0; count < 20; count += 1) await one.render(Status, { client: phone.client, seen: [] });
    await one.while(() => phone.clock.advance(100));
    expect([phone.server.sockets.length, phone.tokenCalls]).toEqual([1, 1]);
  });

  it('10: calls the newest listener, without a subscription for each', async () => {
    const phone = new Phone();
    const seen: string[] = [];
    const props = (name: string) => ({
      client: phone.client,
      pattern: 'appointment.*',
      on: ({ id }: RoomcastEvent) => seen.push(`${name} ${id}`),
    });
    const one = await rendered(Events, props('first'));
    await one.while(() => phone.clock.advance(100));
    await one.render(Events, props('second'));
    await one.while(async () => {
      phone.server.publish();
      phone.server.publish({ event: 'calendar.sync', data: {} });
      await phone.clock.advance(100);
    });
    expect(seen).toEqual(['second event-1']);
    expect(phone.server.sockets).toHaveLength(1);
  });

  it('14: shows the status, and no break that is over soon', async () => {
    const phone = new Phone();
    const seen: string[] = [];
    const one = await rendered(Status, { client: phone.client, seen });
    await one.while(() => phone.clock.advance(100));
    await one.while(() => phone.server.cut());
    await one.while(() => phone.clock.advance(1_400));
    expect(seen.at(-1)).toBe('live');
    expect(new Set(seen)).toEqual(new Set(['idle', 'connecting', 'live']));
  });
});

describe('useAppointments', () => {
  async function listed(load: ListProps['load'], isWanted?: ListProps['isWanted']) {
    const phone = new Phone();
    const seen: Appointments<Row>[] = [];
    const one = await rendered(List, { client: phone.client, load, seen, ...(isWanted && { isWanted }) });
    await one.while(() => phone.clock.advance(100));
    return {
      phone,
      while: (step: () => Promise<void> | void) => one.while(step),
      rows: () => seen.at(-1)?.appointments,
      last: () => seen.at(-1),
    };
  }

  it('is the list and each change, merged by id', async () => {
    const list = await listed(() => Promise.resolve([{ id: 1, start: '10:00' }, { id: 2 }]));
    expect(list.rows()).toEqual([{ id: 1, start: '10:00' }, { id: 2 }]);
    await list.while(async () => {
      list.phone.server.publish({ event: 'appointment.created', data: { id: 3 } });
      list.phone.server.publish({ event: 'appointment.updated', data: { id: '1', status: 'Booked' } });
      list.phone.server.publish({ event: 'appointment.cancelled', data: { id: 2 } });
      await list.phone.clock.advance(100);
    });
    expect(list.rows()).toEqual([{ id: 1, start: '10:00', status: 'Booked' }, { id: 3 }]);
  });

  it('keeps what came while the list was loaded', async () => {
    const answers: ((rows: readonly Row[]) => void)[] = [];
    const list = await listed(() => new Promise((resolve) => answers.push(resolve)));
    await list.while(async () => {
      list.phone.server.publish({ event: 'appointment.cancelled', data: { id: 1 } });
      list.phone.server.publish({ event: 'appointment.created', data: { id: 2 } });
      await list.phone.clock.advance(100);
      for (const answer of answers) answer([{ id: 1 }]);
    });
    expect(list.rows()).toEqual([{ id: 2 }]);
  });

  it('loads again where something may have been missed', async () => {
    let rows: Row[] = [{ id: 1 }];
    const list = await listed(() => Promise.resolve(rows));
    rows = [{ id: 5 }];
    await list.while(async () => {
      list.phone.server.forgotten = 'expired';
      list.phone.server.cut();
      await list.phone.clock.advance(2_000);
    });
    expect(list.rows()).toEqual([{ id: 5 }]);
  });

  it('says what went wrong with the list, and loads it again when asked', async () => {
    let isBroken = true;
    const list = await listed(() =>
      isBroken ? Promise.reject(new Error('503')) : Promise.resolve([{ id: 1 }]),
    );
    expect(list.last()).toMatchObject({ isLoading: false, error: new Error('503') });
    isBroken = false;
    await list.while(() => list.last()?.reload());
    expect(list.last()).toMatchObject({ isLoading: false, error: undefined, appointments: [{ id: 1 }] });
  });

  it('leaves out what does not belong to it', async () => {
    const list = await listed(
      () => Promise.resolve([{ id: 1 }]),
      ({ id }) => id < 3,
    );
    await list.while(async () => {
      list.phone.server.publish({ event: 'appointment.created', data: { id: 2 } });
      list.phone.server.publish({ event: 'appointment.created', data: { id: 3 } });
      await list.phone.clock.advance(100);
    });
    expect(list.rows()).toEqual([{ id: 1 }, { id: 2 }]);
  });
});
