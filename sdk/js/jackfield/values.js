// Values from JSON without loss. Pure, so that it runs in plain Node too.

/** What matters in JSON: escapes, quotes, and numbers that JavaScript may round. */
const TOKENS = /\\.|"|-?\d+(?:\.\d+)?[eE][-+]?\d+|-?\d+\.\d+|-?\d{16,}/g;
/** The escape of half a character of more than 16 bits. */
const HALF = /\\u[dD][89a-fA-F]/;
/** An amount as the canonical records write it: 38 digits, and 28 behind the point. */
const DECIMAL = /^-?(?:0|[1-9]\d{0,37})(?:\.\d{1,28})?$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;

/**
 * JSON text as a value in which no digit was lost: a number with a fraction or with more than 15
 * digits is its text, as it was written. `JSON.parse` would round it.
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError} what is not JSON, or has half a character, which cannot be handed on
 */
export function exact(text) {
  const value = HALF.test(text) ? JSON.parse(text, whole) : JSON.parse(text);
  if (!/\d[.eE]|\d{16}/.test(text)) {
    return value;
  }
  let inText = false;
  return JSON.parse(text.replace(TOKENS, (token) => {
    inText = token === '"' ? !inText : inText;
    return inText || /[\\"]/.test(token) ? token : `"${token}"`;
  }));
}

/**
 * The value of a member, if both are texts that can be written.
 * @param {string} name
 * @param {unknown} value
 */
function whole(name, value) {
  if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('half a character');
  }
  return value;
}

/**
 * An amount of money, or a quantity, as decimal text; none if it is neither text nor number, or
 * has no such form.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function decimal(value) {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && DECIMAL.test(text) ? text : undefined;
}

/**
 * A time in the form of RFC 3339, in milliseconds since 1970; none if it is no such text.
 * @param {unknown} value
 * @returns {bigint | undefined}
 */
export function timeMs(value) {
  const ms = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : NaN;
  return ms >= 0 ? BigInt(ms) : undefined;
}
