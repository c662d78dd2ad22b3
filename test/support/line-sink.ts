import { Writable } from 'node:stream';

/** Where a logger writes to when a test wants to read it. */
export function lineSink(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
