import { describe, expect, it } from '@jest/globals';
import { STATUS_CODES } from 'node:http';
import { AppError, errorRegistry, type ErrorCode } from '../../shared/contract/errors.ts';

const codes = Object.keys(errorRegistry) as ErrorCode[];

describe('the registry of errors', () => {
  it.each(codes)('%s has a status of HTTP and a title of its own', (code) => {
    const { status, title } = errorRegistry[code];
    expect(STATUS_CODES[status]).toBeDefined();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(codes.filter((other) => errorRegistry[other].title === title)).toEqual([code]);
    expect(code).toMatch(/^[a-z_]+$/);
  });

  it.each([
    ['malformed_json', 400],
    ['unauthorized', 401],
    ['id_reused', 409],
    ['body_too_large', 413],
    ['unsupported_media_type', 415],
    ['invalid_event', 422],
    ['too_many_requests', 429],
    ['broker_unavailable', 503],
    ['broker_blocked', 503],
    ['inbox_full', 503],
    ['too_many_bodies', 503],
    ['too_many_unconfirmed', 503],
    ['starting', 503],
    ['going_away', 503],
  ] as const)('%s answers %d', (code, status) => {
    expect(new AppError(code, 'words').status).toBe(status);
  });

  it('what another try may mend is exactly what says 429 or 503', () => {
    const retryable = codes.filter((code) => new AppError(code, 'words').retryable);
    expect(retryable).toEqual(codes.filter((code) => [429, 503].includes(errorRegistry[code].status)));
    expect(retryable).toContain('broker_unavailable');
    expect(retryable).not.toContain('internal');
  });
});

describe('AppError', () => {
  it('keeps its cause and is matched by its code', () => {
    const cause = new Error('ECONNRESET');
    const error = new AppError('broker_unavailable', 'the broker is away', { cause });
    expect(error).toBeInstanceOf(Error);
    expect({ code: error.code, cause: error.cause, name: error.name, message: error.message }).toEqual({
      code: 'broker_unavailable',
      cause,
      name: 'AppError',
      message: 'the broker is away',
    });
  });
});
