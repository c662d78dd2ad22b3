import { BrokerConnection, type BrokerOptions } from '../../shared/broker/broker-connection.ts';
import type { Logger } from '../../shared/service/logger.ts';
import type { IngestConfig } from './config.ts';

/** The broker blocks publishers by the connection. */
export interface Connections {
  readonly publishing: BrokerConnection;
  readonly consuming: BrokerConnection;
}

export function connect(
  { amqpUrl }: Pick<IngestConfig, 'amqpUrl'>,
  instance: string,
  setup: BrokerOptions['setup'],
  logger: Logger,
): Connections {
  const connection = (purpose: string) =>
    new BrokerConnection({
      url: amqpUrl.reveal(),
      name: `roomcast ingest ${instance} ${purpose}`,
      logger,
      setup,
    });
  return { publishing: connection('publisher'), consuming: connection('inbox') };
}
