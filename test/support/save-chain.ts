import { webhook, type WebhookBody } from './test-decider.ts';
import type { Seen } from './ingest.ts';

const FIRST_SAVE_MS = Date.UTC(2026, 10, 22, 23, 32, 52);

/** The n-th save of an appointment, from 0: a second after the one before, and named by its notes. */
export function nthSave(id: number, n: number): WebhookBody {
  const at = new Date(FIRST_SAVE_MS + n * 1_000).toISOString().slice(0, 19).replace('T', ' ');
  return webhook('appointment_save.new', { id, notes: notesOf(id, n), update_datetime: at });
}

export function notesOf(id: number, n: number): string {
  return `save ${n} of ${id}`;
}

export function chainOf(id: number, length: number): string[] {
  return Array.from({ length }, (_, n) => notesOf(id, n));
}

/** Which saves of an appointment were announced, in order, repeats of one id left out as clients do. */
export function announcedOf(id: number, seen: readonly Seen[]): string[] {
  const once = new Map<string, string>();
  for (const { frame } of seen) {
    const data = frame['data'] as { id?: number; notes?: string };
    const key = String(frame['id']);
    if (data.id === id && !once.has(key)) once.set(key, String(data.notes));
  }
  return [...once.values()];
}
