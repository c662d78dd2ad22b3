import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shownOn } from '../../support/phones.ts';
import type { WebhookBody } from '../../support/test-decider.ts';
import { SiteWorld, type Told } from '../../support/site-world.ts';
import type { SiteChange } from '../../support/small-site.ts';

const names = fc.constantFrom('Anna', 'Bela', 'Cleo');
const save = fc.record({
  kind: fc.constant('save' as const),
  id: fc.constantFrom(1, 2),
  start: fc.constantFrom('2026-12-03 10:00:00', '2026-12-03 11:00:00', '2026-12-04 09:00:00'),
  provider: fc.constantFrom(2, 4),
  customer: fc.constantFrom(6, 7),
  status: fc.constantFrom('Booked', 'Booked', 'Cancelled', 'Draft'),
  notes: fc.constantFrom('', 'first', 'second'),
  renames: fc.option(names, { nil: undefined }),
});
const person = fc.record({
  kind: fc.constant('person' as const),
  role: fc.constantFrom('provider' as const, 'customer' as const),
  id: fc.constantFrom(2, 4, 6, 7),
  name: names,
  zone: fc.constantFrom('Europe/Berlin', 'Europe/London'),
  isTold: fc.boolean(),
});
const unremoved: fc.Arbitrary<SiteChange> = fc.oneof(
  { arbitrary: save, weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('delete' as const), id: fc.constantFrom(1, 2) }), weight: 1 },
  { arbitrary: person, weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('service' as const), name: names }), weight: 1 },
);
const removal = fc.record({
  kind: fc.constant('remove' as const),
  role: fc.constantFrom('provider' as const, 'customer' as const),
  id: fc.constantFrom(2, 4, 6, 7),
});
const change = fc.oneof({ arbitrary: unremoved, weight: 11 }, { arbitrary: removal, weight: 1 });

/** A change of a person of which a webhook tells. */
function saidByPeople(what: SiteChange): SiteChange {
  return what.kind === 'person' ? { ...what, isTold: true } : what;
}

/** A change of which a webhook tells everything. */
function byWebhook(what: SiteChange): SiteChange {
  return what.kind === 'save' ? { ...what, renames: undefined } : saidByPeople(what);
}

/** With a name that nobody had before. */
function calledBy(what: SiteChange, n: number): SiteChange {
  return what.kind === 'person' || what.kind === 'service' ? { ...what, name: `${what.name} ${n}` } : what;
}

/** Of another installation: the same ids, other people. */
const foreign = fc.oneof(
  save.map(({ id, start, provider, customer, status, notes }) => ({
    action: 'appointment_save',
    payload: {
      ...{ id, start_datetime: start, end_datetime: start, status, notes, id_services: 1 },
      ...{ id_users_provider: provider, id_users_customer: customer, is_unavailability: false },
      ...{ create_datetime: '2025-01-01 10:00:00', update_datetime: '2026-11-23 00:00:01' },
    },
  })),
  person.map(({ role, id, name, zone }) => ({
    action: `${role}_save`,
    payload: { id, first_name: `Not ${name}`, timezone: zone, update_datetime: '2026-11-23 00:00:01' },
  })),
);

type Step =
  | { readonly does: 'change'; readonly what: SiteChange; readonly told: Told; readonly seconds: number }
  | { readonly does: 'arrive' | 'deliver' | 'repeat' | 'crash'; readonly pick: number }
  | { readonly does: 'answer'; readonly pick: number; readonly isLate: boolean }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'compare' }
  | { readonly does: 'send'; readonly body: WebhookBody };

const pick = fc.nat(20);
const does = <Name extends string>(name: Name) => fc.constant(name);
const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
const changes = (what: fc.Arbitrary<SiteChange>, told: readonly Told[]) =>
  fc.record({
    does: does('change'),
    what,
    told: fc.constantFrom(...told),
    seconds: fc.constantFrom(0, 1, 3),
  });
const picked = (...names: readonly ('arrive' | 'deliver' | 'repeat' | 'crash')[]) =>
  fc.record({ does: fc.constantFrom(...names), pick });
const answers = fc.record({ does: does('answer'), pick, isLate: fc.boolean() });
const time = fc.record({ does: does('pass'), ms: fc.constantFrom(100, 1_500, 5_000, 20_000) });
const many = (...steps: readonly ReturnType<typeof weighted>[]) =>
  fc.array(fc.oneof(...steps), { maxLength: 30 });

async function play(world: SiteWorld, step: Step): Promise<void> {
  switch (step.does) {
    case 'change':
      await world.pass(step.seconds * 1_000);
      world.change(step.what, step.told);
      break;
    case 'arrive':
      world.arrive(step.pick);
      break;
    case 'deliver':
      await world.deliver();
      break;
    case 'repeat':
      world.repeat(step.pick);
      break;
    case 'answer':
      await world.answer(step.pick, step.isLate);
      break;
    case 'pass':
      await world.pass(step.ms);
      break;
    case 'compare':
      await world.compare();
      break;
    case 'crash':
      await world.crash(step.pick % 3);
      break;
    case 'send':
      world.send(step.body);
      break;
  }
}

/** With writes of the ledger that are lost, as the numbers say. */
async function playAll(world: SiteWorld, steps: readonly Step[], lost: readonly boolean[]): Promise<void> {
  const left = [...lost];
  world.losesWrite = () => left.shift() === true;
  for (const step of steps) await play(world, step);
  await world.finish();
}

const save1: SiteChange = {
  ...{ kind: 'save', id: 1, start: '2026-12-03 10:00:00', provider: 2, customer: 6 },
  ...{ status: 'Booked', notes: '', renames: undefined },
};
const told = (what: SiteChange): Step[] => [
  { does: 'change', what, told: 'webhook', seconds: 0 },
  { does: 'arrive', pick: 0 },
  { does: 'deliver', pick: 0 },
];
/** In the second in which the REST API was asked, before it answered. */
const toldAfterAsked = {
  ofCustomer: [
    ...told(save1),
    ...told({ kind: 'person', role: 'customer', id: 6, name: 'Anna', zone: 'Europe/Berlin', isTold: true }),
  ],
  ofAppointment: [
    ...told(save1),
    ...told({ ...save1, notes: 'first' }),
    { does: 'answer', pick: 0, isLate: false },
    { does: 'pass', ms: 5_000 },
    ...told({ ...save1, notes: 'second' }),
  ],
} satisfies Record<string, Step[]>;

const numRuns = 300;
const lost = fc.array(fc.boolean(), { maxLength: 10 });

describe('phones end at what the database says', () => {
  it('after a comparison, whatever came before it', async () => {
    const steps = many(
      weighted(5, changes(change, ['webhook', 'webhook', 'lost', 'broadcast', 'both'])),
      weighted(8, picked('arrive', 'arrive', 'deliver', 'deliver', 'repeat')),
      weighted(4, answers),
      weighted(2, time),
      weighted(1, fc.record({ does: does('compare') })),
      weighted(1, picked('crash')),
      weighted(1, fc.record({ does: does('send'), body: foreign })),
    );
    await fc.assert(
      fc.asyncProperty(steps, lost, async (some, writes) => {
        const world = await SiteWorld.start({ isAsking: true });
        await playAll(world, some, writes);
        await world.pass(60_000);
        await world.compare();
        await world.finish();
        expect(shownOn(world.announced)).toEqual(world.site.shown());
      }),
      { numRuns },
    );
  });

  it('without one, where the REST API says what bookings wrote and which save of a second was the last', async () => {
    const steps = many(
      weighted(4, changes(unremoved.map(saidByPeople), ['webhook', 'webhook', 'broadcast', 'both'])),
      // In their order: what overtook is found by the comparison.
      weighted(8, fc.constantFrom<Step>({ does: 'arrive', pick: 0 }, { does: 'deliver', pick: 0 })),
      weighted(4, answers),
      weighted(2, time),
    );
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        const world = await SiteWorld.start({ isAsking: true });
        for (const body of world.site.peopleAndServices()) world.send(body);
        await world.finish();
        for (const step of some) await play(world, step);
        await world.finish();
        expect(shownOn(world.announced)).toEqual(world.site.shown());
      }),
      { numRuns, examples: [[toldAfterAsked.ofCustomer], [toldAfterAsked.ofAppointment]] },
    );
  });

  it('without the REST API, whatever the order and repetition of webhooks and broadcasts of different seconds', async () => {
    const steps = many(
      weighted(5, changes(unremoved.map(byWebhook), ['webhook', 'webhook', 'both'])),
      weighted(8, picked('arrive', 'arrive', 'deliver', 'deliver', 'repeat')),
      weighted(1, picked('crash')),
    );
    await fc.assert(
      fc.asyncProperty(steps, lost, async (some, writes) => {
        const distinct = some.map((step, n) =>
          step.does === 'change'
            ? { ...step, what: calledBy(step.what, n), seconds: step.seconds + 1 }
            : step,
        );
        const world = await SiteWorld.start({ isAsking: false });
        for (const body of world.site.peopleAndServices()) world.send(body);
        await playAll(world, distinct, writes);
        expect(shownOn(world.announced)).toEqual(world.site.shown());
      }),
      { numRuns },
    );
  });
});
