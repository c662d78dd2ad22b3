import type { Texts } from './form.ts';

export const fr: Texts = {
  created: 'Nouveau rendez-vous',
  updated: 'Rendez-vous modifié',
  cancelled: 'Rendez-vous annulé',
  several: '{count} changements dans vos rendez-vous',
  when: '{time}',
  what: '{service}',
  whatWhen: '{service}, {time}',
  whoWhatWhen: '{person} : {service}, {time}',
  whoWhen: '{person} : {time}',
  open: 'Ouvrez l’application pour en savoir plus.',
  test: 'Test',
  tested: 'Cet appareil reçoit les notifications.',
};
