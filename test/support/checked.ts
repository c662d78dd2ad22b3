import type { Checked } from '../../services/ingest/accept/problems.ts';

export function valueOf<Value>(checked: Checked<Value>): Value {
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.value;
}

export function pathsOf(checked: Checked<unknown>): string[] {
  return 'problems' in checked ? checked.problems.map(({ path }) => path) : [];
}
