import type { Texts } from './form.ts';

export const en: Texts = {
  created: 'New appointment',
  updated: 'Appointment changed',
  cancelled: 'Appointment cancelled',
  several: '{count} changes to your appointments',
  when: '{time}',
  what: '{service}',
  whatWhen: '{service}, {time}',
  whoWhatWhen: '{person}: {service}, {time}',
  whoWhen: '{person}: {time}',
  open: 'Open the app to see more.',
  test: 'Test',
  tested: 'This device gets notifications.',
};
