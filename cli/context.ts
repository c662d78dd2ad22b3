/** One of the two outputs of a program. */
export interface Output {
  write(text: string): void;
  /** A terminal that shows colours, for somebody who wants them. */
  readonly hasColours: boolean;
}

/** What a command has of the machine that it runs on. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative file names begin. */
  readonly folder: string;
  readonly out: Output;
  /** What is for the person and not for a program that reads the output. */
  readonly err: Output;
  /** Everything on standard input; `undefined` where that is a terminal, at which nobody is about to type it. */
  readonly input: () => string | undefined;
  /** Asked by a command that goes on until then; Ctrl-C ends any other at once. */
  readonly interrupted: () => AbortSignal;
}
