//! What a webhook of version 2.0 means. Promises that the same change gives the same keys on
//! every attempt, and that each time a deal is won, lost or changed gives new ones.

use jackfield_sdk::prelude::*;
use jackfield_sdk::rfc3339_ms;
use serde_json::value::RawValue;

use crate::payload::{Body, Deal, Meta, Previous};
use crate::{api, map};

/// The events of one delivery.
pub(crate) fn parse(host: &dyn Host, delivery: &Delivery) -> Result<Vec<Event>, Problem> {
    let body: Body = delivery.json()?;
    let version = body.meta.version.as_deref().unwrap_or("1.0");
    if !version.starts_with("2.") {
        let hint = "register it again with `version` 2.0";
        return Err(Problem::invalid(format!("a webhook of version {version}; {hint}")));
    }
    let Some(data) = deal_data(&body) else {
        let entity = body.meta.entity.as_deref().unwrap_or("");
        let action = body.meta.action.as_deref().unwrap_or("");
        let fields = [("entity", entity), ("action", action)];
        host.log(Level::Debug, "no event: not a deal that was added or changed", &fields);
        return Ok(Vec::new());
    };
    let deal: Deal = read(data, "data")?;
    let previous: Previous = match &body.previous {
        Some(previous) => read::<Option<Previous>>(previous, "previous")?.unwrap_or_default(),
        None => Previous::default(),
    };
    let (person, organisation) = api::parties(host, &deal)?;
    let record = map::deal(&deal, person, organisation);

    let events = changes(&body.meta, &deal, &previous, data).into_iter();
    let at_ms = occurred_at_ms(&body.meta);
    let event = |(kind, key): (&str, String)| Event {
        occurred_at_ms: at_ms,
        ..Event::new(kind, key).value(record.clone())
    };
    Ok(events.map(event).collect())
}

/// The deal, if the webhook is about one that was added or changed.
fn deal_data(body: &Body) -> Option<&RawValue> {
    let about_deal = body.meta.entity.as_deref() == Some("deal");
    let lasting = matches!(body.meta.action.as_deref(), Some("create" | "change"));
    body.data.as_deref().filter(|data| about_deal && lasting && data.get() != "null")
}

/// The kind and key of each event: won or lost first, then the change itself.
fn changes(
    meta: &Meta,
    deal: &Deal,
    previous: &Previous,
    data: &RawValue,
) -> Vec<(&'static str, String)> {
    let id = deal.id;
    let added = meta.action.as_deref() == Some("create");
    let status = deal.status.as_deref();
    let updated = deal.update_time.as_deref().unwrap_or("");
    let became = |wanted: &str| {
        let before = previous.status.as_deref();
        status == Some(wanted) && (added || before.is_some_and(|before| before != wanted))
    };
    let mut changes = Vec::new();
    if became("won") {
        // A deal that is opened and won again has another time, and so another key.
        let at = deal.won_time.as_deref().unwrap_or(updated);
        changes.push(("deal.won", format!("deal:{id}:won:{at}")));
    }
    if became("lost") {
        let at = deal.lost_time.as_deref().unwrap_or(updated);
        changes.push(("deal.lost", format!("deal:{id}:lost:{at}")));
    }
    // Times have whole seconds, in which a deal can change twice; the digest tells them apart.
    let digest = fnv1a(data.get().as_bytes());
    changes.push(("deal.updated", format!("deal:{id}:updated:{updated}:{digest:016x}")));
    changes
}

/// When it happened.
fn occurred_at_ms(meta: &Meta) -> Option<u64> {
    rfc3339_ms(meta.timestamp.as_ref()?.as_str()?)
}

/// A part of the body, read into its type.
fn read<T: serde::de::DeserializeOwned>(raw: &RawValue, part: &str) -> Result<T, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| {
        Problem::invalid(format!(
            "`{part}` of the webhook is not what pipedrive documents: {error}"
        ))
    })
}

/// FNV-1a with 64 bits: tells texts apart, and guards against nobody.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
