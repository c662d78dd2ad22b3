import { describe, expect, it } from '@jest/globals';
import { concernedBy } from '../../services/ingest/accept/event-data.ts';
import { roomsAsGiven, roomsByRule } from '../../services/ingest/accept/rooms-of.ts';

describe('the rooms of an appointment event', () => {
  it.each([
    ['provider and customer', { provider_id: 5, customer_id: 7 }, ['admin', 'provider_5', 'customer_7']],
    ['no customer: one room less', { providerId: '5', customer_id: null }, ['admin', 'provider_5']],
    [
      'the columns of the database',
      { id_users_provider: 5, id_users_customer: '7' },
      ['admin', 'provider_5', 'customer_7'],
    ],
    [
      'its secretaries, each once',
      { provider_id: 5, secretary_ids: [3, '3', 4] },
      ['admin', 'provider_5', 'secretary_3', 'secretary_4'],
    ],
    [
      'secretaries in camel case',
      { provider_id: 5, secretaryIds: ['3'] },
      ['admin', 'provider_5', 'secretary_3'],
    ],
    ['the largest id', { provider_id: 9007199254740991 }, ['admin', 'provider_9007199254740991']],
    ['spellings that agree', { provider_id: 5, providerId: '5' }, ['admin', 'provider_5']],
  ])('follow from %s', (_name, data, value) => {
    expect(roomsByRule('appointment.updated', concernedBy(data))).toEqual({ value });
  });

  it('cannot be found without a provider', () => {
    expect(roomsByRule('appointment.created', concernedBy({ customer_id: 7 }))).toEqual({
      problems: [
        { path: '/data/provider_id', message: expect.stringContaining('providerId, id_users_provider') },
      ],
    });
  });

  it('never hold the calendar, also when the backend names it', () => {
    expect(roomsAsGiven('appointment.created', ['calendar', 'admin', 'admin'])).toEqual(['admin']);
    expect(roomsAsGiven('appointment.created', ['calendar'])).toEqual([]);
  });
});

describe('the rooms of a calendar.sync', () => {
  it('are the calendar, or what the backend names', () => {
    expect(roomsByRule('calendar.sync', concernedBy({}))).toEqual({ value: ['calendar'] });
    expect(roomsAsGiven('calendar.sync', ['provider_4', 'calendar', 'provider_4'])).toEqual([
      'provider_4',
      'calendar',
    ]);
  });
});
