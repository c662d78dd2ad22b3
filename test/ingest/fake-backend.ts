import { z } from 'zod';
import { invalidEvent, problemsOf } from '../../services/ingest/accept/problems.ts';
import type { Backend, BackendParts } from '../../services/ingest/backends/backend.ts';

const Booking = z.object({ booked: z.int() });
const SAVED = { status: 204, description: 'Booked' };
const appointmentOf = (id: number) =>
  ({
    id: `fake-${id}`,
    name: 'appointment.created',
    data: { id },
    timestamp: '2026-12-03T09:00:00Z',
  }) as const;

/** A backend whose webhook says `{"booked": 7}`. In production it would have a line in backends/all.ts. */
export const fake = {
  create: (_config: unknown, { enqueue, intake }: BackendParts): Backend => ({
    name: 'fake',
    routes: [
      {
        path: '/webhooks/fake',
        operation: { summary: 'A booking', request: Booking, success: SAVED, refusals: ['unauthorized'] },
        handle: (body) => enqueue(body, { 'x-fake': 1 }).then(() => SAVED),
      },
    ],
    recognise: ({ body, headers }) => {
      if (headers['x-fake'] === undefined) return undefined;
      const { data, error } = Booking.safeParse(JSON.parse(body.toString()));
      if (error !== undefined) return invalidEvent(problemsOf(error));
      const event = { ...appointmentOf(data.booked), rooms: ['provider_4'] } as const;
      return () => intake.announce([event], 'webhook').then(() => undefined);
    },
    strip: (body) => Buffer.from(body.toString().replace(/"pin":\d+/, '"pin":0')),
  }),
};
