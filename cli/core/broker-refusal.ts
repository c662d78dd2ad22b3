import type { Finding } from './examination.ts';

const NOT_FOUND = /NOT[-_]FOUND/;
const PRECONDITION_FAILED = /PRECONDITION[-_]FAILED/;
const DIFFERENCE = /inequivalent arg '(.+?)' .*?: (received .*? but current is [^"]*)/;

/** Why a node lets us not in, by the words of amqplib and RabbitMQ. */
export function refusalOf(host: string, words: string): Finding {
  if (/ACCESS[-_]REFUSED.*(Login|PLAIN|authentication)|403 \(ACCESS/i.test(words)) {
    return {
      problem: `the broker at ${host} refuses the user or password of AMQP_URL`,
      cure: 'correct AMQP_URL; rabbitmqctl change_password USER sets a new one. guest is let in from the own machine only',
    };
  }
  if (/NOT[-_]ALLOWED|Expected ConnectionOpenOk|vhost/i.test(words)) {
    return {
      problem: `the broker at ${host} does not open the virtual host of AMQP_URL to its user`,
      cure: "rabbitmqctl list_vhosts shows those that are there; rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*' opens one",
    };
  }
  return {
    problem: `no AMQP with ${host}: ${words}`,
    cure: 'is it RabbitMQ that listens there? 5672 is AMQP, 5671 AMQP over TLS (amqps://), 15672 the management API',
  };
}

export function missing(name: string): Finding {
  return {
    problem: `${name} is missing`,
    cure: 'start ingest, which makes it; if it runs, it is on another broker or virtual host than this AMQP_URL',
  };
}

/** What is wrong with an exchange or a queue, by the broker's answer to asking for it and to declaring it. */
export function topologyProblem(name: string, words: string): Finding {
  if (NOT_FOUND.test(words)) return missing(name);
  if (PRECONDITION_FAILED.test(words)) {
    const [, argument, values] = DIFFERENCE.exec(words) ?? [];
    const difference = argument === undefined ? words : `${argument}: ${values ?? ''}`;
    return {
      problem: `${name} was made with other arguments: ${difference}`,
      cure: 'set the same by a policy, or the setting to what is there: docs/operations.md, "Health says queue_differs"',
    };
  }
  return {
    problem: `${name} cannot be looked at: ${words}`,
    cure: "give the user of AMQP_URL its rights: rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
  };
}
