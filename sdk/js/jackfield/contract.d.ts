// The contract as TypeScript sees it. `wit/deps/jackfield` documents each item.

/** One HTTP header. */
export interface Header { name: string; value: string }
/** Names and values that later versions of the contract add. */
export type Ext = [string, string][];

/** One webhook request as it arrived; verified by the host, and on disk. */
export interface Delivery {
  id: string;
  receivedAtMs: bigint;
  method: string;
  path: string;
  query: string;
  headers: Header[];
  body: Uint8Array;
  ext: Ext;
}

/** What a delivery means. `key` names the change: the same change gives the same key. */
export interface Event {
  kind: string;
  key: string;
  /** JSON text. */
  record: string;
  occurredAtMs?: bigint;
  ext: Ext;
}

/** One call of an action; `input` is JSON text. */
export interface Call { action: string; input: string; ext: Ext }

/** Why something could not be done. */
export interface Problem { code: string; message: string; retryAfterMs?: bigint; details?: string }

/** One of several organisations that a credential opens. */
export interface Tenant { id: string; label: string }

/** Understands webhooks. */
export interface Webhooks { parse(delivery: Delivery): Event[] | Promise<Event[]> }
/** Does things at its system; both answer JSON text. */
export interface Actions {
  invoke(call: Call): string | Promise<string>;
  recall(call: Call): string | undefined | Promise<string | undefined>;
}
/** Tells whose account it is connected to. */
export interface Account {
  check(): string | Promise<string>;
  tenants(): Tenant[] | Promise<Tenant[]>;
}

declare module 'jackfield:connector/context@0.1.0' {
  /** An object with a string for each `[[param]]`, as JSON text. */
  export function settings(): string;
  export function nowMs(): bigint;
  export function attempt(): number;
  export function idempotencyKey(): string | undefined;
}

declare module 'jackfield:connector/http@0.1.0' {
  /** Why the last `fetch` of this call that failed did so. */
  export function failure(): Problem | undefined;
}

declare module 'jackfield:connector/log@0.1.0' {
  export type Level = 'debug' | 'info' | 'warn' | 'error';
  export function write(level: Level, message: string, fields: [string, string][]): void;
}

declare module 'jackfield:connector/storage@0.1.0' {
  export function get(key: string): Uint8Array | undefined;
  export function set(key: string, value: Uint8Array): void;
  export function swap(key: string, expected?: Uint8Array, next?: Uint8Array): boolean;
  export function increment(key: string, by: bigint): bigint;
  export function keys(prefix: string, after?: string): string[];
}

declare module 'jackfield:connector/secrets@0.1.0' {
  export function has(name: string): boolean;
  export function mac(name: string, algorithm: string, data: Uint8Array): Uint8Array;
  export function matches(name: string, candidate: Uint8Array): boolean;
}
