/** What a connection begins with. */
export interface Opening {
  readonly token: string;
  readonly cursor: string | undefined;
  readonly rooms: readonly string[];
}

export interface LinkEvents {
  /** Something came; without a text it was only a sign of life. */
  frame(text?: string): void;
  /** Once, unless it was closed from here. */
  closed(code: number, reason: string): void;
}

export interface Link {
  send(frame: object): void;
  /** Nothing is heard of it from then on. */
  close(): void;
}

export type OpenLink = (opening: Opening, events: LinkEvents) => Link;
