import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delivery, Problem } from '../jackfield/contract.js';
import { check, invoke, parse } from '../src/acme.js';

const PAID = `{"type": "order.paid", "at": "2026-01-15T09:30:00Z",
  "order": {"id": "7", "total": 1234567890123456.75, "currency": "EUR"}}`;

/** A delivery with this body. */
const delivery = (body: string): Delivery => ({
  id: 'test', receivedAtMs: 0n, method: 'POST', path: '', query: '', headers: [],
  body: new TextEncoder().encode(body), ext: [],
});

/** What is thrown with a problem. */
type Thrown = { payload: Problem };

/** Has the next `fetch` answer so, and hands back what it was asked. */
function answers(status: number, body: unknown, headers: Record<string, string> = {}) {
  const asked: { url: unknown; method?: string; body?: unknown }[] = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ url, method: options?.method, body: options?.body });
    return new Response(JSON.stringify(body), { status, headers });
  };
  return asked;
}

test('a paid order is one event with every digit of its total', () => {
  const [event] = parse(delivery(PAID));
  assert.equal(event?.key, 'order:7:paid');
  assert.equal(event?.occurredAtMs, 1768469400000n);
  assert.equal(JSON.parse(event?.record ?? '').total, '1234567890123456.75');
});

test('what is of no interest is no event', () => {
  assert.deepEqual(parse(delivery('{"type": "order.seen", "order": "7"}')), []);
});

test('what makes no sense is a problem', () => {
  for (const body of ['{"type": "order.paid", "order": {}}', '{"type": "order.paid"}', 'null', '{']) {
    assert.throws(() => parse(delivery(body)), (error: Thrown) => error.payload.code === 'invalid');
  }
});

test('a receipt is one request', async () => {
  const asked = answers(201, { id: 'r1' });
  const call = { action: 'receipt.create', input: '{"order":"7"}', ext: [] };
  assert.equal(await invoke(call), '{"id":"r1"}');
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.method, 'POST');
  assert.equal(asked[0]?.body, '{"order":"7"}');
});

test('a refusal has its code and its wait', async () => {
  answers(429, {}, { 'retry-after': '3' });
  await assert.rejects(check(), ({ payload }: Thrown) => (
    payload.code === 'rate-limited' && payload.retryAfterMs === 3000n
  ));
});
