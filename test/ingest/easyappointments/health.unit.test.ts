import { describe, expect, it } from '@jest/globals';
import {
  siteReasons,
  type SiteCondition,
} from '../../../services/ingest/backends/easyappointments/health.ts';

const well: SiteCondition = {
  idsClashed: false,
  unknownKeyFrom: undefined,
  site: { missed: 0, stray: undefined },
};

describe('the health report about Easy!Appointments', () => {
  it.each<[string, Partial<SiteCondition>, object, RegExp]>([
    [
      'a webhook told of an appointment of another installation',
      { idsClashed: true },
      { code: 'ids_clash' },
      /last hour.*one roomcast for each/,
    ],
    [
      'a webhook was refused for its key',
      { unknownKeyFrom: '192.0.2.7' },
      { code: 'unknown_key' },
      /from 192\.0\.2\.7 was refused.*INGEST_API_KEYS/,
    ],
    [
      'changes are found that no webhook told',
      { site: { missed: 3, stray: undefined } },
      { code: 'webhooks_missing', value: 3 },
      /no webhook came: 3\. Look at the URL/,
    ],
    [
      'answers of the REST API are not clean',
      { site: { missed: 0, stray: 'a byte order mark' } },
      { code: 'rest_not_clean' },
      /a byte order mark beside their JSON.*PHP error log/,
    ],
  ])('says when %s', (_when, change, reason, words) => {
    const reasons = siteReasons({ ...well, ...change });
    expect(reasons).toEqual([expect.objectContaining(reason)]);
    expect(reasons[0]?.message).toMatch(words);
  });

  it('says nothing of a site that is well', () => {
    expect(siteReasons(well)).toEqual([]);
  });
});
