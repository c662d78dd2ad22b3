import type { Texts } from './form.ts';

export const es: Texts = {
  created: 'Nueva cita',
  updated: 'Cita modificada',
  cancelled: 'Cita cancelada',
  several: '{count} cambios en sus citas',
  when: '{time}',
  what: '{service}',
  whatWhen: '{service}, {time}',
  whoWhatWhen: '{person}: {service}, {time}',
  whoWhen: '{person}: {time}',
  open: 'Abra la aplicación para ver más.',
  test: 'Prueba',
  tested: 'Este dispositivo recibe notificaciones.',
};
