import { describe, expect, it } from '@jest/globals';
import { withoutSecrets } from '../../../services/ingest/backends/easyappointments/without-secrets.ts';
import { webhook } from '../../support/test-decider.ts';

const kept = (body: unknown) =>
  withoutSecrets(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))).toString();

describe('a rejected body', () => {
  it.each([
    ['an event', '{ "event": "x", "data": {"payload": {"hash": "as sent"}} }'],
    ['an event that is cut off', '{"event":"x","data":{"payload":'],
    ['something else', '"hello"'],
    ['no JSON', '<xml/>'],
    ['a webhook with nothing to hide', '{"action":"appointment_save","payload":{"id":0}}'],
  ])('stays as it is, to the byte, when it is %s', (_name, body) => {
    expect(kept(body)).toBe(body);
  });

  it('of a webhook keeps what we take of its row, however wrong', () => {
    const { action, payload } = webhook('appointment_save.new', { id: 0, status: {} });
    const hidden = { hash: undefined, id_google_calendar: undefined, id_caldav_calendar: undefined };
    expect(JSON.parse(kept({ action, payload }))).toEqual({
      action,
      payload: { ...payload, ...hidden, status: null },
    });
  });

  it('of somebody keeps no more than of an accepted one: not the notes, which appointments may have', () => {
    const { action, payload } = webhook('customer_save.new', { id: 0 });
    expect(JSON.parse(kept({ action, payload }))).toEqual({
      action,
      payload: {
        id: 0,
        update_datetime: '2026-11-22 23:32:50',
        first_name: 'Anna',
        last_name: 'Kowalska',
        timezone: 'Europe/Warsaw',
      },
    });
  });

  it.each([
    ['settings as a text', { providers: [4], settings: '{"google_token":"x"}' }, { providers: [4] }],
    ['rows for ids', { providers: [{ google_token: 'x' }, 4, '5'] }, { providers: [4, '5'] }],
  ])('of a provider keeps nothing that may hold a password: %s', (_name, changes, row) => {
    const body = { action: 'provider_save', payload: { id: 0, ...changes } };
    expect(JSON.parse(kept(body))).toEqual({ action: 'provider_save', payload: { id: 0, ...row } });
  });

  it.each([
    ['without an action', { payload: { id: 1, hash: 'x' } }, { payload: { id: 1 } }],
    [
      'with an unknown one',
      { action: 'a', payload: { id: 1, hash: 'x' } },
      { action: 'a', payload: { id: 1 } },
    ],
    [
      'with one that every object knows',
      { action: 'constructor_save', payload: { id: 1, hash: 'x' } },
      { action: 'constructor_save', payload: { id: 1 } },
    ],
    ['in an array', [{ action: 'a', payload: { hash: 'x' } }, 3], [{ action: 'a', payload: {} }, 3]],
  ])('meant as a webhook keeps its id: %s', (_name, body, expected) => {
    expect(JSON.parse(kept(body))).toEqual(expected);
  });

  it.each([
    ['cut off', '{"action":"provider_save","payload":{"id":4,"hash":"x"'],
    ['nested too deep', `{"action":"provider_save","payload":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`],
    ['with a key that is not safe', '{"action":"provider_save","payload":{"__proto__":{"hash":"x"}}}'],
  ])('that cannot be read keeps what stands before its row: %s', (_name, body) => {
    expect(kept(body)).toBe('{"action":"provider_save",');
  });
});
