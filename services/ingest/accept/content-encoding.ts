/** What leaves the bytes as they are: nothing, or a charset that some clients put there (kombu, Spring AMQP). */
const PLAIN = /^(identity|utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|7bit|8bit|binary)?$/i;
/** Spring's post-processors write `gzip:UTF-8`. */
const SEPARATOR = /[,:]/;
const MAX_NAME_CHARACTERS = 40;

/** What to say of a body whose encoding is not taken; nothing is decompressed here, so that no small body becomes a large one. */
export function encodingProblem(contentEncoding: unknown): string | undefined {
  if (typeof contentEncoding !== 'string') return undefined;
  const encoding = contentEncoding.split(SEPARATOR).find((name) => !PLAIN.test(name.trim()));
  if (encoding === undefined) return undefined;
  const name = JSON.stringify(encoding.trim().slice(0, MAX_NAME_CHARACTERS));
  return `the content encoding ${name} is not taken here: send the JSON as it is, uncompressed`;
}
