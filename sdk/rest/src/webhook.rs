//! What a delivery means: its items, and which kinds of event each of them is.

use std::collections::BTreeMap;

use jackfield_sdk::{Delivery, Event, Level, Problem};
use jackfield_vocabulary::{self as vocabulary, Webhook};

use crate::{
    desk::{Desk, Named},
    json, read, record, reply,
};

/// The items of a delivery of which the manifest says nothing.
const ITEMS: &str = "if type == \"array\" then . else [.] end";
/// The longest key of an event, in bytes, as in the contract.
const KEY_BYTES_MAX: usize = 256;

/// An event whose record is still to be made.
struct Pending<'e> {
    kind: &'e str,
    says: &'e vocabulary::Event,
    key: String,
    at_ms: Option<u64>,
    from: From,
}

/// What a record is made of.
enum From {
    /// The record itself.
    Record(String),
    /// What the system says of it.
    Raw(String),
    /// Its id.
    Id(String),
}

/// The events of a delivery, in the order of its items.
pub(crate) fn parse(desk: &Desk<'_>, delivery: &Delivery) -> Result<Vec<Event>, Problem> {
    let webhook: Webhook = desk.block(&["webhook"])?.unwrap_or_default();
    let kinds: BTreeMap<String, vocabulary::Event> = desk.block(&["events"])?.unwrap_or_default();
    let body = reply::body(desk, delivery.header("content-type"), &delivery.body);
    let body = body.map_err(|why| Problem::invalid(format!("the delivery has {why}")))?;
    let about = about(delivery);
    let vars = [("delivery", about.as_str())];
    let items = desk.maybe("items` in `[webhook]", webhook.items.as_ref(), ITEMS, &body, &vars)?;
    let mut pending = Vec::new();
    for item in json::items(&items, "`items` in `[webhook]`")? {
        let before = pending.len();
        for (kind, says) in &kinds {
            pending.extend(meant(desk, kind, says, &item, &vars)?);
        }
        if pending.len() == before {
            desk.host.log(Level::Debug, "no event: the item is of none of the kinds", &[]);
        }
    }
    told(desk, pending)
}

/// `$delivery`: what is known of it beside its body.
fn about(delivery: &Delivery) -> String {
    let header = |header: &jackfield_sdk::Header| {
        (header.name.to_lowercase(), serde_json::Value::from(header.value.as_str()))
    };
    let headers: serde_json::Map<_, _> = delivery.headers.iter().map(header).collect();
    serde_json::json!({
        "id": delivery.id,
        "received_at_ms": delivery.received_at_ms,
        "method": delivery.method,
        "path": delivery.path,
        "query": delivery.query,
        "headers": headers,
    })
    .to_string()
}

/// The event of a kind that an item is, if it is one.
fn meant<'e>(
    desk: &Desk<'_>,
    kind: &'e str,
    says: &'e vocabulary::Event,
    item: &str,
    vars: &[(&'static str, &str)],
) -> Result<Option<Pending<'e>>, Problem> {
    let what = |member: &str| format!("{member}` in `[events.\"{kind}\"]");
    if let Some(when) = &says.when
        && !json::holds(&desk.value(&what("when"), when, item, vars)?)
    {
        return Ok(None);
    }
    let key = says.key.as_ref().ok_or_else(|| {
        Problem::invalid(format!("the event `{kind}` has no `key` in the manifest; add it"))
    })?;
    let key = json::some(&desk.value(&what("key"), key, item, vars)?).ok_or_else(|| {
        Problem::invalid(format!("the `key` of the event `{kind}` is empty for this delivery"))
    })?;
    let key = format!("{kind}:{key}");
    if key.len() > KEY_BYTES_MAX {
        let message =
            format!("the `key` of the event `{kind}` has more than {KEY_BYTES_MAX} bytes");
        return Err(Problem::invalid(message));
    }
    let at_ms = match &says.at {
        Some(at) => json::time_ms(&desk.value(&what("at"), at, item, vars)?),
        None => None,
    };
    let from = if let Some(record) = &says.record {
        let record = desk.value(&what("record"), record, item, vars)?;
        From::Record(desk.values(&what("record"), &["without_nulls"], &record, &[])?.remove(0))
    } else if let Some(get) = &says.get {
        let id = json::some(&desk.value(&what("get"), get, item, vars)?);
        From::Id(id.ok_or_else(|| {
            Problem::invalid(format!("`get` of the event `{kind}` gives no id for this delivery"))
        })?)
    } else {
        From::Raw(desk.maybe(&what("raw"), says.raw.as_ref(), ".", item, vars)?)
    };
    Ok(Some(Pending { kind, says, key, at_ms, from }))
}

/// The events with their records: each record is read once, and made once, also where several
/// events carry it.
fn told(desk: &Desk<'_>, pending: Vec<Pending<'_>>) -> Result<Vec<Event>, Problem> {
    let mut entities: BTreeMap<&str, Named> = BTreeMap::new();
    for one in &pending {
        if let (Some(name), From::Raw(_) | From::Id(_)) = (&one.says.entity, &one.from) {
            entities.insert(name, desk.entity(name)?);
        }
    }
    let entity = |one: &Pending<'_>| {
        let name = one.says.entity.as_deref().unwrap_or_default();
        entities.get(name).ok_or_else(|| {
            let kind = one.kind;
            Problem::invalid(format!(
                "the event `{kind}` has neither `record` nor `entity`; add one"
            ))
        })
    };
    let mut wanted: Vec<(&Named, &str)> = Vec::new();
    for one in &pending {
        if let From::Id(id) = &one.from {
            let asked = (entity(one)?, id.as_str());
            let same =
                |known: &&(&Named, &str)| (&known.0.name, known.1) == (&asked.0.name, asked.1);
            if !wanted.iter().any(|known| same(&known)) {
                wanted.push(asked);
            }
        }
    }
    let mut read = BTreeMap::new();
    for ((entity, id), raw) in wanted.iter().zip(read::raw_of_each(desk, &wanted)?) {
        let found = raw.map(|raw| record::canonical(desk, entity, raw)).transpose()?;
        read.insert((entity.name.as_str(), *id), found.map(|found| found.record));
    }
    let mut made: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut events = Vec::new();
    for one in &pending {
        let record = match &one.from {
            From::Record(record) => Some(record.clone()),
            From::Raw(raw) => {
                let entity = entity(one)?;
                let same = (entity.name.as_str(), raw.as_str());
                let record = match made.get(&same) {
                    Some(record) => record.clone(),
                    None => record::canonical(desk, entity, raw.clone())?.record,
                };
                made.insert(same, record.clone());
                Some(record)
            }
            From::Id(id) => {
                let name = entity(one)?.name.as_str();
                let found = read.get(&(name, id.as_str())).cloned().flatten();
                if found.is_none() {
                    let fields = [("event", one.kind), ("id", id.as_str())];
                    desk.host.log(Level::Warn, "left out: the system has it no more", &fields);
                }
                found
            }
        };
        let Some(record) = record.filter(|record| !json::is_null(record)) else { continue };
        let event = Event::new(one.kind, one.key.as_str()).value(json::value(&record)?);
        events.push(Event { occurred_at_ms: one.at_ms, ..event });
    }
    Ok(events)
}
