//! The properties by their names, in the order in which they are told.
//!
//! A name stays what it is: scripts and people's minds hang on it.

/// A property: its name, what must hold, and why it is skipped where nothing tries it.
pub(super) type Row = (&'static str, &'static str, &'static str);

const NO_SIGNED: &str = "no fixture has a delivery with `secrets`";
const NOT_IN_SCHEME: &str =
    "the scheme of `[webhook.verify]` has no such thing, or no fixture is signed";
const NO_HANDSHAKE: &str = "no handshake in the manifest that is asked without a signature";
const NO_DELIVERY: &str = "no fixture has a delivery that means something";
const NO_REPLY: &str = "no fixture has a reply of JSON";
const NO_EXCHANGE: &str = "no fixture sends a request";
const NO_ACTION: &str = "no fixture does an action";
const NO_WRITE: &str = "no fixture does an action that changes something";
const NO_RECORD: &str = "no fixture gives a canonical record";
const NO_LIST: &str = "no fixture reads changes";
const NO_ROLE: &str = "no role with a contract";
const NO_FIND: &str = "no fixture finds records";
const NO_SPEC: &str = "no description of what is asked for; `--spec FILE` names one";

/// All of them.
pub(super) const PROPERTIES: [Row; 111] = [
    ("signature.good", "a delivery that the vendor signed is believed", NO_SIGNED),
    ("signature.method", "one by a method that carries no deliveries is refused", NO_SIGNED),
    ("signature.no-secret", "without the secret it waits, and nothing is run", NOT_IN_SCHEME),
    ("signature.other-secret", "signed with another secret it is refused", NOT_IN_SCHEME),
    (
        "signature.rotated-secret",
        "signed with the secret before, it is believed while that counts",
        NOT_IN_SCHEME,
    ),
    ("signature.missing", "without its signature it is refused", NOT_IN_SCHEME),
    ("signature.empty", "with an empty signature it is refused", NOT_IN_SCHEME),
    ("signature.twice", "with its signature twice it is refused", NOT_IN_SCHEME),
    ("signature.bit", "with any bit of its signature flipped it is refused", NOT_IN_SCHEME),
    ("signature.body-bit", "with any bit of its body flipped it is refused", NOT_IN_SCHEME),
    ("signature.body-longer", "with a longer body it is refused", NOT_IN_SCHEME),
    ("signature.reserialised", "with its JSON written again it is refused", NOT_IN_SCHEME),
    ("signature.stale", "after its time it is refused", NOT_IN_SCHEME),
    ("signature.from-the-future", "before its time it is refused", NOT_IN_SCHEME),
    ("handshake.answered", "each handshake is answered as the manifest says", NO_HANDSHAKE),
    ("handshake.empty", "an empty challenge is not answered", NO_HANDSHAKE),
    ("handshake.long", "a challenge of 100 KB is not answered", NO_HANDSHAKE),
    ("delivery.twice", "the same delivery means the same again", NO_DELIVERY),
    ("delivery.later", "sent again after days, it has the same keys", NO_DELIVERY),
    ("delivery.crash", "parsed again after a crash, it has the same keys", NO_EXCHANGE),
    ("delivery.reads-only", "parsing changes nothing at the system", NO_DELIVERY),
    (
        "delivery.vendors-id",
        "the vendor's own id is where `delivery_id` says",
        "no `delivery_id` in the manifest",
    ),
    ("delivery.secret-unseen", "the connector is not shown the secret", NO_SIGNED),
    ("delivery.unknown-members", "members that nobody knows change nothing", NO_DELIVERY),
    ("delivery.member-order", "the order of members changes nothing", NO_DELIVERY),
    ("delivery.disorder", "items in the other order have the same keys", NO_DELIVERY),
    ("delivery.duplicates", "items that are there twice have no new keys", NO_DELIVERY),
    ("delivery.truncated", "half a body is no event", NO_DELIVERY),
    ("delivery.empty", "an empty body is no event", NO_DELIVERY),
    ("delivery.html", "a page of HTML is no event", NO_DELIVERY),
    ("delivery.null", "a body that is null is no event", NO_DELIVERY),
    ("delivery.nothing-known", "what nobody knows is no event", NO_DELIVERY),
    ("delivery.large", "a body of 8 MiB breaks nothing", NO_DELIVERY),
    ("delivery.wrong-types", "values of another type break nothing", NO_DELIVERY),
    ("delivery.nulls", "nulls break nothing", NO_DELIVERY),
    ("delivery.unicode", "any text breaks nothing, and keys stay in their bounds", NO_DELIVERY),
    ("event.declared", "each event is of a kind in `[events]`", NO_DELIVERY),
    ("event.key", "each key has 1 to 256 bytes", NO_DELIVERY),
    ("event.keys-differ", "two changes that differ have two keys", NO_DELIVERY),
    ("event.time", "events happen in this century", NO_DELIVERY),
    ("record.schema", "each record is valid against its canonical schema", NO_RECORD),
    ("record.money", "no number in a record is a float", NO_RECORD),
    ("record.times", "each instant in a record is in UTC", NO_RECORD),
    ("record.id", "each id is a text that says something", NO_RECORD),
    ("record.texts", "no text is `null` or `undefined`", NO_RECORD),
    ("input.schema", "the fixtures' inputs are valid", "no fixture does an action with a schema"),
    ("input.unicode", "any text in an input breaks nothing", NO_ACTION),
    ("input.injection", "no text in an input breaks out of a path, a query or a header", NO_ACTION),
    (
        "output.schema",
        "each output is valid against the action's schema",
        "no fixture does an action with a schema of its output",
    ),
    ("role.actions", "it can do what its role promises, in canonical records", NO_ROLE),
    ("role.plain-input", "and each with nothing that one vendor alone understands", NO_ROLE),
    (
        "role.events",
        "it tells of what its role promises",
        "no role with a contract that has events",
    ),
    (
        "action.reads-only",
        "an action that mutates nothing sends nothing that does",
        "no fixture does an action with `mutates = false`",
    ),
    ("action.same-requests", "the same intention sends the same, byte for byte", NO_WRITE),
    (
        "action.key-header",
        "each write carries the intention's key in the promised header",
        "no action in a fixture has a key in a header",
    ),
    (
        "action.key-field",
        "each write carries the intention's key",
        "no action in a fixture has a key in a field",
    ),
    (
        "action.other-key",
        "another intention sends another key",
        "no action in a fixture has a key in a field",
    ),
    (
        "action.looks-first",
        "what promises to search searches before it writes",
        "no action in a fixture searches first",
    ),
    (
        "action.recall",
        "recall answers whether it happened",
        "no action in a fixture searches first",
    ),
    ("action.recall-reads-only", "recall changes nothing", "no action in a fixture searches first"),
    (
        "action.recall-doubt",
        "a recall that failed is not taken for `it did not happen`",
        "no action in a fixture searches first",
    ),
    (
        "action.failed-lookup",
        "after a lookup that failed nothing is written",
        "no action in a fixture looks before it writes",
    ),
    (
        "action.no-blind-retry",
        "a write with an unknown outcome is not sent again in the same call",
        NO_WRITE,
    ),
    (
        "action.unknown-outcome",
        "a write with an unknown outcome is told as `unavailable`",
        NO_WRITE,
    ),
    (
        "action.crash",
        "after a crash between any two calls of the host the next try writes the same",
        NO_WRITE,
    ),
    ("reply.401", "a refused credential is `unauthorized`", NO_EXCHANGE),
    ("reply.403", "a refused right is `forbidden`", NO_EXCHANGE),
    ("reply.400", "a refused request is a person's to mend", NO_EXCHANGE),
    ("reply.409", "a conflict is a problem", NO_EXCHANGE),
    ("reply.429", "too many requests are `rate-limited`", NO_EXCHANGE),
    ("reply.429-wait", "with the wait that the system asks for", NO_EXCHANGE),
    ("reply.500", "a failure of the system is `unavailable`", NO_EXCHANGE),
    ("reply.502-html", "one in HTML too", NO_EXCHANGE),
    ("reply.503-wait", "with the wait that the system asks for", NO_EXCHANGE),
    ("reply.504", "a gateway without an answer is `unavailable`", NO_EXCHANGE),
    ("reply.302", "a redirect is a problem: none is followed", NO_EXCHANGE),
    ("reply.timeout", "no answer in time is `unavailable`", NO_EXCHANGE),
    ("reply.reset", "a broken connection is `unavailable`", NO_EXCHANGE),
    ("reply.refused", "no connection is `unavailable`", NO_EXCHANGE),
    ("reply.cut-off", "half a body is `unavailable`, and never half an answer", NO_EXCHANGE),
    ("reply.truncated", "half of the JSON is `unavailable`", NO_REPLY),
    ("reply.html", "a page of HTML is `unavailable`", NO_EXCHANGE),
    ("reply.binary", "bytes that are no text are a problem", NO_EXCHANGE),
    ("reply.empty", "an empty body breaks nothing", NO_EXCHANGE),
    ("reply.null", "null in the place of an object breaks nothing", NO_REPLY),
    ("reply.list", "a list in the place of an object breaks nothing", NO_REPLY),
    ("reply.text", "a text in the place of an object breaks nothing", NO_REPLY),
    ("reply.deep", "lists in lists a hundred deep break nothing", NO_EXCHANGE),
    ("reply.unknown-members", "members that nobody knows change nothing", NO_REPLY),
    ("reply.member-order", "the order of members changes nothing", NO_REPLY),
    ("reply.spaces", "spaces in JSON change nothing", NO_REPLY),
    ("reply.header-case", "how a header is written changes nothing", NO_REPLY),
    ("reply.10mb", "a reply of 10 MiB breaks nothing", NO_REPLY),
    ("reply.wrong-types", "values of another type break nothing", NO_REPLY),
    ("reply.nulls", "nulls break nothing", NO_REPLY),
    ("reply.unicode", "any text breaks nothing", NO_REPLY),
    ("reply.dates", "a time that a clock leaps over breaks nothing", NO_REPLY),
    ("reply.long-numbers", "long numbers keep their digits", NO_REPLY),
    ("list.same", "the same list is walked the same way", NO_LIST),
    ("list.reads-only", "reading changes nothing", NO_LIST),
    ("list.cursor", "where there is more, a cursor says where", NO_LIST),
    ("list.pages-differ", "each page is another request", NO_LIST),
    ("list.empty-page", "an empty page is no failure", NO_LIST),
    (
        "list.repeats",
        "records that come twice, since data changes underneath, are no failure",
        NO_LIST,
    ),
    (
        "list.same-page-for-ever",
        "a system that gives one page for ever is not followed for ever",
        NO_LIST,
    ),
    ("list.401-in-the-middle", "a refusal in the middle is a problem, not the end", NO_LIST),
    ("list.resumed", "a walk that goes on from its cursor loses nothing", NO_LIST),
    ("find.failure", "a failure is not taken for `there is none`", NO_FIND),
    ("find.none", "nothing found is an empty list", NO_FIND),
    ("request.described", "each request is one that the vendor's description knows", NO_SPEC),
    (
        "reply.described",
        "each reply of the fixtures is one that the vendor's description knows",
        NO_SPEC,
    ),
];
