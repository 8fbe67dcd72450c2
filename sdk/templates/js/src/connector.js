// What the host calls: one object for each role of `wit/world.wit`.
import '../jackfield/fetch.js';
import * as acme from './acme.js';

/** @type {import('../jackfield/contract.js').Webhooks} */
export const webhooks = { parse: acme.parse };

/** @type {import('../jackfield/contract.js').Actions} */
export const actions = {
  invoke: acme.invoke,
  // Asked only for `idempotency = { kind = "search-first" }`, which no action here has.
  recall: () => undefined,
};

/** @type {import('../jackfield/contract.js').Account} */
export const account = { check: acme.check, tenants: () => [] };
