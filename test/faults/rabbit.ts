import { aptInstallRabbit, aptObstacle } from '../../tools/broker/apt.ts';
import { BrokerError } from '../../tools/broker/broker.ts';
import { findExecutables, findRabbitScripts } from '../../tools/broker/executables.ts';

export interface RabbitPrograms {
  /** The folder of RabbitMQ's own scripts. */
  readonly scripts: string;
  readonly epmd: string;
}

/** Why no RabbitMQ can be had here that we may kill as often as we like; `undefined` if one can. */
export function brokerObstacle(): string | undefined {
  if (installed() !== undefined) return undefined;
  const obstacle = aptObstacle();
  return obstacle === undefined ? undefined : `there is no rabbitmq-server on the PATH, and ${obstacle}`;
}

export async function rabbitPrograms(): Promise<RabbitPrograms> {
  const obstacle = brokerObstacle();
  if (obstacle !== undefined)
    throw new BrokerError(`The fault suite runs private RabbitMQ nodes: ${obstacle}.`);
  if (installed() === undefined) await aptInstallRabbit((sentence) => process.stderr.write(`${sentence}\n`));
  const programs = installed();
  if (programs === undefined) throw new BrokerError('RabbitMQ was installed and is still not on the PATH.');
  return programs;
}

function installed(): RabbitPrograms | undefined {
  const scripts = findRabbitScripts();
  const [epmd] = findExecutables('epmd');
  return scripts === undefined || epmd === undefined ? undefined : { scripts, epmd };
}
