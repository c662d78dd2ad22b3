import type { Notification } from '../../services/push/senders/sender.ts';

export const NOW_MS = Date.parse('2026-11-28T09:00:00Z');
const HOUR_MS = 3_600_000;

/** Of an appointment in two hours. */
export function notification(changes: Partial<Notification> = {}): Notification {
  return {
    title: 'New appointment',
    body: 'Haircut · 28 November, 11:00',
    language: 'en',
    url: 'https://office.example.org/appointments/12',
    topic: 'appointment-12',
    urgency: 'high',
    expiresAtMs: NOW_MS + 2 * HOUR_MS,
    data: { event: 'appointment.created', appointment_id: '12' },
    ...changes,
  };
}
