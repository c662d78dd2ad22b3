import { z } from 'zod';
import { Reason } from '../../shared/monitoring/status.ts';
import { fetchFailure } from '../../shared/service/fetch-failure.ts';
import { clockProblem } from '../core/clock-difference.ts';
import { shownUrl, withScheme } from '../core/endpoint.ts';
import { notMade, okUnless, unneeded, type Failed, type Finding, type Outcome } from '../core/examination.ts';
import { reasonFindings } from '../core/health-reasons.ts';
import { isSet, type Target } from './target.ts';

const Report = z.object({ status: z.enum(['healthy', 'degraded', 'unhealthy']), reasons: z.array(Reason) });
type Report = z.infer<typeof Report>;

/** What each service says of itself. */
export async function health({ health: urls, env, waitMs }: Target, failed: Failed): Promise<Outcome> {
  if (urls.length === 0) return unneeded('no health port is known here: STATUS_PEERS names them');
  const all = await Promise.all(urls.map((url) => reportOf(new URL('/health', url), waitMs)));
  const known = {
    broker: ['broker.dns', 'broker.port', 'broker.tls', 'broker.login'].some(failed),
    // Only with that setting does `topology` look at them.
    policies: failed('topology') && isSet(env, 'RABBITMQ_MANAGEMENT_URL'),
  };
  const findings = all.flatMap(({ url, answer }) =>
    'problem' in answer ? [answer] : reasonFindings(shownUrl(url), answer, known),
  );
  return okUnless(findings, `${urls.map(({ host }) => host).join(', ')} can work`);
}

async function reportOf(url: URL, waitMs: number): Promise<{ url: URL; answer: Finding | Report }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(waitMs) });
    return { url, answer: Report.parse(await response.json()) };
  } catch (error) {
    const wrong = 'its answer is no health report';
    const answer = {
      problem: `${shownUrl(url)} cannot be read: ${fetchFailure(error, { timeoutMs: waitMs, wrong })}`,
      cure: 'start the service whose HEALTH_PORT that is; its log says why it stopped',
    };
    return { url, answer };
  }
}

/** This machine against each that answers with its time; a proxy answers with its own, so health ports go first. */
export async function clocks({ health: ports, delivery, ingest, waitMs }: Target): Promise<Outcome> {
  const entrances = [delivery, ingest].filter((url) => url !== undefined);
  if (ports.length + entrances.length === 0) return unneeded('no service is known here');
  const ofPorts = await timesOf(ports, waitMs);
  const times = ofPorts.length > 0 ? ofPorts : await timesOf(entrances, waitMs);
  if (times.length === 0) return notMade('no service answers');
  const findings = times.map(clockProblem).filter((one) => one !== undefined);
  return okUnless(findings, `as here: ${times.map(({ host }) => host).join(', ')}`);
}

async function timesOf(urls: readonly URL[], waitMs: number) {
  const all = await Promise.all(urls.map((url) => timeOf(withScheme(url, 'http'), waitMs)));
  return all.filter((one) => one !== undefined);
}

async function timeOf(url: URL, waitMs: number) {
  const sentMs = Date.now();
  const answer = await fetch(new URL('/health/live', url), { signal: AbortSignal.timeout(waitMs) }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
  const theirMs = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(theirMs)) return undefined;
  return { host: url.host, theirMs, sentMs, receivedMs: Date.now() };
}
