import fc from 'fast-check';

/** Texts of JSON, written as no serializer would: repeated keys, numbers that no double holds, halves of surrogate pairs. */

const oddTexts = [
  '',
  ' ',
  '0',
  '4',
  '04',
  '9007199254740993',
  'admin',
  'calendar',
  'everyone',
  'provider_4',
  'provider_04',
  'customer_9007199254740992',
  'secretary_5,admin',
  'mark.x',
  '#',
  '*',
  'booking-12:calendar',
  '2026-12-03T10:00:00+01:00',
  '2026-02-30T00:00:00Z',
  '2026-12-03 10:00:00',
  '\u0000',
  '\u0000number 1',
  '\u2028',
  '\u{1F600}',
  '\uFEFF',
  '../../etc/passwd',
  '%00%ff',
  'x'.repeat(201),
  '€'.repeat(400),
];
const oddTokens = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1e0',
  '1.0',
  '-1',
  '4',
  '4.5',
  '1e999',
  '-1e-999',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '0.1000000000000000055511151231257827',
  '123456789012345678901234567890',
  '1e21',
  '"\\ud83d"',
  '"\\ude00\\ud83d"',
  '"\\u0000"',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{}}}',
  '[[[[[[[[[[]]]]]]]]]]',
  `${'['.repeat(40)}${']'.repeat(40)}`,
];

export const anyText = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 30 }),
);

const scalar = fc.oneof(
  fc.constantFrom(...oddTokens),
  anyText.map((text) => JSON.stringify(text)),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

type Member = readonly [key: string, json: string];

export function objectOf(entries: readonly Member[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

export function listOf(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

/** Any JSON whose keys are, mostly, of those. */
export function anyJson(keys: readonly string[]): fc.Arbitrary<string> {
  const key = fc.oneof(fc.constantFrom(...keys, '__proto__', 'constructor', 'toString', '', '~/'), anyText);
  const { json } = fc.letrec<{ json: string }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(tie('json'), { maxLength: 4 }).map(listOf),
      fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }).map(objectOf),
    ),
  }));
  return json;
}

/** How often a member is there and as it should be, against once absent and once any JSON. */
const GOOD = 40;

/** One member, under one of those keys. */
export type AnyMember = readonly [keys: readonly string[], good: fc.Arbitrary<string>];

/** An object with most of those members, now and then any JSON for one of them, and members that nobody knows. */
export function almost(members: readonly AnyMember[], odd: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const foreign = fc.tuple(anyText, scalar).map((member): readonly Member[] => [member]);
  const most = members.map(([keys, good]) => {
    const key = fc.constantFrom(...keys);
    return fc.oneof(
      { weight: GOOD, arbitrary: fc.tuple(key, good).map((member) => [member]) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.tuple(key, odd).map((member) => [member]) },
    );
  });
  const others = fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: foreign });
  return fc.tuple(others, ...most).map((parts) => objectOf(parts.flat()));
}

/** The bytes of a text, now and then cut, or with a byte changed: what breaks in a client or on the way. */
export function bytesOf(text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const whole = text.map((one) => new TextEncoder().encode(one));
  const broken = fc.tuple(whole, fc.nat(), fc.option(fc.nat(255))).map(([bytes, place, byte]) => {
    const at = bytes.length === 0 ? 0 : place % bytes.length;
    if (byte === null) return bytes.slice(0, at);
    return bytes.map((old, index) => (index === at ? byte : old));
  });
  return fc.oneof({ weight: 20, arbitrary: whole }, { weight: 1, arbitrary: broken });
}
