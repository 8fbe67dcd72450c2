// Acme: its webhooks, its actions, its account. Nothing here needs the host, so `npm test` runs it.
import { expectJson, parsed, problem } from '../jackfield/problem.js';

const API = 'https://api.acme.example/v1';

/**
 * A paid order is one event; what is of no interest is none.
 * @param {import('../jackfield/contract.js').Delivery} delivery
 */
export function parse(delivery) {
  const body = parsed(new TextDecoder().decode(delivery.body));
  if (body.type !== 'order.paid') {
    return [];
  }
  const { id, total, currency } = body.order ?? {};
  if (typeof id !== 'string') {
    throw problem('invalid', 'the order has no `id`');
  }
  // Money is text, never a number.
  const record = JSON.stringify({ id, total: String(total), currency });
  return [{ kind: 'order.paid', key: `order:${id}:paid`, record, ext: [] }];
}

/**
 * Writes a receipt. The host attaches the token and the idempotency key.
 * @param {import('../jackfield/contract.js').Call} call
 */
export async function invoke({ action, input }) {
  if (action !== 'receipt.create') {
    throw problem('invalid', `there is no action \`${action}\``);
  }
  const response = await fetch(`${API}/receipts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: input,
  });
  const receipt = await expectJson(response);
  return JSON.stringify({ id: receipt.id });
}

/** The account's own name. */
export async function check() {
  const me = await expectJson(await fetch(`${API}/me`));
  return me.name;
}
