// Acme: its webhooks, its actions, its account. Nothing here needs the host, so `npm test` runs it.
import type { Call, Delivery, Event } from '../jackfield/contract.js';
import { expectJson, parsed, problem } from '../jackfield/problem.js';
import { decimal, timeMs } from '../jackfield/values.js';

const API = 'https://api.acme.example/v1';

/** What a webhook may say. Nobody vouches for it: each member is looked at before it is used. */
interface Notice {
  type?: unknown;
  at?: unknown;
  order?: { id?: unknown; total?: unknown; currency?: unknown } | null;
}

/** A paid order is one event; whatever else the system tells of is none. */
export function parse(delivery: Delivery): Event[] {
  const notice: Notice | null = parsed(delivery.body);
  if (typeof notice?.type !== 'string') {
    throw problem('invalid', 'the webhook has no `type`');
  }
  if (notice.type !== 'order.paid') {
    return [];
  }
  const { id, total, currency } = notice.order ?? {};
  const amount = decimal(total);
  if (typeof id !== 'string' || typeof currency !== 'string' || amount === undefined) {
    throw problem('invalid', 'the order has no `id`, `total` or `currency`');
  }
  return [{
    kind: 'order.paid',
    // The same change has the same key, however often it is told.
    key: `order:${id}:paid`,
    record: JSON.stringify({ id, total: amount, currency }),
    occurredAtMs: timeMs(notice.at),
    ext: [],
  }];
}

/** Writes a receipt. The host attaches the token and the idempotency key. */
export async function invoke({ action, input }: Call): Promise<string> {
  if (action !== 'receipt.create') {
    throw problem('invalid', `there is no action \`${action}\``);
  }
  const receipt = await expectJson(await fetch(`${API}/receipts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: input,
  }));
  return JSON.stringify({ id: told(receipt, 'id') });
}

/** The account's own name. */
export async function check(): Promise<string> {
  return told(await expectJson(await fetch(`${API}/me`)), 'name');
}

/** A text that an answer must have; without it, whether all went well is not known. */
function told(answer: Record<string, unknown> | null, name: string): string {
  const value = answer?.[name];
  if (typeof value !== 'string') {
    throw problem('unavailable', `the system's answer has no \`${name}\``);
  }
  return value;
}
