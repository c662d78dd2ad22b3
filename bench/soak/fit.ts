export interface Point {
  readonly atS: number;
  readonly value: number;
}

/** A straight line through points, by least squares. */
export interface Line {
  /** The value at the first point. */
  readonly level: number;
  /** From the first point to the last. */
  readonly growth: number;
  /** The growth lies within this of the true one, 95 times in 100; infinite where the points say nothing. */
  readonly margin: number;
}

/**
 * A heap is collected every few samples, so one sample is like the one before it: the margin counts only as many of them
 * as are worth, by the lag-1 autocorrelation of what lies beside the line.
 */
export function fitLine(points: readonly Point[]): Line {
  const first = points[0]?.atS ?? 0;
  const spanS = (points.at(-1)?.atS ?? 0) - first;
  const meanX = mean(points.map(({ atS }) => atS));
  const meanY = mean(points.map(({ value }) => value));
  const spread = sum(points.map(({ atS }) => (atS - meanX) ** 2));
  if (spread === 0) return { level: meanY, growth: 0, margin: Infinity };
  const slope = sum(points.map(({ atS, value }) => (atS - meanX) * (value - meanY))) / spread;
  const beside = points.map(({ atS, value }) => value - meanY - slope * (atS - meanX));
  const freedom = worth(beside) - 2;
  const squares = sum(beside.map((one) => one ** 2));
  const margin = freedom < 1 ? Infinity : studentT(freedom) * Math.sqrt(squares / freedom / spread);
  return { level: meanY + slope * (first - meanX), growth: slope * spanS, margin: margin * spanS };
}

/** Of each block of so many points the lowest: what a heap holds just after it was collected. */
export function floorOf(points: readonly Point[], size: number): Point[] {
  const floors: Point[] = [];
  for (let from = 0; from + size <= points.length; from += size) {
    floors.push(points.slice(from, from + size).reduce((low, one) => (one.value < low.value ? one : low)));
  }
  return floors;
}

/** How many independent points say as much. */
function worth(beside: readonly number[]): number {
  const squares = sum(beside.map((one) => one ** 2));
  if (squares === 0) return beside.length;
  const likeness = sum(beside.slice(1).map((one, n) => one * (beside[n] ?? 0))) / squares;
  const bounded = Math.min(0.99, Math.max(0, likeness));
  return (beside.length * (1 - bounded)) / (1 + bounded);
}

/** The 97.5th percentile of Student's t, to 2 % from three degrees of freedom up. */
function studentT(freedom: number): number {
  return 1.96 + 2.5 / freedom + 3 / freedom ** 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / Math.max(1, values.length);
}
