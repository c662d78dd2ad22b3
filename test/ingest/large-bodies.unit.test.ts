import { expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventEmitter } from 'node:events';
import { LargeBodies } from '../../services/ingest/http/large-bodies.ts';

const MIB = 1024 ** 2;
const request = { headers: { 'content-length': String(MIB) } } as unknown as FastifyRequest;
const replyOf = (raw: { closed: boolean }) =>
  ({ raw: Object.assign(new EventEmitter(), raw) }) as unknown as FastifyReply;

it('a body whose client has gone before it could be counted takes no room from those that follow', async () => {
  const limits = { ingestMaxBodyBytes: MIB, ingestMaxLargeBodiesBytes: MIB, ingestLargeBodiesRate: 0 };
  const bodies = new LargeBodies(limits, () => 0);
  const enter = (closed: boolean) =>
    new Promise((resolve) => bodies.beforeReading(request, replyOf({ closed }), resolve));
  await enter(true);
  expect(await enter(false)).toBeUndefined();
});
