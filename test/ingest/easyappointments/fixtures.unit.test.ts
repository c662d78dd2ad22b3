import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';
import { fixtureEvents } from './fixture-events.ts';

describe('a webhook that is the first that the ledger hears', () => {
  it.each(fixtureEvents)('%s tells %j', async (file, expected) => {
    expect((await new TestDecider().take(webhook(file))).map(told)).toEqual(expected);
  });

  it('is in the table above, whatever Easy!Appointments sends', () => {
    const files = readdirSync(new URL('../../fixtures/easyappointments/', import.meta.url));
    expect(files.map((file) => file.replace('.json', '')).sort()).toEqual(
      fixtureEvents.map(([file]) => file),
    );
  });
});
