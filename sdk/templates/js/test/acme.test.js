import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, invoke, parse } from '../src/acme.js';

/** A delivery with this body. */
const delivery = (body) => ({ body: new TextEncoder().encode(JSON.stringify(body)) });

/** Has the next `fetch` answer so, and hands back what it was asked. */
function answers(status, body) {
  const asked = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ url, ...options });
    return new Response(JSON.stringify(body), { status });
  };
  return asked;
}

test('a paid order is one event', () => {
  const [event] = parse(delivery({ type: 'order.paid', order: { id: '7', total: '10.50' } }));
  assert.equal(event.key, 'order:7:paid');
  assert.equal(JSON.parse(event.record).total, '10.50');
});

test('what is of no interest is no event', () => {
  assert.deepEqual(parse(delivery({ type: 'order.viewed' })), []);
});

test('an order without a name is a problem', () => {
  const nameless = delivery({ type: 'order.paid', order: {} });
  assert.throws(() => parse(nameless), (error) => error.payload.code === 'invalid');
});

test('a receipt is one request', async () => {
  const asked = answers(201, { id: 'r1' });
  assert.equal(await invoke({ action: 'receipt.create', input: '{"order":"7"}' }), '{"id":"r1"}');
  assert.equal(asked[0].method, 'POST');
  assert.equal(asked[0].body, '{"order":"7"}');
});

test('a refusal has its code', async () => {
  answers(429, {});
  await assert.rejects(check(), (error) => error.payload.code === 'rate-limited');
});
