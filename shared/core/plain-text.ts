/** What moves the cursor of a terminal, hides text or turns it round. */
const UNSAFE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** A text from elsewhere as one line that a terminal only shows: what it would obey is written as an escape. */
export function plainLine(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** As `plainLine`, with its line ends and tabs. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
