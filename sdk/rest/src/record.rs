//! From what the system says of a record to the canonical one, and back.

use jackfield_sdk::{Level, Problem};
use jackfield_vocabulary::Jq;

use crate::{
    desk::{Desk, Named},
    json, read,
};

/// Leaves out what an expression made null, which is how it says that there is nothing.
const WITHOUT_NULLS: &str = "without_nulls";

/// A record as the system and as the canonical schema has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The system's id; empty where it has none.
    pub(crate) id: String,
    /// What the system says, as JSON.
    pub(crate) raw: String,
    /// The canonical record, as JSON.
    pub(crate) record: String,
}

/// The canonical form of what the system says, with the records that belong to it.
pub(crate) fn canonical(desk: &Desk<'_>, entity: &Named, raw: String) -> Result<Found, Problem> {
    let with = related(desk, entity, &raw)?;
    translated(desk, entity, raw, &with)
}

/// The system's id of a record; empty where it has none.
pub(crate) fn id(desk: &Desk<'_>, entity: &Named, raw: &str) -> Result<String, Problem> {
    let id = desk.maybe(&entity.key("id"), entity.of.id.as_ref(), ".id?", raw, &[])?;
    Ok(json::plain(&id).unwrap_or_default())
}

/// What the system takes for a canonical record; `current` is what it has by now.
pub(crate) fn fields(
    desk: &Desk<'_>,
    entity: &Named,
    record: &str,
    current: Option<&str>,
) -> Result<String, Problem> {
    let vars = [("current", current.unwrap_or("null"))];
    cleaned(desk, &entity.key("fields"), entity.of.fields.as_ref(), record, &vars)
}

fn translated(desk: &Desk<'_>, entity: &Named, raw: String, with: &str) -> Result<Found, Problem> {
    let id = id(desk, entity, &raw)?;
    let record = entity.of.record.as_ref();
    let record = cleaned(desk, &entity.key("record"), record, &raw, &[("with", with)]);
    let record = record.map_err(|problem| match id.as_str() {
        "" => problem,
        id => Problem { message: format!("{} (record `{id}`)", problem.message), ..problem },
    })?;
    Ok(Found { id, raw, record })
}

fn cleaned(
    desk: &Desk<'_>,
    what: &str,
    jq: Option<&Jq>,
    input: &str,
    vars: &[(&'static str, &str)],
) -> Result<String, Problem> {
    let program = jq.map_or(".", Jq::text);
    let program = format!("({program}\n) | {WITHOUT_NULLS}");
    desk.values(what, &[&program], input, vars).map(|mut all| all.remove(0))
}

/// The canonical records that belong to one, by name: null where there is none any more.
/// What belongs to those in turn is left out.
fn related(desk: &Desk<'_>, entity: &Named, raw: &str) -> Result<String, Problem> {
    let mut wanted = Vec::new();
    for (name, related) in &entity.of.with {
        let id = desk.value(&entity.key("with"), &related.id, raw, &[])?;
        if let Some(id) = json::some(&id) {
            wanted.push((name, desk.entity(&related.entity)?, id));
        }
    }
    let asked: Vec<_> = wanted.iter().map(|(_, entity, id)| (entity, id.as_str())).collect();
    let mut members = Vec::new();
    for ((name, entity, id), raw) in wanted.iter().zip(read::raw_of_each(desk, &asked)?) {
        match raw {
            Some(raw) => {
                let record = translated(desk, entity, raw, "null")?.record;
                members.push((name.as_str(), record));
            }
            None => {
                let fields = [("entity", entity.name.as_str()), ("id", id)];
                desk.host.log(Level::Warn, "left out: the system has it no more", &fields);
            }
        }
    }
    Ok(json::object(members.iter().map(|(name, record)| (*name, record.as_str()))))
}

impl Named {
    /// How a member of it is called in messages.
    pub(crate) fn key(&self, member: &str) -> String {
        format!("{member}` in `[entities.{}]", self.name)
    }
}
