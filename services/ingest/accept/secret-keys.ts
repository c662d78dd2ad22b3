import type { EventData } from '../../../shared/contract/event.ts';
import { isRecord } from '../../../shared/contract/is-record.ts';

const SECRET_WORDS = new Set(
  'password passwords passwd passphrase salt secret secrets token tokens credential credentials authorization cookie apikey jwt'.split(
    ' ',
  ),
);
/** Calendars elsewhere are among them: their ids and addresses are all that is needed to read some. */
const SECRET_PAIRS = new Set([
  ...['api key', 'auth key', 'access key', 'private key'],
  ...['google calendar', 'caldav calendar', 'caldav url', 'caldav username'],
]);

/** A row and all rows in it, lists too, or headers, without the keys whose values give access to something. */
export function withoutSecretKeys(data: EventData, besides: ReadonlySet<string> = new Set()): EventData {
  const kept = Object.entries(data).filter(([key]) => !besides.has(key) && !isSecret(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutSecretsInside(value, besides)]));
}

function withoutSecretsInside(value: unknown, besides: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecretsInside(item, besides));
  return isRecord(value) && !ArrayBuffer.isView(value) ? withoutSecretKeys(value, besides) : value;
}

/** By its words, in any spelling: `google_token`, `caldavPassword`, `X-API-Key`. */
function isSecret(key: string): boolean {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
  return words.some(
    (word, at) => SECRET_WORDS.has(word) || SECRET_PAIRS.has(`${word} ${words[at + 1] ?? ''}`),
  );
}
