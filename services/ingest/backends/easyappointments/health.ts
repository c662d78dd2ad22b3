import type { HealthReason } from '../../../../shared/monitoring/health.ts';
import { straySentence } from './api/reconciler.ts';
import type { SiteState } from './api/site-watch.ts';

export interface SiteCondition {
  /** In the last hour. */
  readonly idsClashed: boolean;
  /** The address whose webhook was refused for its key in the last hour. */
  readonly unknownKeyFrom: string | undefined;
  /** As far as the REST API is asked. */
  readonly site: SiteState;
}

/** What to look at in Easy!Appointments. */
export function siteReasons({ idsClashed, unknownKeyFrom, site }: SiteCondition): readonly HealthReason[] {
  const reasons: HealthReason[] = [];
  if (idsClashed) {
    const message =
      'In the last hour a webhook told of another appointment under an id that is taken: run one roomcast for each Easy!Appointments, each with a virtual host of its own.';
    reasons.push({ code: 'ids_clash', message });
  }
  if (unknownKeyFrom !== undefined) {
    const message = `In the last hour a webhook from ${unknownKeyFrom} was refused for its key: make the secret token of the webhook in Easy!Appointments one of INGEST_API_KEYS, in the header X-Ea-Token or the one that EASYAPPOINTMENTS_TOKEN_HEADER names.`;
    reasons.push({ code: 'unknown_key', message });
  }
  const { missed, stray } = site;
  if (missed > 0) {
    const message = `Changes that the reconciliation found while no webhook came: ${missed}. Look at the URL, token and actions of the webhook in Easy!Appointments, at its log, and at the way from there to INGEST_PORT.`;
    reasons.push({ code: 'webhooks_missing', message, value: missed });
  }
  if (stray !== undefined) reasons.push({ code: 'rest_not_clean', message: straySentence(stray) });
  return reasons;
}
