// `sdk/js/jackfield/fetch.js` in Node, over a host that is made up.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const [IMPORT, HOST] = [/^import \{ sendMany \} from .*$/m, 'const { sendMany } = globalThis;'];

/** How many requests the host was given at once, and how many of them it should have under way. */
const batches = [];

globalThis.sendMany = (requests, concurrency) => {
  batches.push([requests.length, concurrency]);
  return requests.map(({ method, url, headers, body }) => {
    if (url.endsWith('/refused')) {
      return { tag: 'err', val: { code: 'forbidden', message: 'it is not granted' } };
    }
    assert.ok(!headers.some(({ name }) => name === 'content-length'));
    const said = `${method} ${body ? new TextDecoder().decode(body) : 'nothing'}`;
    const told = [{ name: 'x-strange', value: '\ufffd' }, { name: 'x-plain', value: 'é' }];
    const status = url.endsWith('/empty') ? 204 : 200;
    return { tag: 'ok', val: { status, headers: told, body: new TextEncoder().encode(said), ext: [] } };
  });
};

const source = await readFile(new URL('../../sdk/js/jackfield/fetch.js', import.meta.url), 'utf8');
assert.match(source, IMPORT);
await import(`data:text/javascript,${encodeURIComponent(source.replace(IMPORT, HOST))}`);

test('what is begun together is sent together, and each has its own answer', async () => {
  batches.length = 0;
  const [read, wrote, empty, refused] = await Promise.all([
    fetch('https://a.example/1'),
    fetch('https://a.example/2', { method: 'POST', body: 'hey' }),
    fetch('https://a.example/empty'),
    fetch('https://a.example/refused').catch((error) => error),
  ]);
  assert.deepEqual(batches, [[4, 4]]);
  assert.equal(await read.text(), 'GET nothing');
  assert.equal(await wrote.text(), 'POST hey');
  assert.equal(empty.status, 204);
  assert.equal(refused.payload.code, 'forbidden');
  assert.deepEqual([...read.headers], [['x-plain', 'é']]);
});

test('one after the other is sent so, and never more than the contract takes', async () => {
  batches.length = 0;
  await fetch('https://a.example/1');
  await fetch('https://a.example/2');
  await Promise.all(Array.from({ length: 150 }, () => fetch('https://a.example/3')));
  assert.deepEqual(batches, [[1, 1], [1, 1], [100, 8], [50, 8]]);
});

test('what cannot be asked keeps nothing else back', async () => {
  const ended = await Promise.allSettled([fetch('https://a.example/1'), fetch('::')]);
  assert.deepEqual(ended.map(({ status }) => status), ['fulfilled', 'rejected']);
});
