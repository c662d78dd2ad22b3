/**
 * What JSON can say and a client may not read as it was sent: numbers that a double does not hold, and halves of
 * surrogate pairs, which strict parsers refuse. All of it works on the text, so that `JSON.parse` stays the only
 * parser: another one would read repeated keys, `__proto__` or deep nesting in its own way.
 */

/** Up to 15 digits and two digits of exponent always survive. A text that matches may be harmless all the same. */
const SUSPICIOUS = /\d{16}|[\d.]{17}|\d[eE][+-]?\d{3}|\\u[dD]/;
const NUMBER = /-?\d[\d.eE+-]*/y;
const ESCAPES = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|[^u])/g;
const LONE_SURROGATE = /^\\u[dD][89a-fA-F][\da-fA-F]{2}$/;

/** 17 digits tell any two doubles apart; some languages print that many where fewer would do. */
const DOUBLE_DIGITS = 17;
/** It may be an integer of 64 bits, of which a client that reads those wants every digit. */
const WHOLE = /^-?\d+$/;
/** Longer than any double is written in full (767 digits); bounds the work for one. */
const MAX_NUMBER_CHARACTERS = 800;

/** Begins the string that stands for a number which does not survive. */
export const NUMBER_MARK = '\u0000number ';

export function mayNotSurvive(json: string): boolean {
  return SUSPICIOUS.test(json);
}

/** A JSON text whose numbers that do not survive are strings that begin with `NUMBER_MARK`. */
export function withNumbersMarked(json: string): string {
  return replaceNumbers(json, (source) => NUMBER_MARK + source);
}

/** A JSON text whose numbers that do not survive are strings of their digits, and halves of surrogate pairs U+FFFD. */
export function mended(json: string): string {
  const text = json.replace(ESCAPES, (escape) => (LONE_SURROGATE.test(escape) ? '\\ufffd' : escape));
  return replaceNumbers(text, (source) => source);
}

/** Whether the double that JSON becomes is written with the same digits again, or in as many as the sender used. */
function survives(source: string): boolean {
  if (!SUSPICIOUS.test(source)) return true;
  if (source.length > MAX_NUMBER_CHARACTERS) return false;
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  const sent = decimal(source);
  if (isSame(sent, decimal(String(value)))) return true;
  const count = sent.digits.length;
  return !WHOLE.test(source) && count <= DOUBLE_DIGITS && isSame(sent, decimal(value.toPrecision(count)));
}

interface Decimal {
  /** Without zeros at either end; empty for zero. */
  readonly digits: string;
  /** Of the last digit. */
  readonly exponent: number;
}

function decimal(source: string): Decimal {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { digits, exponent: 0 };
  return { digits, exponent: Number(exponent) - fraction.length + all.length - digits.length };
}

function isSame(one: Decimal, other: Decimal): boolean {
  return one.digits === other.digits && one.exponent === other.exponent;
}

/** Of a text that is JSON. */
function replaceNumbers(json: string, textFor: (source: string) => string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < json.length;) {
    const character = json.charAt(at);
    NUMBER.lastIndex = at;
    if (character === '"') at = behindString(json, at);
    else if (!NUMBER.test(json)) at += 1;
    else {
      const source = json.slice(at, NUMBER.lastIndex);
      if (!survives(source)) {
        parts.push(json.slice(copied, at), JSON.stringify(textFor(source)));
        copied = NUMBER.lastIndex;
      }
      at = NUMBER.lastIndex;
    }
  }
  return parts.join('') + json.slice(copied);
}

function behindString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
