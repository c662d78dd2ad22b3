import { afterEach, describe, expect, it } from '@jest/globals';
import { Settings } from 'luxon';
import { rfc3339 } from '../../../services/ingest/backends/easyappointments/local-time.ts';

const systemNow = Settings.now;
afterEach(() => {
  Settings.now = systemNow;
});

describe('a wall-clock time in the zone of its provider', () => {
  it.each([
    ['2026-12-03 10:00:00', 'Europe/Berlin', '2026-12-03T10:00:00+01:00'],
    ['2026-07-03 10:00:00', 'Europe/Berlin', '2026-07-03T10:00:00+02:00'],
    ['2026-12-03 10:00:00', 'UTC', '2026-12-03T10:00:00Z'],
    ['2026-12-03 10:00:00', 'Asia/Kathmandu', '2026-12-03T10:00:00+05:45'],
    ['2026-12-03 10:00:00', 'America/St_Johns', '2026-12-03T10:00:00-03:30'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(rfc3339(text, zone)).toBe(expected);
  });

  it.each([
    ['2026-12-03 10:00:00', 'Mars/Olympus'],
    ['2026-12-03 10:00:00', ''],
    ['2026-12-03 10:00:00', undefined],
    ['0000-00-00 00:00:00', 'Europe/Berlin'],
    ['2026-02-30 10:00:00', 'Europe/Berlin'],
    ['2026-12-03', 'Europe/Berlin'],
    ['10:00:00', 'Europe/Berlin'],
    ['2026-12-03 10:00:00 +09:00', 'Europe/Berlin'],
    ['tomorrow', 'Europe/Berlin'],
    ['', 'Europe/Berlin'],
    [null, 'Europe/Berlin'],
  ])('%p in %p is none', (text, zone) => {
    expect(rfc3339(text, zone)).toBeUndefined();
  });
});

describe.each([
  ['winter', Date.UTC(2026, 0, 10)],
  ['summer', Date.UTC(2026, 6, 10)],
])('asked in %s, daylight saving', (_season, now) => {
  it.each([
    ['a time that is skipped moves forward', '2026-03-29 02:30:00', '2026-03-29T03:30:00+02:00'],
    ['the last second before stays', '2026-03-29 01:59:59', '2026-03-29T01:59:59+01:00'],
    ['a time that comes twice is the first', '2026-10-25 02:30:00', '2026-10-25T02:30:00+02:00'],
    ['the first that comes once again is itself', '2026-10-25 03:00:00', '2026-10-25T03:00:00+01:00'],
  ])('%s', (_name, text, expected) => {
    Settings.now = () => now;
    expect(rfc3339(text, 'Europe/Berlin')).toBe(expected);
  });
});
