//! Reading one record, some by their match keys, and what `[discover]` asks for.

use std::collections::BTreeSet;

use jackfield_sdk::Problem;
use jackfield_vocabulary::{Discover, Find, Jq, Operation};
use serde::{Deserialize, Serialize};

use crate::{
    desk::{Desk, Named},
    json,
    record::{self, Found},
    send,
};

/// How many records are read at a time.
const CONCURRENCY: u32 = 4;
/// The most requests that go out together, as in the contract.
const TOGETHER_MAX: usize = 100;
/// An hour, in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// One record; none where the system has it no more.
pub(crate) fn get(desk: &Desk<'_>, entity: &Named, id: &str) -> Result<Option<Found>, Problem> {
    let raw = raw_of_each(desk, &[(entity, id)])?.remove(0);
    raw.map(|raw| record::canonical(desk, entity, raw)).transpose()
}

/// What the system says of some records, in their order; none of those that are gone.
pub(crate) fn raw_of_each(
    desk: &Desk<'_>,
    wanted: &[(&Named, &str)],
) -> Result<Vec<Option<String>>, Problem> {
    let mut all = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(TOGETHER_MAX) {
        let mut requests = Vec::with_capacity(some.len());
        let mut operations = Vec::with_capacity(some.len());
        for (entity, id) in some {
            let get = operation(entity, "get", entity.of.get.as_ref())?;
            requests.push(send::made(desk, &get.request, None, &by_id(id), &[])?);
            operations.push(get);
        }
        let replies = desk.host.send_many(requests, CONCURRENCY);
        for ((entity, _), (get, reply)) in some.iter().zip(operations.into_iter().zip(replies)) {
            let read = send::answered(desk, reply?, &get.absent)?;
            let raw = read.map(|read| item(desk, entity, "get", get, &read.body)).transpose()?;
            all.push(raw.filter(|raw| !json::is_null(raw)));
        }
    }
    if all.len() < wanted.len() {
        return Err(Problem::unavailable("the host answered fewer requests than were asked"));
    }
    Ok(all)
}

/// What the system says of the records that items are about, each asked for once; without those
/// that are gone. `member` is the key of the program that gives an item's id.
pub(crate) fn about(
    desk: &Desk<'_>,
    entity: &Named,
    member: &str,
    get: &Jq,
    items: &[String],
) -> Result<Vec<String>, Problem> {
    let (what, mut seen, mut ids) = (entity.key(member), BTreeSet::new(), Vec::new());
    for item in items {
        let id = json::some(&desk.value(&what, get, item, &[])?);
        ids.extend(id.filter(|id| seen.insert(id.clone())));
    }
    let wanted: Vec<_> = ids.iter().map(|id| (entity, id.as_str())).collect();
    Ok(raw_of_each(desk, &wanted)?.into_iter().flatten().collect())
}

/// The records that have all of the keys, an object of names and values.
pub(crate) fn find(desk: &Desk<'_>, entity: &Named, keys: &str) -> Result<Vec<Found>, Problem> {
    let finder = finders(entity, keys)?.next().ok_or_else(|| cannot_find(entity))?;
    found_by(desk, entity, finder, keys)
}

/// The records that the first of the searches finds that has its keys and finds any.
pub(crate) fn match_of(
    desk: &Desk<'_>,
    entity: &Named,
    input: &str,
) -> Result<Vec<Found>, Problem> {
    let mut asked = false;
    for finder in finders(entity, input)? {
        asked = true;
        let found = found_by(desk, entity, finder, input)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if asked { Ok(Vec::new()) } else { Err(cannot_find(entity)) }
}

/// The searches whose keys all have a value.
fn finders<'e>(
    entity: &'e Named,
    keys: &str,
) -> Result<impl Iterator<Item = &'e Find> + use<'e>, Problem> {
    let keys = json::value(keys)?;
    let given = move |key: &String| match keys.get(key) {
        None | Some(serde_json::Value::Null) => false,
        Some(serde_json::Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    };
    Ok(entity.of.find.iter().filter(move |find| find.by.iter().all(&given)))
}

fn found_by(
    desk: &Desk<'_>,
    entity: &Named,
    find: &Find,
    keys: &str,
) -> Result<Vec<Found>, Problem> {
    let read = send::ask(desk, &find.request, &find.absent, None, keys, &[])?;
    let Some(read) = read else { return Ok(Vec::new()) };
    let what = entity.key("find.items");
    let vars = [("input", keys)];
    let items = desk.maybe(&what, find.items.as_ref(), ".", &read.body, &vars)?;
    let items = json::items(&items, &format!("`{what}`"))?;
    let raws = match &find.get {
        None => items,
        Some(get) => about(desk, entity, "find.get", get, &items)?,
    };
    raws.into_iter().map(|raw| record::canonical(desk, entity, raw)).collect()
}

fn cannot_find(entity: &Named) -> Problem {
    let keys: Vec<_> = entity.of.find.iter().map(|find| find.by.join(" and ")).collect();
    let name = &entity.name;
    Problem::invalid(match keys.is_empty() {
        true => format!("a `{name}` cannot be searched for; the manifest has no `find` for it"),
        false => {
            format!("a `{name}` is searched for by {}; give one of them", keys.join(", or by "))
        }
    })
}

/// The record in an operation's reply.
pub(crate) fn item(
    desk: &Desk<'_>,
    entity: &Named,
    verb: &str,
    operation: &Operation,
    body: &str,
) -> Result<String, Problem> {
    let what = entity.key(&format!("{verb}.item"));
    desk.maybe(&what, operation.item.as_ref(), ".", body, &[])
}

/// An operation that must be there.
pub(crate) fn operation<'e>(
    entity: &Named,
    verb: &str,
    operation: Option<&'e Operation>,
) -> Result<&'e Operation, Problem> {
    operation.ok_or_else(|| {
        let name = &entity.name;
        Problem::invalid(format!("the manifest has no `[entities.{name}.{verb}]`; add it"))
    })
}

/// The input of a request about one record.
pub(crate) fn by_id(id: &str) -> String {
    json::object([("id", json::string(id).as_str())])
}

/// What `[discover.NAME]` found, and when.
#[derive(Serialize, Deserialize)]
struct Kept {
    at_ms: u64,
    value: String,
}

/// What `[discover.NAME]` asks for, as JSON: kept, or asked for now.
pub(crate) fn discovered(desk: &Desk<'_>, name: &str, one: &Discover) -> Result<String, Problem> {
    let key = format!("discover:{name}");
    let now_ms = desk.host.now_ms();
    let kept = desk.host.storage_get(&key)?;
    let kept = kept.and_then(|kept| serde_json::from_slice::<Kept>(&kept).ok());
    let fresh = |kept: &Kept| {
        now_ms.saturating_sub(kept.at_ms) < u64::from(one.keep_hours).saturating_mul(HOUR_MS)
    };
    if let Some(kept) = kept.filter(fresh) {
        return Ok(kept.value);
    }
    let read = send::ask(desk, &one.request, &[], None, "null", &[])?;
    let body = read.map_or("null".into(), |read| read.body);
    let value = desk.value(&format!("result` in `[discover.{name}]"), &one.result, &body, &[])?;
    if json::some(&value).is_none() {
        let message = format!("the system does not say what `[discover.{name}]` asks for");
        return Err(Problem::unavailable(message));
    }
    let kept = Kept { at_ms: now_ms, value };
    // A number and a text always become JSON.
    desk.host.storage_set(&key, &serde_json::to_vec(&kept).unwrap_or_default())?;
    Ok(kept.value)
}
