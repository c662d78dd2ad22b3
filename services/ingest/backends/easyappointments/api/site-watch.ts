import type { Stray } from './json-in.ts';
import type { RunReport } from './reconciler.ts';

/** What is to be said of the site in the health report. */
export interface SiteState {
  /** Changes that runs found while no webhook came. */
  readonly missed: number;
  /** What stands beside the JSON of its answers. */
  readonly stray: Stray | undefined;
}

const NOTHING: SiteState = { missed: 0, stray: undefined };

/**
 * Judges by the runs whether the site's webhooks come: one that found changes, and no webhook since the complete run before. The first
 * of a term is not judged: what came before it another instance took, or this one before its restart.
 */
export class SiteWatch {
  state = NOTHING;
  #isJudging = false;
  #heard = false;

  /** This instance begins or ends to take webhooks. */
  reset(): void {
    this.state = NOTHING;
    this.#isJudging = false;
    this.#heard = false;
  }

  /** A webhook came. */
  heard(): void {
    this.#heard = true;
    this.state = { ...this.state, missed: 0 };
  }

  ran({
    outcome,
    announced,
    toldAgain,
    stray,
  }: Pick<RunReport, 'outcome' | 'announced' | 'toldAgain' | 'stray'>): void {
    if (outcome === 'stopped') return;
    const isComplete = outcome === 'complete';
    // The default time zone of the site and the like change without a webhook.
    const found = this.#isJudging && !this.#heard ? announced - toldAgain : 0;
    // One that was given up may not have seen the answers that are not clean.
    const { state } = this;
    this.state = { missed: state.missed + found, stray: isComplete ? stray : (stray ?? state.stray) };
    if (!isComplete) return;
    this.#isJudging = true;
    this.#heard = false;
  }
}
