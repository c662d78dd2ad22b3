/**
 * Preloaded (`--import`) into a service whose clock a test steps. Milliseconds that are added to the wall clock from then
 * on stand in the file named by FAULTS_CLOCK_FILE, or come as `{ clockShiftMs }` from the parent process, which is told when it is done.
 * Timers run by the monotonic clock and stay as they are, as when an administrator or NTP steps the clock of a machine.
 */
import { readFileSync } from 'node:fs';
import { setInterval } from 'node:timers';

const POLL_MS = 100;
const file = process.env.FAULTS_CLOCK_FILE;
const RealDate = Date;
let shiftMs = 0;

function read() {
  try {
    shiftMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    shiftMs = 0;
  }
}

if (file !== undefined || process.send !== undefined) {
  globalThis.Date = class Date extends RealDate {
    constructor(...given) {
      if (given.length === 0) super(RealDate.now() + shiftMs);
      else super(...given);
    }

    static now() {
      return RealDate.now() + shiftMs;
    }
  };
}

if (file !== undefined) {
  read();
  setInterval(read, POLL_MS).unref();
}

if (process.send !== undefined) {
  process.on('message', ({ clockShiftMs }) => {
    shiftMs = clockShiftMs;
    process.send({ clockShiftMs });
  });
  process.on('disconnect', () => process.exit());
  // It does not keep a service that has stopped.
  process.channel.unref();
}
