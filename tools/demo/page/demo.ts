import { createRoomcast, type Snapshot } from '../../../client/src/index.ts';
import { byId, setLevel, setText } from '../../../shared/monitoring/page/dom.js';
import { fetchToken, readBookings, restartDelivery, setLink } from './api.ts';
import { BackendForm } from './backend-form.ts';
import { Calendar } from './calendar.ts';
import { ClosedPhone } from './closed-phone.ts';
import { FrameLog } from './frame-log.ts';
import { recordedSocket } from './recorded-socket.ts';

const link = crypto.randomUUID();
const log = new FrameLog();
const calendar = new Calendar();
const form = new BackendForm();

const states = {
  idle: ['unknown', 'Closed'],
  connecting: ['warn', 'Connecting …'],
  live: ['good', 'Live'],
  waiting: ['bad', 'No connection'],
  stopped: ['bad', 'Stopped'],
} as const;

const client = createRoomcast({
  url: `ws://${location.host}/ws?link=${link}`,
  getToken: fetchToken,
  WebSocket: recordedSocket((entry) => log.add(entry)),
});

function showStatus({ status }: Snapshot): void {
  const [level, words] = states[status];
  const state = byId('state', HTMLElement);
  setText(state, words);
  const phone = state.closest('section');
  if (phone !== null) setLevel(phone, level);
}

async function load(): Promise<void> {
  calendar.load((await readBookings()).bookings);
}

const linkSwitch = byId('link', HTMLInputElement);
linkSwitch.addEventListener('change', () => {
  log.add(
    linkSwitch.checked ? { kind: 'link', text: 'link is back' } : { kind: 'closed', text: 'link is cut' },
  );
  void setLink(link, !linkSwitch.checked).then(() => {
    if (linkSwitch.checked) client.wake();
  });
});

const restart = byId('restart', HTMLButtonElement);
restart.addEventListener('click', () => {
  restart.disabled = true;
  setText(restart, 'Restarting …');
  void restartDelivery()
    .catch((error: unknown) => log.add({ kind: 'closed', text: String(error) }))
    .finally(() => {
      restart.disabled = false;
      setText(restart, 'Restart delivery');
    });
});

const { since, push } = await readBookings();
if (push) new ClosedPhone(client, log).show();
await Promise.all([form.show(), load()]);
client.on('status', showStatus);
client.on('gap', () => void load());
client.on('event', (event) => {
  // Provider 4 may have had appointments in an earlier run, and a newcomer is told of the last half minute.
  if (event.event !== 'calendar.sync' && event.timestamp >= since) calendar.take(event);
});
client.start();
