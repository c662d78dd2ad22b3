import { describe, expect, it } from '@jest/globals';
import { routesOf } from '../../services/ingest/backends/easyappointments/routes.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { INGEST_KEY, problemIn } from '../support/ingest.ts';
import { bareServer } from './bare-server.ts';

const unused = () => {
  throw new Error('no event is posted here');
};

async function serve(requestReconciliation?: () => Promise<void>) {
  const server = await bareServer(
    {
      backends: [
        {
          name: 'easyappointments',
          routes: routesOf({
            keepHash: false,
            ignored: unused,
            enqueue: unused,
            onWrongKey: unused,
            requestReconciliation,
          }),
          recognise: unused,
          strip: unused,
        },
      ],
    },
    { broadcastTrustedNetworks: [{ address: '127.0.0.0', prefix: 8, family: 'ipv4' }] },
  );
  return {
    ask: (key = INGEST_KEY, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      if (key !== '') headers.set('authorization', `Bearer ${key}`);
      return fetch(`${server.url}/v1/reconcile`, { method: 'POST', ...init, headers });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describe('POST /v1/reconcile', () => {
  it('asks for a reconciliation and says so once that is certain', async () => {
    let asked = 0;
    await using ingest = await serve(() => {
      asked += 1;
      return Promise.resolve();
    });
    const response = await ingest.ask();
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ status: 'requested' });
    expect(asked).toBe(1);
  });

  it('takes a body and makes nothing of it', async () => {
    await using ingest = await serve(() => Promise.resolve());
    const init = { body: '{"any":1}', headers: { 'content-type': 'application/json' } };
    expect((await ingest.ask(INGEST_KEY, init)).status).toBe(202);
  });

  it('answers 409 where it is off, and what to set', async () => {
    await using ingest = await serve();
    const response = await ingest.ask();
    expect(response.status).toBe(409);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = await problemIn(response);
    expect(problem.code).toBe('reconciliation_off');
    expect(problem.detail).toMatch(/EASYAPPOINTMENTS_URL.*EASYAPPOINTMENTS_API_TOKEN/);
  });

  it('answers 503 while the broker cannot pass it on', async () => {
    await using ingest = await serve(() => Promise.reject(new AppError('broker_unavailable', 'away')));
    const response = await ingest.ask();
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
  });

  it.each(['', 'wrong'])('needs a key, also from a trusted network: %p is 401', async (key) => {
    let asked = 0;
    await using ingest = await serve(() => {
      asked += 1;
      return Promise.resolve();
    });
    expect((await ingest.ask(key)).status).toBe(401);
    expect(asked).toBe(0);
  });

  it('is named by the answers to a wrong method and a wrong path', async () => {
    await using ingest = await serve();
    const response = await ingest.ask(INGEST_KEY, { method: 'GET' });
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'POST',
    });
  });
});
