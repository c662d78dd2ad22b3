import { describe, expect, it } from '@jest/globals';
import { ReasonTimes } from '../../shared/monitoring/reason-times.ts';

const reason = (code: string, message = '') => ({ code, message });
const at = (second: number) => Date.UTC(2026, 10, 23, 9, 0, second);
const times = (stamped: readonly { code: string; since?: string | undefined }[]) =>
  stamped.map(({ code, since }) => [code, since?.slice(17, 19)]);

describe('the reasons of a health report', () => {
  it('say since when each holds, however its figures change', () => {
    const reasons = new ReasonTimes();
    reasons.stamp([reason('inbox_backlog', '1001 wait')], at(1));
    const later = reasons.stamp([reason('event_loop_lag'), reason('inbox_backlog', '2000 wait')], at(9));
    expect(times(later)).toEqual([
      ['event_loop_lag', '09'],
      ['inbox_backlog', '01'],
    ]);
    expect(later).toMatchObject([{}, { message: '2000 wait' }]);
  });

  it('begin anew when they were away', () => {
    const reasons = new ReasonTimes();
    reasons.stamp([reason('broker_down')], at(1));
    reasons.stamp([], at(2));
    expect(times(reasons.stamp([reason('broker_down')], at(3)))).toEqual([['broker_down', '03']]);
  });

  it('that come twice share one time', () => {
    const reasons = new ReasonTimes();
    reasons.stamp([reason('broker_alarm', 'node 1')], at(1));
    const both = reasons.stamp([reason('broker_alarm', 'node 1'), reason('broker_alarm', 'node 2')], at(2));
    expect(times(both)).toEqual([
      ['broker_alarm', '01'],
      ['broker_alarm', '01'],
    ]);
  });
});
