let last = 0;

/** An appointment event of provider 4 and customer 6, with an appointment id of its own. */
export function appointment(fields: { event?: string; data?: object; [name: string]: unknown } = {}) {
  last += 1;
  const { event = 'appointment.created', data = {}, ...rest } = fields;
  return { event, data: { id: last, provider_id: 4, customer_id: 6, ...data }, ...rest };
}
