import { describe, expect, it } from '@jest/globals';
import { shownOn } from '../../support/phones.ts';
import { SiteWorld } from '../../support/site-world.ts';

const NAME_WAIT_MS = 1_500;
const booked = {
  kind: 'save',
  ...{ id: 1, start: '2026-12-03 10:00:00', provider: 2, customer: 6 },
  ...{ status: 'Booked', notes: '', renames: undefined },
} as const;

/** A site whose people are known, and that is asked again for the customer of each appointment. */
async function known(): Promise<SiteWorld> {
  const world = await SiteWorld.start({ isAsking: true });
  for (const body of world.site.peopleAndServices()) world.send(body);
  await world.finish();
  return world;
}

async function comes(world: SiteWorld): Promise<void> {
  world.arrive(0);
  await world.deliver();
}

function nameOf(world: SiteWorld, appointment = 1): unknown {
  const shown = new Map(Object.entries(shownOn(world.announced)['admin'] ?? {}));
  return shown.get(String(appointment))?.['customer_name'];
}

describe('with the REST API, the name of a customer', () => {
  it('that a save wrote which changes nothing else is learnt, as when the calendar corrects it', async () => {
    const world = await known();
    world.change(booked);
    await world.finish();
    await world.pass(1_000);
    world.change({ ...booked, renames: 'Corrected' });
    await world.finish();
    expect(nameOf(world)).toBe('Corrected');
  });

  it('that a save wrote which shows nothing is in what was told of another appointment', async () => {
    const world = await known();
    world.change({ ...booked, id: 2 });
    await world.finish();
    world.change({ ...booked, status: 'Cancelled', renames: 'Corrected' });
    await world.finish();
    expect(nameOf(world, 2)).toBe('Corrected');
  });

  it('is in a broadcast that waits for the webhook before it', async () => {
    const world = await known();
    world.change({ ...booked, renames: 'Nora' });
    await comes(world);
    world.change({ ...booked, notes: 'moved' }, 'broadcast');
    await comes(world);
    expect(world.announced).toEqual([]);
    await world.answer(0);
    expect(world.announced.map(({ data }) => data['customer_name'])).toEqual(['Nora', 'Nora']);
  });

  it('follows a broadcast that waited and had to go without it, also when its webhook came meanwhile', async () => {
    const world = await known();
    world.change({ ...booked, customer: 7 });
    await comes(world);
    world.change(booked, 'both');
    await comes(world);
    await comes(world);
    await world.pass(NAME_WAIT_MS);
    expect(nameOf(world)).toBeUndefined();
    await world.finish();
    expect(nameOf(world)).toBe('Customer 6');
  });
});
