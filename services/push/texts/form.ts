/** What a phone shows, in one language. A placeholder stands in braces. */
export interface Texts {
  /** Titles. */
  readonly created: string;
  readonly updated: string;
  readonly cancelled: string;
  /** Several appointments at once; `{count}` is two at least. */
  readonly several: string;
  /** Below the title, by what is known: `{service}`, `{time}`, `{person}`. */
  readonly when: string;
  readonly what: string;
  readonly whatWhen: string;
  readonly whoWhatWhen: string;
  readonly whoWhen: string;
  /** Below the title where nothing is to be said. */
  readonly open: string;
  /** The title, and what stands below it, where an operator looks whether a phone is reached. */
  readonly test: string;
  readonly tested: string;
}

export type TextName = keyof Texts;

/** What may, and so must, stand in each. */
export const placeholders = {
  created: [],
  updated: [],
  cancelled: [],
  several: ['count'],
  when: ['time'],
  what: ['service'],
  whatWhen: ['service', 'time'],
  whoWhatWhen: ['person', 'service', 'time'],
  whoWhen: ['person', 'time'],
  open: [],
  test: [],
  tested: [],
} as const satisfies Readonly<Record<TextName, readonly string[]>>;
