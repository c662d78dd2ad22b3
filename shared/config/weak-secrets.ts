/** Words of example files; each is too long to come about in a random secret, or all of it. */
const PLACEHOLDERS = [
  /^(change[-_ ]?(me|this)|your[-_ ].*|.*placeholder.*|example|secret|password|api[-_ ]?key|todo|test|x+)$/i,
  /(change|replace)[-_ ]?(me|this)/i,
  /your.{0,40}(secret|token|here)/i,
  /your[-_ ].{0,40}key/i,
  /placeholder|example|(super|very|top|dev|test)[-_ ]?secret|secret[-_ ]?key/i,
  /openssl[-_ ]rand/i,
  /^<[\w -]+>$|^\$\{\w+(:[\w -]*)?\}$|^\$\([\w -]+\)$/,
  // The one that jwt.io fills in.
  /^a-string-secret-at-least-256-bits-long$/,
];

const MIN_DISTINCT = 6;
/** Of the steps from one character to the next, in a run such as 0123456789 or zyxw. */
const RUN_SHARE = 0.85;

/** Why a text is no secret; `undefined` for one that may be. What is random passes, in any alphabet of 16 or more. */
export function weaknessOf(secret: string): 'a placeholder' | 'too regular to be random' | undefined {
  if (PLACEHOLDERS.some((pattern) => pattern.test(secret))) return 'a placeholder';
  const distinct = new Set(secret).size;
  if (distinct < Math.min(MIN_DISTINCT, secret.length / 2)) return 'too regular to be random';
  return repeatsItself(secret) || isRun(secret) ? 'too regular to be random' : undefined;
}

/** One piece again and again; the last one may be cut short. */
function repeatsItself(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.slice(period) === text.slice(0, text.length - period)) return true;
  }
  return false;
}

function isRun(text: string): boolean {
  let steps = 0;
  for (let index = 1; index < text.length; index += 1) {
    if (Math.abs(text.charCodeAt(index) - text.charCodeAt(index - 1)) <= 1) steps += 1;
  }
  return text.length > 2 && steps >= (text.length - 1) * RUN_SHARE;
}
