import type { Texts } from './form.ts';

export const pt: Texts = {
  created: 'Nova marcação',
  updated: 'Marcação alterada',
  cancelled: 'Marcação cancelada',
  several: '{count} alterações nas suas marcações',
  when: '{time}',
  what: '{service}',
  whatWhen: '{service}, {time}',
  whoWhatWhen: '{person}: {service}, {time}',
  whoWhen: '{person}: {time}',
  open: 'Abra a aplicação para ver mais.',
  test: 'Teste',
  tested: 'Este dispositivo recebe notificações.',
};
