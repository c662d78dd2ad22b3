import Sequencer from '@jest/test-sequencer';

/** From those that take half a minute to those that take none: what is begun last then keeps one core alone only for moments. */
const KINDS = ['.e2e.test.', '.int.test.', '.unit.test.'];

const kindOf = ({ path }) => KINDS.findIndex((kind) => path.includes(kind));

/** Of one kind in Jest's own order: by how long each took here the last time, and by size in a fresh checkout. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => kindOf(a) - kindOf(b));
  }
}
