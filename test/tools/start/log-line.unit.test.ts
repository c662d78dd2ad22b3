import { describe, expect, it } from '@jest/globals';
import { readableLine } from '../../../tools/start/log-line.ts';

describe('a log line in the terminal of npm start', () => {
  it('is time, level, sentence and fields', () => {
    const time = new Date(2026, 10, 23, 9, 5, 7).getTime();
    const line = JSON.stringify({
      level: 40,
      time,
      pid: 7,
      hostname: 'h',
      name: 'ingest',
      instance: 'h-1',
      queue: 'q',
      n: 2,
      msg: 'slow',
    });
    expect(readableLine(line)).toBe('09:05:07 WARN slow queue=q n=2');
  });

  it.each([
    [40, 'err="no leader"'],
    [50, 'err={"type":"Error","message":"no leader","stack":"Error: no leader\\n    at f"}'],
  ])('shows the stack of an error for a fault alone: level %d', (level, shown) => {
    const err = { type: 'Error', message: 'no leader', stack: 'Error: no leader\n    at f' };
    expect(readableLine(JSON.stringify({ level, time: 0, msg: 'm', err }))).toContain(` m ${shown}`);
  });

  it.each(['not JSON', '{"level":', '{"event":"x"}'])('stays as it is if it is no entry: %s', (line) => {
    expect(readableLine(line)).toBe(line);
  });
});
