import type { Texts } from './form.ts';

export const de: Texts = {
  created: 'Neuer Termin',
  updated: 'Termin geändert',
  cancelled: 'Termin abgesagt',
  several: '{count} Änderungen an Ihren Terminen',
  when: '{time}',
  what: '{service}',
  whatWhen: '{service}, {time}',
  whoWhatWhen: '{person}: {service}, {time}',
  whoWhen: '{person}: {time}',
  open: 'Öffnen Sie die App, um mehr zu sehen.',
  test: 'Test',
  tested: 'Dieses Gerät erhält Benachrichtigungen.',
};
