import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { roomcast } from '../support/command-line.ts';
import { FakePair } from '../support/fake-pair.ts';
import { selfSigned } from '../../tools/push-service/self-signed.ts';
import { tokenFor } from '../support/tokens.ts';

async function tlsProblems(port: number): Promise<readonly string[]> {
  const args = ['--url', `wss://localhost:${port}/ws`, '--token', tokenFor('customer', 6)];
  const { out } = await roomcast(['doctor', '--json', '--skip', 'clock', ...args]);
  const { checks } = JSON.parse(out) as { checks: { name: string; findings?: { problem: string }[] }[] };
  return checks.flatMap(({ name, findings = [] }) => findings.map(({ problem }) => `${name}: ${problem}`));
}

describe('roomcast doctor and TLS', () => {
  it('names a certificate that nobody trusts', async () => {
    const server = createServer(selfSigned()).listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const problems = await tlsProblems(port);
    server.close();
    expect(problems).toEqual([
      `delivery.tls: the certificate of localhost:${port} is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT`,
    ]);
  });

  it('names a port that speaks no TLS', async () => {
    await using pair = await FakePair.start({ secret: 'x', key: 'y' });
    expect(await tlsProblems(pair.port)).toEqual([
      expect.stringMatching(/^delivery\.tls: no TLS at localhost:/),
    ]);
  });
});
