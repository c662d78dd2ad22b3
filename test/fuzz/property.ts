import fc from 'fast-check';

/** What a property is fed with, as the report counts it. */
export type Fed = 'bodies' | 'frames' | 'others';

/** Something that holds for any input. `npm test` tries some inputs, `npm run fuzz` tries them for minutes. */
export interface FuzzProperty {
  readonly name: string;
  readonly feeds: Fed;
  /** How many inputs `npm test` tries. */
  readonly shortRuns: number;
  /** `fed` is told how many inputs one run was. */
  create(fed: (inputs: number) => void): fc.IRawProperty<unknown>;
}

export interface Tried {
  readonly inputs: number;
  /** The smallest counterexample, with the seed that finds it again; `undefined` where the property held. */
  readonly failure: string | undefined;
}

export async function tryProperty(property: FuzzProperty, seed: number, numRuns: number): Promise<Tried> {
  let inputs = 0;
  const details = await fc.check(
    property.create((count) => (inputs += count)),
    { seed, numRuns },
  );
  return { inputs, failure: details.failed ? fc.defaultReportMessage(details) : undefined };
}
