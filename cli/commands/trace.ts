import { noAnswerFrom, shownTrace } from '../../services/ingest/admin/shown-trace.ts';
import { Trace } from '../../shared/contract/trace.ts';
import { askAsOperator, type OperatorOptions } from '../ingest/call-ingest.ts';
import type { AddCommand } from './command.ts';
import { operatorCommand } from './operator-command.ts';

interface Options extends OperatorOptions {
  readonly since?: string;
}

export const addTrace: AddCommand = (program, context, exit) => {
  operatorCommand(
    program,
    'trace',
    'What became of one event: how it came in, who was told and when, and why somebody was not. Times are UTC. 1: an instance did not answer.',
  )
    .argument('<id>', 'of the event, or of a message of the inbox; or a cursor')
    .option('--since <time>', 'RFC 3339, or a cursor: where the history is too long to look everywhere')
    .action(async (id: string, { since, ...where }: Options) => {
      const query = since === undefined ? '' : `?${new URLSearchParams({ since }).toString()}`;
      const path = `events/${encodeURIComponent(id)}${query}`;
      const trace = Trace.parse(JSON.parse(await askAsOperator(context, where, 'GET', path)));
      context.out.write(where.json ? `${JSON.stringify(trace)}\n` : shownTrace(trace));
      context.err.write(noAnswerFrom(trace.missing));
      exit(trace.missing.length > 0 ? 1 : 0);
    });
};
