import { BrokerError, type BrokerHandle, type OwnBroker } from './broker.ts';
import { runCtl } from './ctl.ts';

/** The broker of another process of this checkout: used, and left alone when we stop. */
export function sharedBroker(handle: BrokerHandle, ownerPid: number): OwnBroker {
  const refuse = () => Promise.reject(new BrokerError(`The broker belongs to process ${ownerPid}.`));
  return {
    handle,
    describe: `the RabbitMQ of another npm start (process ${ownerPid}) at ${new URL(handle.url).host}; it stops with that one`,
    ours: false,
    ended: new Promise(() => undefined),
    ctl: (args) => runCtl(handle, args),
    stop: () => Promise.resolve(),
    kill: refuse,
    restart: refuse,
  };
}
