import { describe, expect, it } from '@jest/globals';
import { concernedBy, contradictions, syncData } from '../../services/ingest/accept/event-data.ts';

const nobody = { appointmentId: undefined, providerId: undefined, customerId: undefined, secretaryIds: [] };

describe('whom an event concerns', () => {
  it.each([
    ...['id', 'appointment_id', 'appointmentId'].map((key) => [key, 4, { appointmentId: 4 }] as const),
    ...['provider_id', 'providerId', 'id_users_provider'].map(
      (key) => [key, '4', { providerId: 4 }] as const,
    ),
    ...['customer_id', 'customerId', 'id_users_customer'].map((key) => [key, 4, { customerId: 4 }] as const),
    ...['secretary_ids', 'secretaryIds'].map((key) => [key, ['4', 0, 5], { secretaryIds: [4, 5] }] as const),
  ])('is said by %s', (key, value, expected) => {
    expect(concernedBy({ [key]: value })).toEqual({ ...nobody, ...expected });
  });

  it('is nobody where nothing that is an id says so', () => {
    expect(concernedBy({ id: 'x', provider_id: 0, customer_id: null, secretary_ids: 4 })).toEqual(nobody);
  });

  it('is said by the first spelling that is an id', () => {
    const data = {
      provider_id: null,
      providerId: 5,
      id_users_provider: 6,
      secretary_ids: null,
      secretaryIds: [7],
    };
    expect(concernedBy(data)).toEqual({ ...nobody, providerId: 5, secretaryIds: [7] });
  });
});

describe('spellings of one thing', () => {
  it.each([
    ['that agree', { provider_id: 5, providerId: '5', id_users_provider: 5 }],
    ['of which one says nothing', { provider_id: 5, providerId: null, id_users_provider: 'x' }],
    ['of lists in another order', { secretary_ids: [10, 9, 3], secretaryIds: ['3', 10, 9] }],
    ['of different things', { id: 1, provider_id: 2, customer_id: 3, secretary_ids: [4] }],
  ])('%s contradict nothing', (_what, data) => {
    expect(contradictions(data)).toEqual([]);
  });

  it.each([
    [{ id: 1, appointmentId: 2 }, 'id', 'appointmentId'],
    [{ provider_id: 1, id_users_provider: 2 }, 'provider_id', 'id_users_provider'],
    [{ customerId: 1, id_users_customer: 2 }, 'customerId', 'id_users_customer'],
    [{ secretary_ids: [1, 2], secretaryIds: [1, 3] }, 'secretary_ids', 'secretaryIds'],
    [{ secretary_ids: [1, 2], secretaryIds: [12] }, 'secretary_ids', 'secretaryIds'],
  ])('that differ are refused at the second: %j', (data, first, second) => {
    expect(contradictions(data)).toEqual([
      {
        path: `/data/${second}`,
        message: `expected the same as ${first}: ${first} and ${second} say different ids`,
      },
    ]);
  });
});

describe('what a calendar gets of an event', () => {
  const none = { appointmentId: undefined, providerId: undefined };

  it('is why, and which slot, as far as it is known', () => {
    expect(syncData('x', none, { start: 5 })).toStrictEqual({ reason: 'x' });
    expect(syncData('x', { appointmentId: 1, providerId: 2 }, {})).toStrictEqual({
      reason: 'x',
      appointment_id: 1,
      provider_id: 2,
    });
  });

  it.each([
    [
      { start: 's', end: 'e' },
      { start: 's', end: 'e' },
    ],
    [
      { start_datetime: 's', end_datetime: 'e' },
      { start: 's', end: 'e' },
    ],
    [
      { startAt: 's', endAt: 'e' },
      { start: 's', end: 'e' },
    ],
    [{ start: null, start_datetime: 's' }, { start: 's' }],
    [
      { start_local: 's', end_local: 'e' },
      { start_local: 's', end_local: 'e' },
    ],
    [{ start_local: 's', start_datetime: 'd' }, { start_local: 's' }],
    [{ start_local: 'l', start: 's' }, { start: 's' }],
    [{ start_local: 5 }, {}],
  ])('says when in the words of the backend: %j', (data, times) => {
    expect(syncData('x', none, data)).toStrictEqual({ reason: 'x', ...times });
  });
});
