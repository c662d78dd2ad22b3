let last = 0;

/** An appointment event of provider 4 and customer 6, with an appointment id of its own. */
export function appointment(fields: { event?: string; data?: object; [name: string]: unknown } = {}) {
  last += 1;
  const { event = 'appointment.created', data = {}, ...rest } = fields;
  return { event, data: { id: last, provider_id: 4, customer_id: 6, ...data }, ...rest };
}

/** An appointment event in CloudEvents' form. */
export const cloudEvent = {
  specversion: '1.0',
  type: 'appointment.created',
  source: '/booking',
  id: '17',
  data: { id: 1, provider_id: 4 },
};
