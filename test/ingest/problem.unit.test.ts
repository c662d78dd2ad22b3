import { describe, expect, it } from '@jest/globals';
import {
  broadcastDocument,
  broadcastStatus,
  faultOf,
  faultOfRefusal,
  problemDocument,
  TooManyRequests,
} from '../../services/ingest/http/problem.ts';
import { AppError, errorRegistry, type ErrorCode } from '../../shared/contract/errors.ts';

describe('a fault', () => {
  it.each(Object.keys(errorRegistry) as ErrorCode[])(
    '%s is answered with its row of the registry',
    (code) => {
      const { status, title } = errorRegistry[code];
      expect(problemDocument(faultOf(new AppError(code, 'why')))).toEqual({
        type: `/problems/${code}`,
        title,
        status,
        code,
        detail: 'why',
        errors: [],
      });
    },
  );

  it.each([
    ['broker_unavailable', { 'retry-after': '2' }],
    ['going_away', { 'retry-after': '2' }],
    ['unauthorized', { 'www-authenticate': 'Bearer realm="roomcast", Basic realm="roomcast"' }],
    ['not_found', {}],
  ] as const)('%s brings the headers %j', (code, headers) => {
    expect(faultOf(new AppError(code, 'why')).headers).toEqual(headers);
  });

  it('says when to come back, in whole seconds and never at once', () => {
    expect(faultOf(new TooManyRequests('slow down', 1200)).headers).toEqual({ 'retry-after': '2' });
    expect(faultOf(new TooManyRequests('slow down', 0)).headers).toEqual({ 'retry-after': '1' });
  });

  it.each([new Error('connect ECONNREFUSED 10.0.0.7'), 'thrown text', undefined])(
    'never shows what %p says',
    (error) => {
      const document = problemDocument(faultOf(error));
      expect(document).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(document)).not.toMatch(/ECONNREFUSED|thrown/);
    },
  );

  it('of an input says the first problem, how many more, and lists all', () => {
    const problems = [
      { path: '/3/event', message: 'expected a name' },
      { path: '', message: 'other' },
    ];
    const fault = faultOfRefusal({ code: 'invalid_event', problems });
    expect(problemDocument(fault)).toMatchObject({
      status: 422,
      detail: '/3/event: expected a name (and 1 more, see errors)',
      errors: problems,
    });
    expect(broadcastStatus(fault.code)).toBe(400);
    expect(broadcastDocument(fault)).toMatchObject({ success: false, errors: problems });
  });
});
