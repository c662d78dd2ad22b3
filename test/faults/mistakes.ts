import type { Act } from './act.ts';

interface Mistake {
  readonly what: string;
  readonly body: string;
  readonly status: number;
  readonly code: string;
}

/**
 * What a backend sends that would be lost or changed on its way without a word: each has to be refused, and nobody may
 * ever get it. The id is taken by an event before, on the same instance, which knows it at once.
 */
export const makeMistakes: Act = async (_fault, { system, ledger, odd }) => {
  const [port] = system.ports('ingest');
  const offer = (body: string) =>
    fetch(`http://127.0.0.1:${port}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.key}` },
      body,
    });
  const fact = ledger.draft({ appointment: 9_300, entrance: 'http', rooms: ['admin'] });
  fact.firstTriedMs = performance.now();
  const taken = await offer(eventOf('"start":"10:00"', fact.id));
  if (taken.status !== 202) odd(`the first event was answered ${taken.status}`);
  fact.acceptedMs = performance.now();
  for (const { what, body, status, code } of mistakesWith(fact.id)) {
    const response = await offer(body);
    const text = await response.text();
    if (response.status !== status || !text.includes(`"${code}"`))
      odd(`${what} was answered ${response.status}`);
  }
};

function mistakesWith(usedId: string): readonly Mistake[] {
  const invalid = { status: 422, code: 'invalid_event' };
  return [
    {
      what: 'the id of another event',
      body: eventOf('"start":"11:00"', usedId),
      status: 409,
      code: 'id_reused',
    },
    { what: 'a number of 64 bits', body: eventOf('"external_id":7615917337495251231'), ...invalid },
    { what: 'a number beyond all doubles', body: eventOf('"price":1e400'), ...invalid },
    { what: 'half of a surrogate pair', body: eventOf('"notes":"See you \\ud83d"'), ...invalid },
    {
      what: 'more data than an event may have',
      body: eventOf(`"notes":"${'n'.repeat(70_000)}"`),
      ...invalid,
    },
  ];
}

function eventOf(data: string, id?: string): string {
  const named = id === undefined ? '' : `"id":"${id}",`;
  return `{"event":"appointment.updated",${named}"rooms":["admin"],"data":{"id":9300,"provider_id":903,${data}}}`;
}
