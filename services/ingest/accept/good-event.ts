import { isDerivedId } from '../../../shared/contract/companion-id.ts';
import { parseId } from '../../../shared/contract/ids.ts';
import { parseRoom } from '../../../shared/contract/routing.ts';
import { spellings } from './event-data.ts';
import { resolveName } from './event-names.ts';
import { isRecord } from '../../../shared/contract/is-record.ts';
import { MAX_ROOMS, Timestamp } from './schemas.ts';

/** Of an event that is taken, as it was sent. */
export interface GoodEvent {
  readonly id?: string | number | null | undefined;
  readonly timestamp?: string | null | undefined;
}

/** No control character, and a byte each. */
const SIMPLE_ID = /^[\x20-\x7e]{1,200}$/;
const idKeys = [...spellings.appointment, ...spellings.provider, ...spellings.customer];

/**
 * Whether `EventInput` takes it, told at a seventh of what that costs. `false` says
 * nothing: the schema may take it all the same, and says what is wrong where it does not. A property test holds both to one verdict.
 */
export function isGoodEvent(input: unknown): input is GoodEvent {
  if (!isRecord(input)) return false;
  const { event, data, id, rooms, timestamp } = input;
  return (
    typeof event === 'string' &&
    resolveName(event) !== undefined &&
    isRecord(data) &&
    idKeys.every((key) => isAbsent(data[key]) || parseId(data[key]) !== undefined) &&
    spellings.secretaries.every((key) => isAbsent(data[key]) || isListOf(data[key], isId)) &&
    (isAbsent(id) || isSimpleId(id)) &&
    (isAbsent(rooms) || (isListOf(rooms, isRoom) && rooms.length > 0)) &&
    (isAbsent(timestamp) || Timestamp.safeParse(timestamp).success)
  );
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= MAX_ROOMS && value.every(isOne);
}

const isId = (value: unknown) => parseId(value) !== undefined;
const isRoom = (value: unknown) => parseRoom(value) !== undefined;

function isSimpleId(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && SIMPLE_ID.test(value) && !isDerivedId(value);
}
