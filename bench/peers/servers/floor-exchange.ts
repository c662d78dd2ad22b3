import { connect } from 'amqplib';

/** Of the floor's own vhost. */
export const FLOOR_EXCHANGE = 'floor';

/** Connected to the broker that AMQP_URL names, with the exchange declared. */
export async function connectToFloor() {
  const connection = await connect(process.env['AMQP_URL'] ?? '');
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(FLOOR_EXCHANGE, 'topic', { durable: true });
  return channel;
}
