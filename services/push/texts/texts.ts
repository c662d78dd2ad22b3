import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import type { placeholders, TextName, Texts } from './form.ts';
import { fr } from './fr.ts';
import { pt } from './pt.ts';

export const languages = { en, de, es, fr, pt } as const satisfies Readonly<Record<string, Texts>>;
export type Language = keyof typeof languages;

const known = Object.keys(languages) as readonly Language[];

/** Of what a phone says, such as de-AT or pt_BR; English for all that we do not speak. */
export function languageOf(tag: string | undefined): Language {
  const primary = tag?.split(/[-_]/)[0]?.toLowerCase();
  return known.find((language) => language === primary) ?? 'en';
}

type Values<Name extends TextName> = Readonly<Record<(typeof placeholders)[Name][number], string>>;

export function textIn<Name extends TextName>(language: Language, name: Name, values: Values<Name>): string {
  const given: Readonly<Record<string, string>> = values;
  return languages[language][name].replace(/\{(\w+)\}/g, (_, key: string) => given[key] ?? '');
}
