import { describe, expect, it } from '@jest/globals';
import { SiteWatch } from '../../../services/ingest/backends/easyappointments/api/site-watch.ts';

type Report = Parameters<SiteWatch['ran']>[0];
type Step = Report | 'webhook' | 'reset';

const run = (changes: Partial<Report> = {}): Report => ({
  outcome: 'complete',
  announced: 0,
  toldAgain: 0,
  ...changes,
});
const CHANGED = run({ announced: 2 });

/** What is said after these runs; a word stands for a webhook, or for a term that ends. */
function after(...steps: readonly Step[]) {
  const site = new SiteWatch();
  for (const step of steps) {
    if (step === 'webhook') site.heard();
    else if (step === 'reset') site.reset();
    else site.ran(step);
  }
  return site.state;
}

describe('webhooks are missing', () => {
  it.each<[string, readonly Step[], number]>([
    ['when a run finds changes and none came since the one before', [run(), CHANGED], 2],
    ['and more with each run that finds some', [run(), CHANGED, run(), CHANGED], 4],
    ['also when that run is given up', [run(), { ...CHANGED, outcome: 'given_up' }], 2],
    ['also when one before was given up', [run(), run({ outcome: 'given_up' }), CHANGED], 2],
    ['when the last one came before that', ['webhook', run(), CHANGED], 2],
  ])('%s', (_when, steps, missed) => {
    expect(after(...steps).missed).toBe(missed);
  });

  it.each<[string, readonly Step[]]>([
    ['by the first run of a term, which finds what changed before it', [CHANGED]],
    ['by the first run after another instance took webhooks', [run(), 'reset', CHANGED]],
    ['while no run of the term was complete', [run({ outcome: 'given_up' }), CHANGED]],
    ['by a run that finds nothing', [run(), run()]],
    ['by names and zones that are told again', [run(), run({ announced: 3, toldAgain: 3 })]],
    ['by a run that was stopped', [run(), { ...CHANGED, outcome: 'stopped' }]],
    ['where some came and others not', [run(), 'webhook', CHANGED]],
    ['any more once one comes', [run(), CHANGED, 'webhook']],
    ['any more after the term', [run(), CHANGED, 'reset']],
  ])('is not said %s', (_when, steps) => {
    expect(after(...steps).missed).toBe(0);
  });
});

describe('what stands beside the JSON of the answers', () => {
  const stray = 'a message of PHP';
  it.each<[string, readonly Step[], string | undefined]>([
    ['is that of the last run', [run({ stray })], stray],
    ['is none after a run that found none', [run({ stray }), run()], undefined],
    [
      'stays when a run is given up before it sees any',
      [run({ stray }), run({ outcome: 'given_up' })],
      stray,
    ],
    ['is forgotten after the term', [run({ stray }), 'reset'], undefined],
  ])('%s', (_what, steps, expected) => {
    expect(after(...steps).stray).toBe(expected);
  });
});
