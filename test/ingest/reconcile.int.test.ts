import { describe, expect, it } from '@jest/globals';
import { PAGE_LENGTH } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { booking, resource } from '../support/easyappointments-rest.ts';
import { NOW_MS, Reconciling } from '../support/reconciling.ts';

const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index);

describe('a run', () => {
  it('tells people and services first, then appointments, in the columns of the webhooks', async () => {
    await using world = await Reconciling.start();
    world.site.rows.providers = [resource('provider.with-credentials')];
    world.site.rows.secretaries = [resource('secretary')];
    world.site.rows.customers = [resource('customer')];
    world.site.rows.services = [resource('service')];
    world.site.rows.appointments = [resource('appointment')];
    const report = await world.run();
    const timezone = 'Europe/Berlin';
    const settings = { working_plan_exceptions: [] };
    expect(world.decider.observations.map((one) => ('row' in one ? { ...one, asOfMs: 0 } : one))).toEqual([
      {
        kind: 'person',
        role: 'provider',
        row: { id: 4, first_name: 'Marta', last_name: 'Schneider', timezone, settings },
        asOfMs: 0,
      },
      {
        kind: 'person',
        role: 'secretary',
        row: { id: 5, first_name: 'Ravi', last_name: 'Patel', timezone, providers: [2, 4] },
        asOfMs: 0,
      },
      {
        kind: 'person',
        role: 'customer',
        row: { id: 6, first_name: 'Anna', last_name: 'Kowalska', timezone: 'Europe/Warsaw' },
        asOfMs: 0,
      },
      { kind: 'service', row: { id: 1, name: 'Initial consultation' }, asOfMs: 0 },
      {
        kind: 'appointment',
        row: {
          id: 1,
          book_datetime: '2026-11-22 23:32:52',
          start_datetime: '2026-12-03 10:00:00',
          end_datetime: '2026-12-03 10:45:00',
          location: 'Hauptstr. 12, 10827 Berlin',
          meeting_link: null,
          notes: 'First visit',
          hash: 'ZyBA6evNhKTU',
          color: '#7cbae8',
          status: 'Booked',
          id_users_provider: 4,
          id_users_customer: 6,
          id_services: 1,
        },
        asOfMs: 0,
        isNew: false,
      },
    ]);
    expect(report).toEqual({
      outcome: 'complete',
      reason: 'asked for',
      requests: 8,
      people: 3,
      services: 1,
      appointments: 1,
      unavailabilities: 0,
      blockedPeriods: 0,
      announced: 0,
      toldAgain: 0,
      syncs: 0,
      learned: 1,
      gone: 0,
      unreadable: 0,
      durationMs: 0,
    });
  });

  it('asks for no field of a person that it does not take, and hands none on that comes all the same', async () => {
    await using world = await Reconciling.start();
    const settings = { googleToken: 'planted-google', caldavPassword: 'planted-caldav' };
    const secrets = { settings, notes: 'planted-notes', googleCalendarId: 'planted-calendar' };
    world.site.rows.providers = [resource('provider.with-credentials', secrets)];
    world.site.rows.customers = [resource('customer', secrets)];
    world.site.rows.appointments = [booking(1, undefined, { ...secrets, notes: 'shown' })];
    world.site.interfere = (request) => {
      // A version that does not know `fields` sends everything.
      delete (request.query as Record<string, string>)['fields'];
      return false;
    };
    await world.run();
    expect(world.decider.observations).toHaveLength(3);
    expect(JSON.stringify(world.decider.observations)).not.toMatch(/planted/);
    expect(world.log.join('')).not.toMatch(/planted/);

    world.site.interfere = () => false;
    world.site.requests.length = 0;
    await world.run();
    const fields = ['providers', 'secretaries', 'customers'].map(
      (path) => world.site.asked(path)[0]?.query['fields'],
    );
    expect(fields).toEqual([
      // Its exceptions stand among the settings, of which no part can be asked for.
      'id,firstName,lastName,timezone,settings',
      'id,firstName,lastName,timezone,providers',
      'id,firstName,lastName,timezone',
    ]);
  });

  it('turns pages until one is not full, in the order of ids', async () => {
    await using world = await Reconciling.start();
    const ids = numbers(2 * PAGE_LENGTH + 1);
    world.site.rows.appointments = ids.toReversed().map((id) => booking(id));
    const report = await world.run();
    expect(world.decider.takeIds()).toEqual(ids);
    expect(report).toMatchObject({ outcome: 'complete', appointments: ids.length, requests: 7 + 3 });
    expect(world.site.asked('appointments').map(({ query }) => query)).toEqual(
      ['1', '2', '3'].map((page) => ({
        sort: '+id',
        length: String(PAGE_LENGTH),
        page,
        from: '2026-11-22',
        till: '2027-02-21',
      })),
    );
  });

  it('says of each page when it was asked for', async () => {
    await using world = await Reconciling.start({}, { intervalMs: 1_500 });
    world.site.rows.appointments = numbers(PAGE_LENGTH + 1).map((id) => booking(id));
    await world.run();
    const times = new Set(world.decider.observations.map(({ asOfMs }) => asOfMs - NOW_MS));
    // After those of providers, secretaries, customers and services.
    expect([...times]).toEqual([4 * 1_500, 5 * 1_500]);
  });

  it('leaves out a row that it does not understand, and says which', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = [
      booking(1),
      booking(2, undefined, { providerId: 'planted-value' }),
      booking(3),
    ];
    world.decider.existing.set(2, '2026-12-03');
    expect(await world.run()).toMatchObject({ outcome: 'complete', appointments: 2, unreadable: 1 });
    expect(world.decider.takeIds()).toEqual([1, 3]);
    expect(world.site.asked('appointments/2')).toEqual([]);
    const line = world.log.find((text) => text.includes('left out'));
    expect(line).toContain('"id":2');
    expect(line).toContain('providerId');
    expect(line).not.toContain('planted');
  });
});

describe('what is not known', () => {
  it('is not announced on the first run, and is once a complete run did not see it', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = [booking(1), booking(2)];
    expect(await world.run()).toMatchObject({ learned: 2, announced: 0 });
    expect(world.decider.lastRun).toMatchObject({
      asOfMs: NOW_MS,
      firstDay: '2026-11-22',
      lastDay: '2027-02-21',
    });
    world.site.rows.appointments.push(booking(3));
    expect(await world.run()).toMatchObject({ learned: 0, announced: 1 });
  });

  it.each([
    ['starts before the days of that run', '2026-11-21 23:00:00', '2026-11-22 01:00:00', false],
    ['starts on their first', '2026-11-22 23:00:00', '2026-11-22 23:30:00', true],
    ['ends on their last', '2026-11-30 23:00:00', '2026-11-30 23:59:59', true],
    ['ends after it', '2026-11-30 23:30:00', '2026-12-01 00:30:00', false],
    ['starts after it', '2026-12-01 09:00:00', '2026-12-01 10:00:00', false],
  ])(
    'is announced or not by whether that run would have seen it: one that %s',
    async (_when, start, end, isNew) => {
      await using world = await Reconciling.start();
      world.decider.lastRun = { asOfMs: NOW_MS, firstDay: '2026-11-22', lastDay: '2026-11-30' };
      world.site.rows.appointments = [booking(1, start, { end })];
      world.time.nowMs -= 24 * 60 * 60 * 1000;
      await world.run();
      expect(world.decider.observations).toMatchObject([{ kind: 'appointment', isNew }]);
    },
  );
});

describe('the default time zone of the site', () => {
  it('is remembered with the run', async () => {
    await using world = await Reconciling.start();
    world.site.defaultZone = 'Europe/Berlin';
    expect(await world.run()).toMatchObject({ outcome: 'complete' });
    expect(world.decider.lastRun).toMatchObject({ zone: 'Europe/Berlin' });
  });
});

describe('what was there', () => {
  it('is gone only when its own answer says so', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = numbers(3).map((id) => booking(id));
    await world.run();
    world.site.remove('appointments', 2);
    expect(await world.run()).toMatchObject({ gone: 1, announced: 1, appointments: 2 });
    expect(world.decider.gone).toEqual([2]);
    expect(world.site.asked('appointments/2')).toHaveLength(1);
  });

  it('is not gone for having moved to the page before while pages were turned', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = numbers(PAGE_LENGTH + 2).map((id) => booking(id));
    await world.run();
    world.decider.takeIds();
    world.site.interfere = ({ path, query }) => {
      // Row PAGE_LENGTH + 1 becomes the last one of the page that was read already.
      if (path === 'appointments' && query['page'] === '2') world.site.remove('appointments', 1);
      return false;
    };
    const shifted = PAGE_LENGTH + 1;
    expect(await world.run()).toMatchObject({ outcome: 'complete', gone: 0, announced: 0 });
    expect(world.site.asked(`appointments/${shifted}`)).toHaveLength(1);
    expect(world.decider.takeIds()).toContain(shifted);
    // The one that was deleted was on a page, so it is found by the next run.
    expect(await world.run()).toMatchObject({ gone: 1 });
  });

  it('and was moved out of the days is told with its new time', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = [booking(1)];
    await world.run();
    world.decider.takeIds();
    world.site.rows.appointments = [booking(1, '2027-06-01 10:00:00')];
    expect(await world.run()).toMatchObject({ gone: 0, appointments: 1 });
    expect(world.decider.observations).toMatchObject([
      { kind: 'appointment', row: { id: 1, start_datetime: '2027-06-01 10:00:00' }, isNew: false },
    ]);
  });

  it('outside the days is not asked for', async () => {
    await using world = await Reconciling.start();
    world.decider.existing.set(1, '2026-11-01').set(2, '2027-06-01');
    await world.run();
    expect(world.site.requests.filter(({ path }) => path.startsWith('appointments/'))).toEqual([]);
  });
});

describe('a run that is broken off', () => {
  it('by a stop in the middle of a page tells nothing more and is not complete', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = numbers(5).map((id) => booking(id));
    const stop = new AbortController();
    world.decider.before = (observation) => {
      if (observation.kind === 'appointment' && observation.row['id'] === 3) stop.abort();
      return Promise.resolve();
    };
    expect(await world.run(stop.signal)).toMatchObject({ outcome: 'stopped', appointments: 4 });
    expect(world.decider.takeIds()).toEqual([1, 2, 3]);
    expect(world.decider.lastRun).toBeUndefined();
  });

  it('by a stop while an answer is awaited ends at once', async () => {
    await using world = await Reconciling.start();
    const stop = new AbortController();
    world.site.interfere = ({ path }) => {
      if (path !== 'appointments') return false;
      stop.abort();
      return true;
    };
    expect(await world.run(stop.signal)).toMatchObject({ outcome: 'stopped', requests: 5 });
  });

  it('by the broker says so, is not complete, and finds the rest the next time', async () => {
    await using world = await Reconciling.start();
    await world.run();
    world.site.rows.appointments = numbers(3).map((id) => booking(id));
    world.decider.before = (observation) =>
      observation.kind === 'appointment' && observation.row['id'] === 2
        ? Promise.reject(new AppError('broker_blocked', 'its disk is full'))
        : Promise.resolve();
    const before = world.decider.lastRun;
    world.time.nowMs += 1_000;
    expect(await world.run()).toMatchObject({
      outcome: 'given_up',
      announced: 1,
      problem: { code: 'broker_blocked', message: expect.stringContaining('its disk is full') },
    });
    expect(world.decider.lastRun).toBe(before);
    world.decider.before = () => Promise.resolve();
    expect(await world.run()).toMatchObject({ outcome: 'complete', announced: 2 });
  });

  it('by a fault of ours is not called anything else', async () => {
    await using world = await Reconciling.start();
    world.site.rows.appointments = [booking(1)];
    world.decider.before = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(world.run()).rejects.toThrow(TypeError);
  });
});
