import { connect, type Channel, type ChannelModel } from 'amqplib';
import { z } from 'zod';
import { BrokerAddresses } from '../../shared/broker/broker-addresses.ts';
import { closeChannel } from '../../shared/broker/close-channel.ts';
import { commonVariables, readVariables } from '../../shared/config/env.ts';
import { EXCHANGE, queueDeclarations, type QueueDeclaration } from '../../shared/contract/topology.ts';
import { errorText } from '../../shared/service/error-text.ts';
import { missing, refusalOf, topologyProblem } from '../core/broker-refusal.ts';
import { okUnless, unneeded, type Finding, type Outcome } from '../core/examination.ts';
import { bindingsAndPolicies } from './bindings.ts';
import type { Target } from './target.ts';

const CONNECTION = { clientProperties: { connection_name: 'roomcast doctor' } };

/** User, password and virtual host, on every node. */
export async function login({ brokers, waitMs }: Target): Promise<Outcome> {
  if (brokers.length === 0) return unneeded('no AMQP_URL is here');
  const findings: Finding[] = [];
  for (const url of brokers) {
    try {
      await leave(await enter(url, waitMs));
    } catch (error) {
      findings.push(refusalOf(url.host, errorText(error)));
    }
  }
  return okUnless(
    findings,
    `${brokers.map(({ host }) => host).join(', ')} takes user, password and virtual host`,
  );
}

/** Exchange and queues, the arguments that they were made with, and what the management API tells of them. Makes none. */
export async function topology(target: Target): Promise<Outcome> {
  const { brokers, env, waitMs } = target;
  const [url] = brokers;
  if (url === undefined) return unneeded('no AMQP_URL is here');
  const { HISTORY_MAX_AGE, HISTORY_MAX_BYTES } = commonVariables;
  const limits = readVariables(z.object({ HISTORY_MAX_AGE, HISTORY_MAX_BYTES }), env);
  const model = await enter(url, waitMs);
  try {
    const queues = queueDeclarations(limits);
    const findings = [
      await problemOf(model, EXCHANGE, [
        (channel) => channel.checkExchange(EXCHANGE),
        (channel) => channel.assertExchange(EXCHANGE, 'topic', { durable: true }),
      ]),
    ];
    for (const queue of queues) findings.push(await queueProblem(model, queue));
    const isMissing = (name: string) => findings.some((one) => one?.problem === missing(name).problem);
    const { looked, findings: more } = await bindingsAndPolicies(target, isMissing);
    return okUnless(
      [...findings.filter((one) => one !== undefined), ...more],
      `exchange ${EXCHANGE} and ${queues.length} queues are as ingest makes them${looked}`,
    );
  } finally {
    await leave(model);
  }
}

/** Puts a message into a queue as a backend does; resolves once the broker has it. */
export async function sendTo(target: Target, queue: string, body: object): Promise<void> {
  const [url] = target.brokers;
  if (url === undefined) throw new Error('no AMQP_URL is here');
  const model = await enter(url, target.waitMs);
  try {
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), { persistent: true });
    await channel.waitForConfirms();
  } finally {
    await leave(model);
  }
}

type Step = (channel: Channel) => Promise<unknown>;

function queueProblem(model: ChannelModel, { name, arguments: args }: QueueDeclaration) {
  return problemOf(model, name, [
    (channel) => channel.checkQueue(name),
    (channel) => channel.assertQueue(name, { durable: true, arguments: args }),
  ]);
}

/** The first step asks whether it is there, so that the second makes nothing and only compares. */
async function problemOf(
  model: ChannelModel,
  name: string,
  steps: readonly Step[],
): Promise<Finding | undefined> {
  for (const step of steps) {
    try {
      await onChannel(model, step);
    } catch (error) {
      return topologyProblem(name, errorText(error));
    }
  }
  return undefined;
}

/** A refused step closes its channel. */
async function onChannel(model: ChannelModel, step: Step): Promise<void> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  await step(channel);
  await closeChannel(channel);
}

async function enter(url: URL, waitMs: number): Promise<ChannelModel> {
  const model = await connect(new BrokerAddresses(url.href), { ...CONNECTION, timeout: waitMs });
  model.on('error', () => undefined);
  return model;
}

/** The broker may have gone meanwhile. */
async function leave(model: ChannelModel): Promise<void> {
  await model.close().catch(() => undefined);
}
