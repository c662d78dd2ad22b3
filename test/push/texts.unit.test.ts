import { describe, expect, it } from '@jest/globals';
import { inBundles, type Telling } from '../../services/push/decision/bundles.ts';
import type { WaitingEvent } from '../../services/push/decision/decide.ts';
import { notificationOf } from '../../services/push/texts/notification.ts';
import { placeholders, type TextName } from '../../services/push/texts/form.ts';
import { languageOf, languages, textIn, type Language } from '../../services/push/texts/texts.ts';
import { MAX_PLAINTEXT_BYTES } from '../../services/push/crypto/aes128gcm.ts';
import { NOW_MS } from './notifications.ts';
import { cursorAt, waitingEvent } from './waiting-events.ts';

const names = Object.keys(placeholders) as readonly TextName[];
const every = Object.entries(languages).flatMap(([language, texts]) =>
  names.map((name) => [language, name, texts[name]] as const),
);

describe('the texts', () => {
  it.each(every)('%s: %s has the placeholders that it is given, each once', (_, name, text) => {
    const found = [...text.matchAll(/\{(\w+)\}/g)].map(([, key]) => key);
    expect(found.toSorted()).toEqual([...placeholders[name]].toSorted());
    expect(text.replace(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
  });

  it.each(['created', 'updated', 'cancelled'] as const)('say %s in each language otherwise', (name) => {
    const texts = Object.values(languages).map((language) => language[name]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('take what is put in as it is', () => {
    expect(textIn('en', 'whatWhen', { service: '$& {time}', time: '10:00' })).toBe('$& {time}, 10:00');
  });

  it.each([
    ['de-AT', 'de'],
    ['pt_BR', 'pt'],
    ['FR', 'fr'],
    ['nl', 'en'],
    ['toString', 'en'],
    [undefined, 'en'],
  ])('speak to a phone that says %s in %s', (tag, language) => {
    expect(languageOf(tag)).toBe(language);
  });
});

const data = {
  start: '2026-11-28T15:30:00+01:00',
  service_name: 'Haircut',
  customer_name: 'Ada Lovelace',
  provider_name: 'Jane Doe',
};
const thin = { details: false, clickUrl: 'https://office.example.org/calendar?appointment={id}' };
const full = { ...thin, details: true };

/** What is told for the first time. */
function telling(...events: readonly WaitingEvent[]): Telling {
  const [first] = inBundles(events, () => undefined);
  if (first === undefined) throw new Error('nothing is to be told');
  return first;
}

function shown(
  language: Language,
  wording = thin,
  changed: object = {},
  role: 'provider' | 'customer' = 'provider',
) {
  const event = waitingEvent(1, { data: { ...data, ...changed } });
  return notificationOf(telling(event), role, language, wording, NOW_MS);
}

describe('a notification', () => {
  // How a language writes a date differs a little between versions of ICU.
  it.each([
    ['en', 'New appointment', /^Haircut, Sat,? Nov 28,? 2026,? .*3:30.PM$/],
    ['de', 'Neuer Termin', /^Haircut, Sa\.?,? 28\. Nov\.? 2026,? .*15:30$/],
    ['es', 'Nueva cita', /^Haircut, sáb\.?,? 28 nov\.? 2026,? .*15:30$/],
    ['fr', 'Nouveau rendez-vous', /^Haircut, sam\. 28 nov\. 2026,? .*15:30$/],
    ['pt', 'Nova marcação', /^Haircut, sáb\.?,? 28 de nov\.? de 2026,? .*15:30$/],
  ] as const)(
    'says in %s what happened, for which service and when, on the clock of the provider',
    (...row) => {
      const [language, title, body] = row;
      const said = shown(language);
      expect(said.title).toBe(title);
      expect(said.body).toMatch(body);
    },
  );

  it('names nobody unless it is set so', () => {
    expect(JSON.stringify(shown('en'))).not.toMatch(/Ada|Lovelace|Jane|Doe/);
    expect(shown('en', full).body).toMatch(/^Ada Lovelace: Haircut, /);
    expect(shown('en', full, {}, 'customer').body).toMatch(/^Jane Doe: Haircut, /);
    expect(shown('en', full, { service_name: null }).body).toMatch(/^Ada Lovelace: Sat/);
  });

  it('says what it knows', () => {
    expect(shown('en', thin, { service_name: undefined }).body).toMatch(/^Sat, Nov 28/);
    expect(shown('en', thin, { start: undefined }).body).toBe('Haircut');
    expect(shown('en', thin, { start: 'soon', service_name: 7 }).body).toBe('Open the app to see more.');
  });

  it('opens its appointment, replaces an older one of it, and is kept until it begins', () => {
    expect(shown('en')).toMatchObject({
      url: 'https://office.example.org/calendar?appointment=12',
      topic: 'appointment-12',
      expiresAtMs: Date.parse(data.start),
      data: { event: 'appointment.created', appointment_id: '12', cursor: cursorAt(1) },
    });
    expect(shown('en', thin, { start: undefined }).expiresAtMs).toBe(NOW_MS + 86_400_000);
  });

  it('is one for all that waited, until the last of them begins', () => {
    const both = telling(waitingEvent(1, { data }), waitingEvent(2, { appointmentId: 13, data: {} }));
    expect(notificationOf(both, 'provider', 'de', full, NOW_MS)).toMatchObject({
      title: '2 Änderungen an Ihren Terminen',
      body: 'Öffnen Sie die App, um mehr zu sehen.',
      url: 'https://office.example.org/calendar?appointment=',
      topic: 'appointments',
      expiresAtMs: NOW_MS + 86_400_000,
      data: { event: 'several', count: '2', cursor: cursorAt(2) },
    });
  });

  it('says the same of a bundle whichever of its events are left to be told', () => {
    const [first, second] = [waitingEvent(1, { data }), waitingEvent(2, { appointmentId: 13, data })];
    const whole = telling(first, second);
    const said = (events: Telling['events']) =>
      notificationOf({ ...whole, events }, 'provider', 'en', thin, NOW_MS);
    for (const left of [first, second]) expect(said([left])).toEqual(said(whole.events));
  });

  it.each([Number.MAX_SAFE_INTEGER, undefined])(
    'has a topic that every push service takes: %s',
    (appointmentId) => {
      const one = telling(waitingEvent(1, { appointmentId }));
      const { topic } = notificationOf(one, 'provider', 'en', thin, NOW_MS);
      expect(topic).toMatch(/^[\w-]{1,32}$/);
    },
  );

  it('is short whatever names a backend gives', () => {
    const long = '\u{1f600}'.repeat(5_000);
    const given = { service_name: long, customer_name: `${long}\n${long}` };
    const { body } = shown('en', full, given);
    expect(Buffer.from(body).toString()).toBe(body);
    expect(Buffer.byteLength(body)).toBeLessThan(MAX_PLAINTEXT_BYTES / 2);
  });
});
