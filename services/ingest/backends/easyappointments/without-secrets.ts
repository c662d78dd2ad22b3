import { isRecord } from '../../../../shared/contract/is-record.ts';
import { parseJson } from '../../accept/json.ts';
import { partsOfAction, rowSchema } from './columns.ts';

/** What is kept of a row of which we know nothing. */
const UNKNOWN_ROW = { shape: { id: true } };

/**
 * A body that is kept for a person to look at: of a webhook only the columns that we know, whatever is wrong with
 * them, because the others hold passwords and tokens; of one that cannot be read only what stands before its row.
 * Anything else stays as it is, to the byte.
 */
export function withoutSecrets(body: Buffer): Buffer {
  const json = parseJson(body, { inexact: 'mend' });
  if ('problems' in json) return beforeItsRow(body);
  const reduced = reduce(json.value);
  return reduced === json.value ? body : Buffer.from(JSON.stringify(reduced));
}

function beforeItsRow(body: Buffer): Buffer {
  if (body.includes('"event"')) return body;
  const row = body.indexOf('"payload"');
  return row === -1 ? body : body.subarray(0, row);
}

/** The value itself where nothing is a webhook, or meant as one. */
function reduce(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const reduced = items.map(reduce);
    return reduced.every((item, index) => item === items[index]) ? value : reduced;
  }
  if (!isRecord(value) || !Object.hasOwn(value, 'payload') || Object.hasOwn(value, 'event')) return value;
  const { action, payload } = value;
  const name = typeof action === 'string' ? action : undefined;
  const { shape } = rowSchema(partsOfAction(name ?? '').subject ?? '', { keepHash: false }) ?? UNKNOWN_ROW;
  const kept = Object.entries(isRecord(payload) ? payload : {})
    .filter(([column]) => Object.hasOwn(shape, column) && column !== 'settings')
    .map(([column, cell]) => [column, scalarsOf(cell)]);
  return { action: name, payload: Object.fromEntries(kept) as unknown };
}

/** No column that we take is an object; of a list its ids. */
function scalarsOf(cell: unknown): unknown {
  if (!Array.isArray(cell)) return isRecord(cell) ? null : cell;
  return cell.filter((item) => typeof item === 'number' || typeof item === 'string');
}
