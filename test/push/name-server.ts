import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const IPV4_RECORD = 1;
const HEADER_BYTES = 12;

/** A name server that knows one IPv4 address for every name, no IPv6; without it, one that never answers. */
export class NameServer {
  asked = 0;

  private constructor(private readonly socket: Socket) {}

  static async start(address?: string): Promise<NameServer> {
    const server = new NameServer(createSocket('udp4'));
    server.socket.on('message', (query, { port }) => {
      server.asked += 1;
      if (address !== undefined) server.socket.send(answerTo(query, address), port, '127.0.0.1');
    });
    server.socket.bind(0, '127.0.0.1');
    await once(server.socket, 'listening');
    return server;
  }

  get servers(): readonly string[] {
    return [`127.0.0.1:${this.socket.address().port}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

/** RFC 1035, 4.1: the question comes back, and behind it the record, whose name points to that of the question. */
function answerTo(query: Buffer, address: string): Buffer {
  const nameEnd = query.indexOf(0, HEADER_BYTES);
  const question = query.subarray(HEADER_BYTES, nameEnd + 5);
  const isIpv4 = query.readUInt16BE(nameEnd + 1) === IPV4_RECORD;
  const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, Number(isIpv4), 0, 0, 0, 0]);
  query.copy(header, 0, 0, 2);
  const record = [
    0xc0,
    HEADER_BYTES,
    0,
    IPV4_RECORD,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    4,
    ...address.split('.').map(Number),
  ];
  return Buffer.concat([header, question, Buffer.from(isIpv4 ? record : [])]);
}
