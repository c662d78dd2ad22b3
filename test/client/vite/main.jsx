import { createRoomcast } from '@roomcast/client';
import { useAppointments, useRoomcast, useRoomcastEvent } from '@roomcast/client/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const client = createRoomcast({
  serverUrl: new URLSearchParams(location.search).get('server'),
  getToken: async () => (await fetch('/api/token')).text(),
});
const load = async () => (await fetch('/api/appointments')).json();

function Day() {
  const { status } = useRoomcast(client);
  const { appointments } = useAppointments(client, load);
  const [last, setLast] = useState('nothing yet');
  useRoomcastEvent(client, 'appointment.*', ({ event }) => setLast(event));
  return (
    <>
      <p id="status">{status}</p>
      <p id="last">{last}</p>
      <ul>
        {appointments.map(({ id, start }) => (
          <li key={id}>{`${id} at ${start}`}</li>
        ))}
      </ul>
    </>
  );
}

createRoot(document.querySelector('#app')).render(
  <StrictMode>
    <Day />
  </StrictMode>,
);
