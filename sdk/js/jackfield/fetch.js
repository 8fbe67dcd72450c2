// Has a failed `fetch` say why: the host's own problem goes along with the error, so that an
// error nobody catches ends the call with the right code (`forbidden`, `rate-limited`, …) and is
// tried again as that code says. Import it first; it exports nothing.
import { failure } from 'jackfield:connector/http@0.1.0';

const send = globalThis.fetch;

globalThis.fetch = async (resource, options) => {
  try {
    return await send(resource, options);
  } catch (error) {
    // What is thrown with a `payload` is the problem of a call.
    error.payload = failure() ?? {
      code: 'unavailable', message: `fetch failed: ${error.message}`, ext: [],
    };
    throw error;
  }
};
