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

/** A question for records that changed. */
export interface Query { entity: string; cursor?: string; limit: number; ext: Ext }
/** A page of them; each record is JSON text. */
export interface Page { records: string[]; cursor?: string; more: boolean; ext: Ext }

/** A webhook that is registered at the system. */
export interface Subscription { id: string; url: string; kinds: string[]; expiresAtMs?: bigint }

/** What a role answers, at once or later. */
export type Answer<T> = T | Promise<T>;

/** Understands webhooks. */
export interface Webhooks { parse(delivery: Delivery): Answer<Event[]> }
/** Does things at its system; both answer JSON text. */
export interface Actions {
  invoke(call: Call): Answer<string>;
  recall(call: Call): Answer<string | undefined>;
}
/** Reads records, each as JSON text. */
export interface Records {
  changes(query: Query): Answer<Page>;
  find(entity: string, keys: [string, string][]): Answer<string[]>;
}
/** Tells whose account it is connected to. */
export interface Account {
  check(): Answer<string>;
  tenants(): Answer<Tenant[]>;
}
/** Registers webhooks at its system by itself. */
export interface Subscriptions {
  ensure(url: string, kinds: string[]): Answer<Subscription[]>;
  listAll(url: string): Answer<Subscription[]>;
  remove(id: string): Answer<void>;
}
/** Judges signatures that the manifest has no words for. */
export interface Authenticator {
  authenticate(delivery: Delivery): Answer<'genuine' | 'forged'>;
}
