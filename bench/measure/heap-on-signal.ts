import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { heapFileOf } from './heap.ts';

/** For `node --import`: at SIGUSR2 the process collects its garbage and notes what is left. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const ROUNDS = 4;

process.on('SIGUSR2', () => {
  for (let round = 0; round < ROUNDS; round += 1) collect();
  writeFileSync(heapFileOf(process.pid), `${process.memoryUsage().heapUsed}\n`);
});
