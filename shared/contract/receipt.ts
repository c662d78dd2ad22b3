import { z } from 'zod';
import { Cursor } from './cursor.ts';
import { roles } from './rooms.ts';

/** `written`: handed to the client's connection; `delivered`: its device has read it; `seen`: the app has taken it, and so its device has read it. */
const receiptStages = ['written', 'delivered', 'seen'] as const;
export type ReceiptStage = (typeof receiptStages)[number];

/** How an event came to be written: as it came, to somebody who came back with a cursor or without one, or over HTTP. */
export const waysTold = ['live', 'resume', 'rewind', 'stream', 'poll'] as const;
export type WayTold = (typeof waysTold)[number];

/** The type of a message of the stream that is a batch of receipts. */
export const RECEIPTS_TYPE = 'receipts';

/** How far one event got with one person: who, not by which address. */
export const Receipt = z.tuple([
  z.string().min(1).describe('id of the event'),
  Cursor,
  z.enum(roles),
  z.int().positive().describe('id of the user'),
  z.enum(receiptStages),
  z.iso.datetime().describe('since when'),
  z.int().positive().describe('connection'),
  z.string().min(1).describe('instance'),
  z.enum(waysTold).optional().describe('how, of what was written'),
]);
export type Receipt = z.infer<typeof Receipt>;

/** One message of the stream, of one instance. The same receipt may come twice. */
export const ReceiptBatch = z.array(Receipt);

/** The type of a message of the stream that says who was woken: readers of before pass it over. */
export const PUSHES_TYPE = 'pushes';

/** What became of an event for somebody who had not read it: a push service has taken it, or why none has. */
export const PushReceipt = z.tuple([
  z.string().min(1).describe('id of the event'),
  Cursor,
  z.enum(roles),
  z.int().positive().describe('id of the user'),
  z.enum(['pushed', 'failed']),
  z.iso.datetime().describe('since when'),
  z.string().min(1).describe('instance'),
  z.string().min(1).describe('by which kind of push service, or why not'),
]);
export type PushReceipt = z.infer<typeof PushReceipt>;

/** One message of the stream, of one instance. */
export const PushReceiptBatch = z.array(PushReceipt);

/** The type of a message of the stream that says what push tells people in one notification; it is there before they are told. */
export const BUNDLES_TYPE = 'bundles';

/** Events of which a person is told at once. Of bundles with the same event the first counts, until it says `failed`. */
export const PushBundle = z.tuple([
  z.array(z.string().min(1)).min(1).describe('ids of the events, in order'),
  Cursor.describe('of the newest of them'),
  z.enum(roles),
  z.int().positive().describe('id of the user'),
  z.string().min(1).describe('tag of the notification'),
  z.iso.datetime().describe('since when'),
  z.string().min(1).describe('instance'),
]);
export type PushBundle = z.infer<typeof PushBundle>;

/** One message of the stream, of one instance; it may be empty. */
export const PushBundles = z.array(PushBundle);
