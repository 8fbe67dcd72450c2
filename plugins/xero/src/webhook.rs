//! Xero's webhooks: thin notices that a contact or an invoice changed. Reads what changed, once
//! for each record, and promises keys that depend on nothing but the delivery, or for
//! `invoice.paid` on the day of payment. A notice for another organisation is left out: one
//! webhook URL serves all that use the app.

use std::collections::HashMap;

use jackfield_sdk::{Delivery, Event, Host, Level, Problem};
use serde::Deserialize;

use crate::account::TENANT;
use crate::{api, dates, map, wire};

/// How many notices one delivery may hold; more make a dead letter rather than a flood.
const NOTICES_MAX: usize = 1000;

#[derive(Deserialize)]
struct Payload {
    /// Empty in Xero's test of the endpoint ("intent to receive").
    events: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    resource_id: String,
    event_date_utc: String,
    event_type: String,
    event_category: String,
    tenant_id: String,
}

/// What a notice is about, once it is known to be for us.
struct Change {
    entity: Entity,
    /// In lower case.
    id: String,
    /// `created` or `updated`.
    verb: &'static str,
    /// As Xero wrote it, for the key.
    at: String,
    at_ms: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entity {
    Contact,
    Invoice,
}

impl Entity {
    fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Invoice => "invoice",
        }
    }
}

/// The events of a delivery, in its order.
pub(crate) fn parse(host: &dyn Host, delivery: &Delivery) -> Result<Vec<Event>, Problem> {
    let payload: Payload = delivery.json()?;
    if payload.events.len() > NOTICES_MAX {
        let count = payload.events.len();
        let message = format!("the delivery holds {count} notices; at most {NOTICES_MAX} are read");
        return Err(Problem::invalid(message));
    }
    if payload.events.is_empty() {
        return Ok(Vec::new());
    }
    let settings = host.settings();
    let tenant = settings.need(TENANT)?;
    let mut changes = Vec::new();
    for notice in payload.events {
        changes.extend(change(host, tenant, notice)?);
    }
    let contacts = api::contacts(host, &ids(&changes, Entity::Contact))?;
    let contacts = by_id(contacts, |contact| contact.contact_id.as_deref());
    let invoices = api::invoices(host, &ids(&changes, Entity::Invoice))?;
    let invoices = by_id(invoices, |invoice| invoice.invoice_id.as_deref());
    let mut events = Vec::new();
    for change in &changes {
        match change.entity {
            Entity::Contact => match contacts.get(&change.id) {
                Some(contact) => events.push(change.event().record(&map::contact(contact)?)?),
                None => gone(host, change),
            },
            Entity::Invoice => match invoices.get(&change.id) {
                Some(invoice) => events.extend(invoice_events(host, change, invoice)?),
                None => gone(host, change),
            },
        }
    }
    Ok(events)
}

/// The change that a notice tells, if it is one of ours and of a kind that the manifest has.
fn change(host: &dyn Host, tenant: &str, notice: Notice) -> Result<Option<Change>, Problem> {
    if !notice.tenant_id.eq_ignore_ascii_case(tenant) {
        let fields = [("tenant", notice.tenant_id.as_str()), ("resource", &notice.resource_id)];
        host.log(Level::Info, "left out: the notice is for another organisation", &fields);
        return Ok(None);
    }
    let entity = match notice.event_category.as_str() {
        "CONTACT" => Some(Entity::Contact),
        "INVOICE" => Some(Entity::Invoice),
        _ => None,
    };
    let verb = match notice.event_type.as_str() {
        "CREATE" => Some("created"),
        "UPDATE" => Some("updated"),
        _ => None,
    };
    let (Some(entity), Some(verb)) = (entity, verb) else {
        let fields =
            [("category", notice.event_category.as_str()), ("type", notice.event_type.as_str())];
        host.log(Level::Info, "left out: the connector has no event for this notice", &fields);
        return Ok(None);
    };
    let id = notice.resource_id.to_ascii_lowercase();
    if !is_uuid(&id) {
        return Err(Problem::invalid(format!("the `resourceId` `{id}` is not an id of xero's")));
    }
    let at = notice.event_date_utc;
    let at_ms = dates::iso_utc(&at)
        .ok_or_else(|| Problem::invalid(format!("the `eventDateUtc` `{at}` is not a time")))?;
    Ok(Some(Change { entity, id, verb, at, at_ms }))
}

impl Change {
    /// The event of this change, still without its record.
    fn event(&self) -> Event {
        let Self { entity, id, verb, at, at_ms } = self;
        let entity = entity.name();
        Event::new(format!("{entity}.{verb}"), format!("{entity}:{id}:{verb}:{at}")).at_ms(*at_ms)
    }
}

/// `invoice.created` or `invoice.updated`, and `invoice.paid` if it is settled; nothing for a
/// bill. Every later notice of a settled invoice says `invoice.paid` again under the same key, so
/// that the host keeps one.
fn invoice_events(
    host: &dyn Host,
    change: &Change,
    invoice: &wire::Invoice,
) -> Result<Vec<Event>, Problem> {
    if invoice.r#type != map::SALES {
        let fields = [("resource", change.id.as_str()), ("type", invoice.r#type.as_str())];
        host.log(Level::Info, "left out: it is not a sales invoice", &fields);
        return Ok(Vec::new());
    }
    let record = map::invoice(invoice)?;
    let mut events = vec![change.event().record(&record)?];
    if record.status.as_deref() == Some("paid") {
        let day = record.paid_date.as_deref().unwrap_or("unknown");
        let key = format!("invoice:{}:paid:{day}", change.id);
        // The day that Xero knows, which is the same in every notice: a repeat is the same event.
        let paid_ms = invoice.fully_paid_on_date.as_deref().and_then(dates::ms_date);
        let at_ms = paid_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(change.at_ms);
        events.push(Event::new("invoice.paid", key).at_ms(at_ms).record(&record)?);
    }
    Ok(events)
}

/// The ids of one entity's changes, each once, in order.
fn ids(changes: &[Change], entity: Entity) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for change in changes.iter().filter(|change| change.entity == entity) {
        if !ids.contains(&change.id) {
            ids.push(change.id.clone());
        }
    }
    ids
}

fn by_id<T>(records: Vec<T>, id: impl Fn(&T) -> Option<&str>) -> HashMap<String, T> {
    records
        .into_iter()
        .filter_map(|record| Some((id(&record)?.to_ascii_lowercase(), record)))
        .collect()
}

fn gone(host: &dyn Host, change: &Change) {
    let fields = [("entity", change.entity.name()), ("resource", change.id.as_str())];
    host.log(Level::Warn, "left out: xero does not give the record that changed", &fields);
}

/// Whether it has the shape 8-4-4-4-12 of hexadecimal digits; so no id can hold a comma, which
/// would ask for two records.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
