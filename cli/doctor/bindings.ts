import { z } from 'zod';
import { ManagementApi } from '../../shared/broker/management-api.ts';
import { commonVariables, readVariables } from '../../shared/config/env.ts';
import { EXCHANGE, queueDeclarations } from '../../shared/contract/topology.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { IngestVariables } from '../../services/ingest/config.ts';
import { bindingProblems } from '../core/binding-problems.ts';
import type { Finding } from '../core/examination.ts';
import type { Target } from './target.ts';

interface Looked {
  /** Behind what was found well. */
  readonly looked: string;
  readonly findings: readonly Finding[];
}

const POLICY_CURE =
  'take the queue out of the pattern of that policy, or raise the bound: docs/operations.md, "policy, purge or deletion"';

/** AMQP tells neither bindings nor policies: the management API does, where it is known. */
export async function bindingsAndPolicies(
  { env }: Target,
  isMissing: (name: string) => boolean,
): Promise<Looked> {
  const { AMQP_URL, RABBITMQ_MANAGEMENT_URL, HISTORY_MAX_AGE, HISTORY_MAX_BYTES } = commonVariables;
  const { INBOX_MAX_MESSAGES } = IngestVariables.shape;
  const settings = readVariables(
    z.object({ AMQP_URL, RABBITMQ_MANAGEMENT_URL, HISTORY_MAX_AGE, HISTORY_MAX_BYTES, INBOX_MAX_MESSAGES }),
    env,
  );
  const { rabbitmqManagementUrl: url, amqpUrl: brokerUrl, historyMaxBytes, inboxMaxMessages } = settings;
  if (url === undefined) {
    return { looked: '; bindings and policies are looked at with RABBITMQ_MANAGEMENT_URL', findings: [] };
  }
  const wanted = { historyMaxBytes: historyMaxBytes === 0 ? Infinity : historyMaxBytes, inboxMaxMessages };
  const api = new ManagementApi({
    ...{ url, brokerUrl, wanted, maxAgeMs: 0 },
    logger: createLogger('doctor', 'silent'),
  });
  const { dropping, failure } = await api.read(performance.now());
  if (failure !== undefined) return { looked: '', findings: [unreadable(failure)] };
  const policies = dropping.map(({ queue, words }) => ({
    problem: `${queue} may drop messages: ${words}`,
    cure: POLICY_CURE,
  }));
  const there = queueDeclarations(settings).filter(({ name }) => !isMissing(name));
  // Without the exchange there is nothing to ask, and it is a finding already.
  const bindings = isMissing(EXCHANGE) ? [] : await problemsOf(api, there);
  return {
    looked: ', bound as it binds them, and no policy drops from them',
    findings: [...bindings, ...policies],
  };
}

async function problemsOf(
  api: ManagementApi,
  queues: ReturnType<typeof queueDeclarations>,
): Promise<readonly Finding[]> {
  try {
    return bindingProblems(queues, await api.bindings(EXCHANGE));
  } catch (error) {
    return [unreadable(errorText(error))];
  }
}

function unreadable(why: string): Finding {
  return {
    problem: `bindings and policies cannot be read at RABBITMQ_MANAGEMENT_URL: ${why}`,
    cure: 'correct that setting; its user needs the tag monitoring (rabbitmqctl set_user_tags USER monitoring), and the broker its management plugin',
  };
}
