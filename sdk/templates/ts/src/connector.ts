// What the host calls: one object for each role of `wit/world.wit`.
import '../jackfield/fetch.js';
import type { Account, Actions, Webhooks } from '../jackfield/contract.js';
import * as acme from './acme.js';

export const webhooks: Webhooks = { parse: acme.parse };

export const actions: Actions = {
  invoke: acme.invoke,
  // Asked only for `idempotency = { kind = "search-first" }`, which no action here has.
  recall: () => undefined,
};

export const account: Account = { check: acme.check, tenants: () => [] };
