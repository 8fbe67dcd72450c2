// Problems: why something could not be done. Pure, so that it runs in plain Node too.

/** @typedef {import('./contract.js').Problem} Problem */

/**
 * A problem to throw. The host decides from `code` what happens next: `invalid`, `unauthorized`,
 * `forbidden`, `not-found`, `conflict`, `rate-limited`, `unavailable` or `rejected`.
 * @param {string} code
 * @param {string} message one line for the operator, in lower case, without credentials
 * @param {{ retryAfterMs?: number, details?: unknown }} [more]
 * @returns {Error & { payload: Problem }}
 */
export function problem(code, message, more = {}) {
  const payload = {
    code,
    message,
    retryAfterMs: more.retryAfterMs === undefined ? undefined : BigInt(more.retryAfterMs),
    details: more.details === undefined ? undefined : JSON.stringify(more.details),
  };
  return Object.assign(new Error(`${code}: ${message}`), { payload });
}

/** What the host does after each status that is no success. */
const CODES = new Map([
  [400, 'invalid'], [401, 'unauthorized'], [403, 'unauthorized'], [404, 'not-found'],
  [409, 'conflict'], [422, 'rejected'], [429, 'rate-limited'],
]);

/**
 * The JSON of an answer, or the problem that its status means.
 * @param {Response} response
 * @returns {Promise<any>}
 */
export async function expectJson(response) {
  const text = await response.text();
  if (!response.ok) {
    const code = CODES.get(response.status) ?? (response.status >= 500 ? 'unavailable' : 'rejected');
    throw problem(code, `the system answered ${response.status}`, { details: text.slice(0, 500) });
  }
  return parsed(text, 'unavailable');
}

/**
 * JSON text as a value.
 * @param {string} text
 * @param {string} code of the problem if it is none
 * @returns {any}
 */
export function parsed(text, code = 'invalid') {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw problem(code, `not JSON: ${error.message}`);
  }
}
