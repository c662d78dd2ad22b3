import { describe, expect, it } from '@jest/globals';
import { settingProblems } from '../../../tools/start/check-settings.ts';

const PASSWORD = 'pa55word';
const good = { JWT_SECRET: '9f2c61d07ab84e35f1d6a90c7b3e5248', INGEST_API_KEYS: '7d1f09ac43be86e2' };

describe('what npm start says of its settings before it starts anything', () => {
  it('is every one that is wrong in either service, once', () => {
    const wrong = {
      AMQP_URL: `amqp://user:${PASSWORD}@:0`,
      RABBITMQ_MANAGEMENT_URL: `http://user:${PASSWORD}@host:99999`,
      JWT_SECRET: 'your_64_character_hex_secret_here',
      INGEST_API_KEYS: 'changeme',
      WEBSOCKET_PORT: '65536',
      INGEST_PORT: 'x',
      WEBSOCKET_HEALTH_PORT: '0',
      LOG_LEVEL: 'loud',
      HISTORY_MAX_AGE: '7 days',
      PONG_TIMEOUT_MS: '30000',
      INBOX_PREFETCH: '0',
      EASYAPPOINTMENTS_URL: `https://user:${PASSWORD}@example.org`,
      STATUS_PEERS: `http://user:${PASSWORD}@ingest:8083`,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
      ROOMCAST_BROKER: 'podman',
    };
    const problems = settingProblems(wrong);
    expect(problems.map(({ name }) => name).toSorted()).toEqual(Object.keys(wrong).toSorted());
    expect(JSON.stringify(problems)).not.toContain(PASSWORD);
  });

  it('is nothing where they are right', () => {
    expect(settingProblems(good)).toEqual([]);
  });

  it('names two of its own ports that are one', () => {
    expect(settingProblems({ ...good, WEBSOCKET_PORT: '8082' })).toEqual([
      { name: 'INGEST_PORT', message: 'is 8082, as WEBSOCKET_PORT is: set one to another port' },
    ]);
  });

  it('leaves HEALTH_PORT alone, which it gives each service itself', () => {
    expect(settingProblems({ ...good, HEALTH_PORT: '8080' })).toEqual([]);
  });
});
