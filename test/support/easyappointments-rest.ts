import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const API_TOKEN = 'api-token-for-tests-only';

export type Row = Readonly<Record<string, unknown>>;
export type Resource =
  | 'providers'
  | 'secretaries'
  | 'customers'
  | 'services'
  | 'appointments'
  | 'unavailabilities'
  | 'blocked_periods';

export interface RestRequest {
  /** Below the API's own. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Answers instead of the application. */
export type Interference = (request: RestRequest, response: ServerResponse) => boolean;

const folder = new URL('../fixtures/easyappointments-rest/', import.meta.url);
const FOLDER = '/booking';
const API = `${FOLDER}/index.php/api/v1/`;
const DEFAULT_LENGTH = 20;

/** A row as the REST API of Easy!Appointments 1.6.0 sent it, captured; changed in some fields if asked. */
export function resource(name: string, changes: Row = {}): Row {
  return { ...(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Row), ...changes };
}

/** An appointment of an hour, from `start` on, such as `2026-12-03 10:00:00`. */
export function booking(id: number, start = '2026-12-03 10:00:00', changes: Row = {}): Row {
  return resource('appointment', { id, start, end: start.replace(/:\d\d$/, ':59'), ...changes });
}

/** Two hours, from `start` on, in which a provider is away. */
export function absence(id: number, start = '2026-12-04 13:00:00', changes: Row = {}): Row {
  return resource('unavailability', { id, start, end: start.replace(/:\d\d$/, ':59'), ...changes });
}

/** The REST API of Easy!Appointments 1.6.0 as far as we ask it, with rows that a test sets. */
export class FakeEasyAppointments {
  readonly rows: Record<Resource, Row[]> = {
    providers: [],
    secretaries: [],
    customers: [],
    services: [],
    appointments: [],
    unavailabilities: [],
    blocked_periods: [],
  };
  defaultZone: string | undefined;
  readonly requests: RestRequest[] = [];
  /** What happens before an answer; returns true when it has answered. */
  interfere: Interference = () => false;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeEasyAppointments> {
    const server = createServer();
    const site = new FakeEasyAppointments(server);
    server.on('request', (request: IncomingMessage, response) => site.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  /** As an operator would write it: the folder in which the application lives. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${FOLDER}`;
  }

  /** Deletes a row, as somebody does between two pages. */
  remove(kind: Resource, id: number): void {
    this.rows[kind] = this.rows[kind].filter((row) => row['id'] !== id);
  }

  asked(path: string): RestRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const path = pathname.slice(API.length);
    if (!pathname.startsWith(API)) {
      answer(response, 200, '<!doctype html><title>Book an appointment</title>');
      return;
    }
    const asked = { path, query: Object.fromEntries(searchParams) };
    this.requests.push(asked);
    if (this.interfere(asked, response)) return;
    if (request.headers.authorization !== `Bearer ${API_TOKEN}`) {
      response.setHeader('WWW-Authenticate', 'Basic realm="Easy!Appointments"');
      answer(response, 401, 'You are not authorized to use the API.');
      return;
    }
    this.#serve(asked, response);
  }

  #serve({ path, query }: RestRequest, response: ServerResponse): void {
    const [kind = '', id] = path.split('/');
    if (path === 'settings/default_timezone' && this.defaultZone !== undefined) {
      answerJson(response, resource('setting.default_timezone', { value: this.defaultZone }));
      return;
    }
    if (!Object.hasOwn(this.rows, kind)) {
      answer(response, 404, '<!doctype html><title>404 Page Not Found</title>');
      return;
    }
    const rows = this.rows[kind as Resource];
    if (id === undefined) {
      answerJson(response, pageOf(rows, query));
      return;
    }
    const row = rows.find((one) => String(one['id']) === id);
    if (row === undefined) answer(response, 404, '');
    else answerJson(response, row);
  }
}

export function answer(response: ServerResponse, status: number, body: string): true {
  response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8' }).end(body);
  return true;
}

export function answerJson(response: ServerResponse, body: unknown): true {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return true;
}

function pageOf(rows: readonly Row[], query: RestRequest['query']): Row[] {
  const { from = '', till = '9999-12-31', sort = '', fields } = query;
  const length = Number(query['length'] ?? DEFAULT_LENGTH);
  const offset = (Number(query['page'] ?? 1) - 1) * length;
  const found = rows.filter(
    ({ start, end }) => typeof start !== 'string' || (dayOf(start) >= from && dayOf(end) <= till),
  );
  const sign = { '+id': 1, '-id': -1 }[sort];
  if (sign !== undefined) found.sort((a, b) => sign * (Number(a['id']) - Number(b['id'])));
  return found.slice(offset, offset + length).map((row) => only(row, fields?.split(',')));
}

function only(row: Row, fields: readonly string[] | undefined): Row {
  if (fields === undefined) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)));
}

function dayOf(time: unknown): string {
  return String(time).slice(0, 10);
}
