// `fetch` on the way of the contract's own `http`. Import it first; it exports nothing.
//
// The engine's own `fetch` goes through streams of WASI and keeps handles until the call ends:
// after 2 MB of answers, or some 30 requests, there are none left. It also says less of a failure.
// This one has the host's problem as the `payload` of its error, so that an error nobody catches
// ends the call with the right code (`forbidden`, `rate-limited`, …) and is tried again as that
// code says. Requests that are begun together are under way together.
import { sendMany } from 'jackfield:connector/http@0.1.0';

/** The most requests that the contract takes at once, and the most that are under way. */
const [MANY_MAX, CONCURRENCY] = [100, 8];
/** Statuses whose answers have no body, which `Response` insists on. */
const EMPTY = [204, 205, 304];

/** @typedef {import('jackfield:connector/http@0.1.0').Request} Asked */
/** @typedef {import('jackfield:connector/http@0.1.0').Sent} Sent */

/** @type {{ asked: Asked, tell: (sent: Sent) => void, fail: (error: unknown) => void }[]} */
let waiting = [];
/** How many were begun and do not wait yet: their bodies are being read. */
let begun = 0;

/** Sends what waits. */
function flush() {
  for (let batch = waiting.splice(0, MANY_MAX); batch.length; batch = waiting.splice(0, MANY_MAX)) {
    try {
      const sent = sendMany(batch.map(({ asked }) => asked), Math.min(CONCURRENCY, batch.length));
      batch.forEach(({ tell }, at) => tell(/** @type {Sent} */ (sent[at])));
    } catch (error) {
      batch.forEach(({ fail }) => fail(error));
    }
  }
}

/**
 * A request as the contract has it.
 * @param {Request} request
 * @returns {Promise<Asked>}
 */
async function read(request) {
  // The length of a body is the host's to say.
  const named = [...request.headers].filter(([name]) => name !== 'content-length');
  const headers = named.map(([name, value]) => ({ name, value }));
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
  return { method: request.method, url: request.url, headers, body, ext: [] };
}

/** @type {typeof fetch} */
globalThis.fetch = async (resource, options) => {
  const request = new Request(resource, options);
  const sent = await new Promise((/** @type {(sent: Sent) => void} */ tell, fail) => {
    begun += 1;
    read(request).then((asked) => waiting.push({ asked, tell, fail }), fail).then(() => {
      begun -= 1;
      if (begun === 0) {
        flush();
      }
    });
  });
  if (sent.tag === 'err') {
    const { val: payload } = sent;
    throw Object.assign(new TypeError(`fetch failed: ${payload.message}`), { payload });
  }
  const { status, headers: given, body: bytes } = sent.val;
  const told = new Headers();
  for (const { name, value } of given) {
    // A header of JavaScript has no characters beyond these.
    if (/^[\0-\xff]*$/.test(value)) {
      told.append(name, value);
    }
  }
  return new Response(EMPTY.includes(status) ? null : bytes, { status, headers: told });
};
