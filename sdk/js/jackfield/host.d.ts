// What the host offers, as TypeScript sees it. `wit/deps/jackfield` documents each item.
// What fails throws an error whose `payload` is a `Problem`.

declare module 'jackfield:connector/context@0.1.0' {
  /** An object with a string for each `[[param]]`, as JSON text. */
  export function settings(): string;
  export function nowMs(): bigint;
  export function attempt(): number;
  export function idempotencyKey(): string | undefined;
}

declare module 'jackfield:connector/http@0.1.0' {
  type Header = import('./contract.js').Header;
  type Problem = import('./contract.js').Problem;
  type Ext = import('./contract.js').Ext;
  export interface Request {
    method: string; url: string; headers: Header[]; body?: Uint8Array; ext: Ext;
  }
  export interface Reply {
    status: number; headers: Header[]; body: Uint8Array<ArrayBuffer>; ext: Ext;
  }
  export type Sent = { tag: 'ok'; val: Reply } | { tag: 'err'; val: Problem };
  /** What `fetch` does, as the contract says it. */
  export function send(request: Request): Reply;
  export function sendMany(requests: Request[], concurrency: number): Sent[];
  /** Why the last `fetch` of this call that failed did so. */
  export function failure(): Problem | undefined;
}

declare module 'jackfield:connector/log@0.1.0' {
  export type Level = 'debug' | 'info' | 'warn' | 'error';
  export function write(level: Level, message: string, fields: [string, string][]): void;
}

declare module 'jackfield:connector/manifest@0.1.0' {
  /** A part of the manifest, as JSON text. */
  export function get(path: string[]): string | undefined;
}

declare module 'jackfield:connector/secrets@0.1.0' {
  export function has(name: string): boolean;
  export function mac(name: string, algorithm: string, data: Uint8Array): Uint8Array;
  export function matches(name: string, candidate: Uint8Array): boolean;
}

declare module 'jackfield:connector/storage@0.1.0' {
  export function get(key: string): Uint8Array | undefined;
  export function set(key: string, value: Uint8Array): void;
  export function swap(key: string, expected?: Uint8Array, next?: Uint8Array): boolean;
  export function increment(key: string, by: bigint): bigint;
  export function keys(prefix: string, after?: string): string[];
  function remove(key: string): void;
  export { remove as delete };
}
