import { describe, expect, it } from '@jest/globals';
import { NAME_WAIT_MS } from '../../../services/ingest/backends/easyappointments/api/lookups.ts';
import { AskingDecider } from '../../support/asking-decider.ts';
import { play, stepsOf } from '../../support/cases.ts';
import { TestDecider, told, type WebhookBody } from '../../support/test-decider.ts';
import { answer, booking, resource } from '../../support/easyappointments-rest.ts';

const CHECK_AFTER_MS = 2_000;
const customer = (id: number, firstName: string, lastName: string) =>
  resource('customer', { id, firstName, lastName });

/** The last save of a case once more, of another appointment. */
function another(name: string, changes: Readonly<Record<string, unknown>>): WebhookBody {
  const body = stepsOf(name).at(-1)?.body;
  if (body === undefined) throw new Error('the case has no steps');
  return { ...body, payload: { ...body.payload, ...changes } };
}

/** Lets the site answer about customers when the test says so. */
function heldAnswers(asking: AskingDecider): { readonly release: () => void } {
  const waiting: (() => void)[] = [];
  let isHeld = true;
  asking.site.interfere = ({ path }, response) => {
    if (!isHeld || !path.startsWith('customers/')) return false;
    const row = asking.site.rows.customers.find(({ id }) => path === `customers/${String(id)}`);
    waiting.push(
      () => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(row)),
    );
    return true;
  };
  return {
    release: () => {
      isHeld = false;
      for (const go of waiting.splice(0)) go();
    },
  };
}

describe('with the REST API, the name of a customer', () => {
  it('who is new is in the first event (case new-customer-has-no-name)', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940777, 'Nora', 'New')];
    const events = await play(asking.decider, 'new-customer-has-no-name');
    expect(events).toMatchObject([{ name: 'appointment.created', data: { customer_name: 'Nora New' } }]);
  });

  it('whose row the booking rewrote is the one that is true now (case customer-renamed-by-booking)', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940008, 'Renate', 'Newname')];
    const events = await play(asking.decider, 'customer-renamed-by-booking');
    expect(events).toMatchObject([
      { name: 'appointment.created', data: { customer_name: 'Renate Newname' } },
    ]);
  });

  it('that is not in time is in no event, and follows when it is learnt', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940008, 'Renate', 'Newname')];
    const held = heldAnswers(asking);
    const played = play(asking.decider, 'customer-renamed-by-booking');
    await asking.pass(NAME_WAIT_MS);
    const events = await played;
    expect(events).toMatchObject([{ name: 'appointment.created', data: { provider_name: 'Pat Provider' } }]);
    expect(events[0]?.data).not.toHaveProperty('customer_name');
    held.release();
    const all = await asking.announced(asking.decider.announced.length + 1);
    expect(all.at(-1)).toMatchObject({
      name: 'appointment.updated',
      data: { id: 940103, reason: 'names', customer_name: 'Renate Newname' },
    });
  });

  it('that turns out to be the same as before follows as well', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940008, 'Renée', 'Person')];
    const held = heldAnswers(asking);
    const played = play(asking.decider, 'customer-renamed-by-booking');
    await asking.pass(NAME_WAIT_MS);
    await played;
    held.release();
    const all = await asking.announced(asking.decider.announced.length + 1);
    expect(all.at(-1)?.data).toMatchObject({ reason: 'names', customer_name: 'Renée Person' });
  });

  it('holds up no other appointment, and none of its own out of order', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940777, 'Nora', 'New')];
    await play(asking.decider, 'provider-zone-changed');
    const before = asking.decider.announced.length;
    const held = heldAnswers(asking);
    const first = asking.decider.take(another('new-customer-has-no-name', {}), 'first');
    const gone = asking.decider.take(
      { ...another('new-customer-has-no-name', {}), action: 'appointment_delete' },
      'gone',
    );
    await asking.decider.take(
      another('new-customer-has-no-name', { id: 940999, id_users_customer: null }),
      'other',
    );
    const ids = () => asking.decider.announced.slice(before).map(({ id }) => id);
    expect(ids()).toEqual(['other']);
    held.release();
    await Promise.all([first, gone]);
    expect(ids()).toEqual(['other', 'first', 'gone']);
  });

  it('is told from the ledger by an event of a later time than the answer of the site', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940777, 'Nora', 'New')];
    await play(asking.decider, 'new-customer-has-no-name');
    const [gone] = await asking.decider.take({
      ...another('new-customer-has-no-name', {}),
      action: 'appointment_delete',
    });
    expect(gone?.data).toMatchObject({ customer_name: 'Nora New' });
    expect(asking.site.asked('customers/940777')).toHaveLength(1);
  });

  it('is asked for after each save that may have changed it, also when the clock was set back in between', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.customers = [customer(940777, 'Nora', 'New')];
    await play(asking.decider, 'new-customer-has-no-name');
    asking.decider.steppedMs = -3_600_000;
    for (const lastName of ['Newer', 'Newest']) {
      asking.site.rows.customers = [customer(940777, 'Nora', lastName)];
      const { length } = asking.decider.announced;
      await asking.decider.take(
        another('new-customer-has-no-name', { update_datetime: null, notes: lastName }),
      );
      const [saved] = (await asking.announced(length + 1)).slice(length);
      expect(saved?.data).toMatchObject({ customer_name: `Nora ${lastName}`, notes: lastName });
    }
    expect(asking.site.asked('customers/940777')).toHaveLength(3);
  });

  it('that the site refuses to tell leaves the event without it', async () => {
    await using asking = await AskingDecider.start();
    asking.site.interfere = (_request, response) => answer(response, 401, 'no');
    const events = await play(asking.decider, 'customer-renamed-by-booking');
    expect(events[0]?.data).not.toHaveProperty('customer_name');
  });
});

describe('two saves of one second that differ', () => {
  const right = booking(940101, '2026-12-08 15:44:00', {
    book: '2026-11-26 22:15:31',
    end: '2026-12-08 16:44:00',
    location: null,
    notes: 'hello',
    meetingLink: null,
    providerId: 940004,
    customerId: null,
    serviceId: 940001,
  });

  it('end at what the database says, two seconds later (case same-second-overtaken)', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.appointments = [{ ...right, customerId: 940008 }];
    const events = await play(asking.decider, 'same-second-overtaken');
    expect(events[0]?.data).toMatchObject({ start: '2026-12-08T15:16:00+01:00' });
    const count = asking.decider.announced.length;
    await asking.pass(CHECK_AFTER_MS);
    const all = await asking.announced(count + 1);
    expect(all.at(-1)).toMatchObject({
      name: 'appointment.updated',
      data: { start: '2026-12-08T15:44:00+01:00', previous_start: '2026-12-08T15:16:00+01:00' },
    });
    expect(asking.decider.ledger.undecided()).toEqual([]);
  });

  it('are asked about again by the instance that decides next', async () => {
    await using asking = await AskingDecider.start();
    asking.site.rows.appointments = [{ ...right, customerId: 940008 }];
    await play(asking.decider, 'same-second-overtaken');
    asking.lookups.stop();
    await asking.decider.decider.begin();
    asking.lookups.start(asking.decider.ledger.undecided());
    const count = asking.decider.announced.length;
    await asking.pass(CHECK_AFTER_MS);
    expect((await asking.announced(count + 1)).at(-1)?.data).toMatchObject({
      start: '2026-12-08T15:44:00+01:00',
    });
  });

  it('without the REST API are said in the log, once for each appointment', async () => {
    const said: number[] = [];
    const decider = new TestDecider({ undecided: (id) => said.push(id) });
    const events = await play(decider, 'same-second-overtaken');
    expect(events.map(told)).toEqual(['appointment.updated → admin provider_940004 customer_940008']);
    await decider.take(another('same-second-overtaken', { notes: 'a third' }));
    expect(said).toEqual([940101]);
  });
});
