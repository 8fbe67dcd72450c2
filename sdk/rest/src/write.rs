//! Writing a record: create, update, upsert, delete; and whether one is already there.

use jackfield_sdk::Problem;
use jackfield_vocabulary::Operation;
use serde_json::Value;

use crate::{
    desk::{Desk, Named},
    json,
    read::{self, by_id, item, operation},
    record::{self, Found},
    send,
};

/// Makes a record of the canonical one.
pub(crate) fn create(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<String, Problem> {
    let create = operation(entity, "create", entity.of.create.as_ref())?;
    written(desk, entity, "create", create, input, None)
}

/// Changes a record; `id` in the input says which.
pub(crate) fn update(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<String, Problem> {
    let update = operation(entity, "update", entity.of.update.as_ref())?;
    let reads = entity.of.fields.as_ref().is_some_and(|fields| fields.text().contains("$current"));
    let current = match reads {
        true => Some(needed(desk, entity, &id_of(entity, input)?)?),
        false => None,
    };
    written(desk, entity, "update", update, input, current.as_ref())
}

/// Finds a record by its match keys and changes what differs, or makes one.
pub(crate) fn upsert(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<String, Problem> {
    if let Some(upsert) = &entity.of.upsert {
        return written(desk, entity, "upsert", upsert, input, None);
    }
    let Some(found) = matched(desk, entity, input)? else { return create(desk, entity, input) };
    if has_all(&json::value(&found.record)?, &json::value(input)?) {
        return Ok(found.record);
    }
    let mut wanted = json::value(input)?;
    wanted["id"] = Value::from(found.id.as_str());
    let update = operation(entity, "update", entity.of.update.as_ref())?;
    written(desk, entity, "update", update, &wanted.to_string(), Some(&found))
}

/// Removes a record; one that is gone already is removed.
pub(crate) fn delete(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<String, Problem> {
    let delete = operation(entity, "delete", entity.of.delete.as_ref())?;
    let id = id_of(entity, input)?;
    send::ask(desk, &delete.request, &delete.absent, None, input, &[])?;
    Ok(by_id(&id))
}

/// Whether a create or an upsert with this input already took effect.
pub(crate) fn recall(
    desk: &Desk<'_>,
    entity: &Named,
    verb: &str,
    input: &str,
) -> Result<Option<String>, Problem> {
    let Some(found) = matched(desk, entity, input)? else { return Ok(None) };
    let there = verb == "create" || has_all(&json::value(&found.record)?, &json::value(input)?);
    Ok(there.then_some(found.record))
}

/// The record that is meant: by its id where that is given, else the one that matches.
fn matched(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<Option<Found>, Problem> {
    let id = json::value(input)?.get("id").and_then(Value::as_str).map(str::to_owned);
    if let Some(id) = id.filter(|id| !id.is_empty() && entity.of.get.is_some()) {
        return needed(desk, entity, &id).map(Some);
    }
    let mut found = read::match_of(desk, entity, input)?;
    if found.len() > 1 {
        let name = &entity.name;
        let ids: Vec<_> = found.iter().map(|found| found.id.as_str()).collect();
        let message = format!(
            "{} of the system's {name}s match; say which one is meant by its `id`",
            found.len()
        );
        return Err(Problem::conflict(message).details(serde_json::json!({ "candidates": ids })));
    }
    Ok(found.pop())
}

/// A record that must be there.
fn needed(desk: &Desk<'_>, entity: &Named, id: &str) -> Result<Found, Problem> {
    read::get(desk, entity, id)?.ok_or_else(|| missing(entity, id))
}

/// The problem of a record that is not there.
pub(crate) fn missing(entity: &Named, id: &str) -> Problem {
    Problem::not_found(format!("the system has no {} `{id}`; check the id", entity.name))
}

/// The id in an input.
pub(crate) fn id_of(entity: &Named, input: &str) -> Result<String, Problem> {
    let id = json::value(input)?;
    let id = id.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(str::to_owned).ok_or_else(|| {
        Problem::invalid(format!("which {} is meant is said by its `id`; give it", entity.name))
    })
}

/// Sends a write and answers the canonical record as it is afterwards.
fn written(
    desk: &Desk<'_>,
    entity: &Named,
    verb: &str,
    operation: &Operation,
    input: &str,
    current: Option<&Found>,
) -> Result<String, Problem> {
    let raw = current.map(|found| found.raw.as_str());
    let fields = record::fields(desk, entity, input, raw)?;
    let vars = [("current", raw.unwrap_or("null")), ("fields", fields.as_str())];
    let absent = if verb == "update" { operation.absent.as_slice() } else { &[] };
    let read = send::ask(desk, &operation.request, absent, Some(&fields), input, &vars)?;
    let Some(read) = read else { return Err(missing(entity, &id_of(entity, input)?)) };
    let raw = item(desk, entity, verb, operation, &read.body)?;
    let given = || id_of(entity, input);
    if operation.reread {
        let id = match json::is_null(&raw) {
            true => given()?,
            false => Some(record::id(desk, entity, &raw)?)
                .filter(|id| !id.is_empty())
                .map_or_else(given, Ok)?,
        };
        return needed(desk, entity, &id).map(|found| found.record);
    }
    if json::is_null(&raw) {
        let message =
            format!("the system took the {} and did not say what became of it", entity.name);
        return Err(Problem::unavailable(message));
    }
    record::canonical(desk, entity, raw).map(|found| found.record)
}

/// Whether `has` has everything that `wants` gives a value; the id and `ext` aside.
fn has_all(has: &Value, wants: &Value) -> bool {
    let Value::Object(wants) = wants else { return has == wants };
    wants.iter().all(|(name, wanted)| match wanted {
        Value::Null => true,
        _ if name == "id" || name == "ext" => true,
        wanted => has.get(name).is_some_and(|has| has_all(has, wanted)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_has_what_is_wanted_whatever_else_it_has() {
        let has = json!({"name": "Ada", "address": {"city": "Bern", "country": "CH"}});
        assert!(has_all(&has, &json!({"id": "x", "address": {"city": "Bern"}, "email": null})));
        assert!(!has_all(&has, &json!({"address": {"city": "Basel"}})));
        assert!(!has_all(&has, &json!({"email": "ada@example.com"})));
    }
}
