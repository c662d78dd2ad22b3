import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { GatheredLines } from '../../shared/service/gathered-lines.ts';
import { createLogger } from '../../shared/service/logger.ts';

function world() {
  const writes: string[][] = [];
  let written: () => void = () => undefined;
  const write = (text: string) => {
    const lines = text.trimEnd().split('\n');
    writes.push(lines.map((line) => (JSON.parse(line) as { msg: string }).msg));
    written();
  };
  const logger = createLogger('test', 'info', new GatheredLines({ write }));
  const nextWrite = () => new Promise<void>((resolve) => (written = resolve));
  return { logger, writes, nextWrite };
}

describe('lines of a log', () => {
  it('go together, in their order', async () => {
    const { logger, writes, nextWrite } = world();
    logger.info('one');
    logger.child({ instance: 'a' }).info('two');
    expect(writes).toEqual([]);
    await nextWrite();
    expect(writes).toEqual([['one', 'two']]);
    logger.info('three');
    await nextWrite();
    expect(writes).toEqual([['one', 'two'], ['three']]);
  });

  it('go at once with a warning, behind what came before it', () => {
    const { logger, writes } = world();
    logger.info('one');
    logger.warn('two');
    expect(writes).toEqual([['one', 'two']]);
    logger.error('three');
    expect(writes).toEqual([['one', 'two'], ['three']]);
  });

  it('go at once when they are many', () => {
    const { logger, writes } = world();
    const long = 'x'.repeat(6_000);
    for (const name of ['one', 'two', 'three']) logger.info({ long }, name);
    expect(writes).toEqual([['one', 'two', 'three']]);
  });

  it.each(['', 'process.exit(3);', 'throw new Error("broken");'])(
    'are all there behind a process that ends: %s',
    (end) => {
      const script = `
        import { GatheredLines } from './dist/shared/service/gathered-lines.js';
        import { createLogger } from './dist/shared/service/logger.js';
        createLogger('test', 'info', new GatheredLines()).info('the last');
        ${end}`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
      });
      expect(JSON.parse(stdout)).toMatchObject({ msg: 'the last' });
    },
  );
});
