import { randomBytes } from 'node:crypto';
import { webhook, type WebhookBody } from './test-decider.ts';

const appointment = [
  ...['id', 'id_users_provider', 'id_users_customer', 'id_services', 'is_unavailability', 'status', 'color'],
  ...['create_datetime', 'update_datetime', 'book_datetime', 'start_datetime', 'end_datetime'],
  ...['location', 'meeting_link', 'notes'],
];
const person = ['id', 'update_datetime', 'first_name', 'last_name', 'timezone', 'providers'];

/** What may leave Easy!Appointments at all, by the first words of an action; every other column gets a secret. */
const open: Readonly<Record<string, readonly string[]>> = {
  appointment,
  unavailability: appointment,
  provider: person,
  customer: person,
  secretary: person,
  service: ['id', 'update_datetime', 'name'],
  blocked_period: ['id', 'update_datetime', 'name', 'start_datetime', 'end_datetime', 'notes'],
  admin: [],
  service_category: [],
};
const OPEN_SETTINGS = ['working_plan', 'working_plan_exceptions'];
/** Columns of other releases and of plugins. */
const MORE_COLUMNS = ['hash', 'password', 'salt', 'google_token', 'caldav_password', 'password_reset_token'];

/** Puts a secret of its own into every column that is nobody's business, and knows them all. */
export class PlantedSecrets {
  /** Where it was planted, by secret. */
  readonly all = new Map<string, string>();

  in(file: string): WebhookBody & Readonly<Record<string, unknown>> {
    const { action, payload } = webhook(file);
    const subject = action.replace(/_(save|delete)$/, '');
    const allowed = open[subject];
    if (allowed === undefined) throw new Error(`nobody said which columns of ${subject} may be seen`);
    const { settings } = payload;
    const columns = new Set([...Object.keys(payload), ...MORE_COLUMNS]);
    columns.delete('settings');
    const planted = Object.fromEntries(
      [...columns].map((name) => [
        name,
        allowed.includes(name) ? payload[name] : this.#plant(`${file}.${name}`),
      ]),
    );
    return {
      action,
      payload: { ...planted, ...(isRow(settings) && { settings: this.#inSettings(file, settings) }) },
      secret: this.#plant(`${file} beside the payload`),
    };
  }

  /** Where each secret that stands in a text was planted. */
  foundIn(text: string): string[] {
    return [...this.all].filter(([secret]) => text.includes(secret)).map(([, place]) => place);
  }

  #inSettings(file: string, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const columns = new Set([...Object.keys(settings), ...MORE_COLUMNS, 'username', 'caldav_username']);
    return Object.fromEntries(
      [...columns].map((name) => [
        name,
        OPEN_SETTINGS.includes(name) ? settings[name] : this.#plant(`${file}.settings.${name}`),
      ]),
    );
  }

  #plant(place: string): string {
    const secret = `s3cret-${randomBytes(8).toString('hex')}`;
    this.all.set(secret, place);
    return secret;
  }
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
