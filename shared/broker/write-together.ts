import type { ChannelModel } from 'amqplib';
import type { Duplex } from 'node:stream';

/** What amqplib's types leave out of a connection: its socket, and the multiplexer that writes to it what the channels send. */
interface Wire {
  readonly stream: Duplex;
  readonly muxer: { out: { readonly write: (chunk: Buffer) => boolean } };
}

/**
 * Has a connection write in one system call what its channels send in one turn of the event loop: a message would be one of its
 * own. The multiplexer takes the messages of a turn one after the other; it goes on keeping their order and what a frame may
 * hold, and waits as before for the socket to drain, whose answers it gets.
 */
export function writeTogether({ connection }: Pick<ChannelModel, 'connection'>): void {
  const { stream, muxer } = connection as typeof connection & Wire;
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    stream.uncork();
  };
  muxer.out = {
    write: (chunk) => {
      if (!isCorked) {
        isCorked = true;
        stream.cork();
        process.nextTick(uncork);
      }
      return stream.write(chunk);
    },
  };
}
