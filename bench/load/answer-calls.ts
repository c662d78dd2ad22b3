/** A call of the benchmark to one of its processes, and what comes back. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: object;
}
export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly problem?: string;
}

/** In a process that `Worker` started: answers its calls until it is gone. */
export function answerCalls(calls: object): void {
  const functions = calls as Readonly<Record<string, (argument: object) => Promise<unknown>>>;
  process.on('message', ({ id, name, argument }: Call) => {
    const send = (answer: Answer) => void process.send?.(answer);
    Promise.resolve(functions[name]?.(argument)).then(
      (result) => send({ id, result }),
      (error: unknown) => send({ id, problem: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
