// Problems: why something could not be done. Pure, so that it runs in plain Node too.
import { exact } from './values.js';

/** @typedef {import('./contract.js').Problem} Problem */

/** How much of a refusing body goes into a problem's details, in bytes. */
const DETAILS_BYTES = 4096;
/** Text that is not UTF-8 is refused, and not mended. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

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

/** What the host does after each status that is no success; every other is `rejected`. */
const CODES = new Map([
  [401, 'unauthorized'], [403, 'forbidden'], [404, 'not-found'], [410, 'not-found'],
  [409, 'conflict'], [412, 'conflict'], [429, 'rate-limited'],
  [408, 'unavailable'], [425, 'unavailable'],
]);

/**
 * The problem that an answer means which is no success.
 * @param {Response} response
 * @param {string} body
 */
function refusal({ status, headers }, body) {
  const code = CODES.get(status) ?? (status >= 500 ? 'unavailable' : 'rejected');
  const wait = headers.get('retry-after')?.trim() ?? '';
  const waits = code === 'rate-limited' || code === 'unavailable';
  return problem(code, `the system answered ${status}`, {
    retryAfterMs: waits && /^\d{1,9}$/.test(wait) ? Number(wait) * 1000 : undefined,
    details: { status, body },
  });
}

/**
 * The JSON of an answer, or the problem that its status means. What is not JSON is `unavailable`.
 * @param {Response} response
 * @returns {Promise<any>}
 */
export async function expectJson(response) {
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) {
    throw refusal(response, new TextDecoder().decode(body.subarray(0, DETAILS_BYTES)));
  }
  return parsed(body, 'unavailable');
}

/**
 * JSON as a value in which no digit was lost, as `exact` says.
 * @param {string | Uint8Array} json
 * @param {string} code of the problem if it is none
 * @returns {any}
 */
export function parsed(json, code = 'invalid') {
  try {
    return exact(typeof json === 'string' ? json : UTF8.decode(json));
  } catch (error) {
    throw problem(code, `not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
