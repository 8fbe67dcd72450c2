//! From Pipedrive's deals, persons and organisations to canonical records. Pure functions; a
//! member that Pipedrive does not have is absent from the record.

use jackfield_sdk::{Decimal, rfc3339, rfc3339_ms};
use serde_json::{Map, Value, json};

use crate::exact::exact;
use crate::payload::{Address, Deal, Labelled, Organisation, Person};

/// The statuses of the canonical deal, which are also Pipedrive's.
const STATUSES: [&str; 4] = ["open", "won", "lost", "deleted"];

/// A record in the making.
#[derive(Default)]
struct Record(Map<String, Value>);

impl Record {
    /// Adds a member, unless there is nothing to add.
    fn put(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value.map(Into::into) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(value) => {
                self.0.insert(name.into(), value);
            }
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The canonical deal, with the records of its person and organisation.
pub(crate) fn deal(deal: &Deal, person: Option<Value>, organisation: Option<Value>) -> Value {
    let status = deal.status.as_deref().filter(|status| STATUSES.contains(status));
    let fields = deal.custom_fields.as_deref().map(exact);
    let fields = fields.filter(|fields| fields.as_object().is_some_and(|all| !all.is_empty()));
    Record::default()
        .put("id", Some(deal.id.to_string()))
        .put("title", Some(deal.title.as_str()))
        .put("status", status)
        .put("value", money(deal.value, deal.currency.as_deref()))
        .put("organisation", organisation)
        .put("person", person)
        .put("owner", deal.owner_id.map(|id| json!({ "id": id.to_string() })))
        .put("pipeline", deal.pipeline_id.map(|id| id.to_string()))
        .put("stage", deal.stage_id.map(|id| id.to_string()))
        .put("probability", deal.probability.map(|percent| percent.to_string()))
        .put("expected_close_date", deal.expected_close_date.as_deref().filter(|day| is_day(day)))
        .put("won_at", time(deal.won_time.as_deref()))
        .put("lost_at", time(deal.lost_time.as_deref()))
        .put("lost_reason", deal.lost_reason.as_deref())
        .put("created_at", time(deal.add_time.as_deref()))
        .put("updated_at", time(deal.update_time.as_deref()))
        .put("ext", fields.map(|fields| json!({ "custom_fields": fields })))
        .done()
}

/// The canonical contact; none for a person without a name and an e-mail address, which nothing
/// could be done with.
pub(crate) fn person(person: &Person) -> Option<Value> {
    let email = person.emails.as_deref().and_then(main_of);
    let name = person.name.as_deref().filter(|name| !name.trim().is_empty()).or(email)?;
    let record = Record::default()
        .put("id", Some(person.id.to_string()))
        .put("name", Some(name))
        .put("first_name", person.first_name.as_deref())
        .put("last_name", person.last_name.as_deref())
        .put("email", email)
        .put("phone", person.phones.as_deref().and_then(main_of))
        .put("address", person.postal_address.as_ref().and_then(address))
        .put("created_at", time(person.add_time.as_deref()))
        .put("updated_at", time(person.update_time.as_deref()));
    Some(record.done())
}

/// The canonical organisation; none without a name.
pub(crate) fn organisation(organisation: &Organisation) -> Option<Value> {
    let name = organisation.name.as_deref().filter(|name| !name.trim().is_empty())?;
    let record = Record::default()
        .put("id", Some(organisation.id.to_string()))
        .put("name", Some(name))
        .put("website", organisation.website.as_deref())
        .put("address", organisation.address.as_ref().and_then(address))
        .put("created_at", time(organisation.add_time.as_deref()))
        .put("updated_at", time(organisation.update_time.as_deref()));
    Some(record.done())
}

/// An amount, if it has a currency.
fn money(amount: Option<Decimal>, currency: Option<&str>) -> Option<Value> {
    let is_code = |code: &&str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    let (amount, currency) = (amount?, currency.filter(is_code)?);
    Some(json!({ "amount": amount, "currency": currency }))
}

/// The one marked as primary, else the first.
fn main_of(all: &[Labelled]) -> Option<&str> {
    let named = |one: &&Labelled| one.value.as_deref().is_some_and(|value| !value.is_empty());
    let primary = all.iter().filter(named).find(|one| one.primary);
    primary.or_else(|| all.iter().find(named))?.value.as_deref()
}

/// The address in parts where Pipedrive recognised them, else whole in the first line.
fn address(address: &Address) -> Option<Value> {
    let street: Vec<&str> = [&address.street_number, &address.route]
        .into_iter()
        .filter_map(|part| part.as_deref().filter(|part| !part.is_empty()))
        .collect();
    let recognised = address.route.is_some() || address.locality.is_some();
    let line1 = if recognised { Some(street.join(" ")) } else { address.value.clone() };
    let parts = Record::default()
        .put("line1", line1)
        .put("line2", address.subpremise.as_deref())
        .put("city", address.locality.as_deref())
        .put("region", address.admin_area_level_1.as_deref())
        .put("postal_code", address.postal_code.as_deref())
        .put("country", address.country.as_deref());
    if parts.0.is_empty() { None } else { Some(parts.done()) }
}

/// A time in the one form that canonical records have; none where it is no RFC 3339.
fn time(text: Option<&str>) -> Option<String> {
    text.and_then(rfc3339_ms).map(rfc3339)
}

/// Whether it is a date as `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    rfc3339_ms(&format!("{text}T00:00:00Z")).is_some()
}
