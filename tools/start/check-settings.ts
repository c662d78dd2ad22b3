import { readConfig as readDeliveryConfig } from '../../services/delivery/config.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { readConfig as readPushConfig } from '../../services/push/config.ts';
import { ConfigError, type SettingProblem } from '../../shared/config/env.ts';
import { brokerKindProblem } from '../broker/find-broker.ts';
import type { Environment } from '../environment.ts';
import { readPorts } from './ports.ts';

/** Every setting of the services and of `npm start` itself that can never work; asks nothing of the machine. */
export function settingProblems(env: Environment): readonly SettingProblem[] {
  const kind = brokerKindProblem(env['ROOMCAST_BROKER']);
  const all = [
    ...readPorts(env).problems,
    ...(kind === undefined ? [] : [{ name: 'ROOMCAST_BROKER', message: kind }]),
    ...problemsOf(readIngestConfig, env),
    ...problemsOf(readDeliveryConfig, env),
    ...(env['PUSH']?.trim() === 'on' ? problemsOf(readPushConfig, env) : []),
  ];
  // What both services read is wrong for both, and said once; so is a port, which we read too.
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

/** The ports are ours to choose: a HEALTH_PORT in .env is for other ways to start. */
function problemsOf(read: (env: Environment) => unknown, env: Environment): readonly SettingProblem[] {
  try {
    read({ ...env, HEALTH_PORT: '0' });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
