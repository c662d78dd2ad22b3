/** What the demo's server answers; it is of one version with this page. */
export interface Booking {
  readonly id: number;
  readonly customer: string;
  readonly start: string;
  readonly end: string;
}
export interface Overview {
  readonly provider: number;
  /** Events from before are of an earlier run of the demo. */
  readonly since: string;
  /** Whether a phone that is closed is woken. */
  readonly push: boolean;
  readonly bookings: readonly Booking[];
}
export interface Rung {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
}
export type Change =
  | { readonly do: 'book'; readonly customer: string; readonly start: string; readonly minutes: number }
  | { readonly do: 'move'; readonly id: number; readonly start: string }
  | { readonly do: 'cancel'; readonly id: number };

export const readBookings = (): Promise<Overview> => ask('/demo/bookings');
export const sendChange = (change: Change): Promise<{ booking: Booking }> => ask('/demo/bookings', change);
export const fetchToken = async (): Promise<string> =>
  (await ask<{ token: string }>('/demo/token', {})).token;
export const setLink = (link: string, cut: boolean): Promise<unknown> => ask('/demo/link', { link, cut });
export const closePhone = (phone: string, closed: boolean): Promise<unknown> =>
  ask('/demo/phone', { phone, closed });
export const readRung = async (phone: string): Promise<readonly Rung[]> =>
  (await ask<{ rung: readonly Rung[] }>(`/demo/phone?phone=${phone}`)).rung;
export const restartDelivery = (): Promise<unknown> => ask('/demo/restart', {});

/** Rejects with the server's own words. */
async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const response = await fetch(
    path,
    body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  );
  const answer = (await response.json()) as Answer & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
  return answer;
}
