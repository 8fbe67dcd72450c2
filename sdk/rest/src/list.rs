//! Reading all records of an entity, or those that changed, a page in each call.
//!
//! The cursor says where in the list one is, and the greatest change that was seen; it becomes
//! `$since` when the list is at its end, since a list need not be in the order of changes.

use jackfield_sdk::{Page, Problem};
use jackfield_vocabulary::List;
use serde::{Deserialize, Serialize};

use crate::{
    desk::{Desk, Named, Vars},
    json,
    page::{At, Items, Paged},
    read, record,
};

/// Where one is in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// `$since`, as JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) since: Option<String>,
    /// The greatest change of this round, as JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    high: Option<String>,
    /// The page; none before the first and after the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) at: Option<At>,
    /// Where there are parents, which of them are still to come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    parents: Option<Parents>,
}

/// The parents of a list of lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parents {
    /// The ids of those whose lists are still to be read; the first is under way.
    waiting: Vec<String>,
    /// Where the list of parents goes on; none at its end.
    next: Option<At>,
}

/// The next page of an entity's list.
pub(crate) fn page(desk: &Desk<'_>, entity: &Named, cursor: Option<&str>) -> Result<Page, Problem> {
    let mut cursor = opened(cursor)?;
    let (records, more) = walked(desk, entity, &mut cursor)?;
    Ok(Page { records, cursor: closed(&cursor), more, ext: Vec::new() })
}

/// A page of records; the cursor is moved on. Answers whether there is more at once.
pub(crate) fn walked(
    desk: &Desk<'_>,
    entity: &Named,
    cursor: &mut Cursor,
) -> Result<(Vec<serde_json::Value>, bool), Problem> {
    let list = entity.of.list.as_ref().ok_or_else(|| {
        let name = &entity.name;
        Problem::invalid(format!("the manifest has no `[entities.{name}.list]`; add it"))
    })?;
    let parent = match &list.parent {
        Some(parent) => match next_parent(desk, parent, cursor)? {
            Some(id) => read::by_id(&id),
            None => return Ok((Vec::new(), ended(cursor))),
        },
        None => "null".to_owned(),
    };
    let since = cursor.since.clone().unwrap_or_else(|| "null".into());
    let at = cursor.at.take().unwrap_or_default();
    let (items, next) =
        fetched(desk, entity, list, &at, &[("since", &since), ("parent", &parent)])?;
    if let Some(jq) = &list.since {
        let program = format!("[(.[] | ({}\n)), $since] | map(select(. != null)) | max", jq.text());
        let high = cursor.high.as_deref().unwrap_or(&since);
        let all = format!("[{}]", items.join(","));
        let high = desk.values("since", &[&program], &all, &[("since", high)])?.remove(0);
        cursor.high = Some(high).filter(|high| !json::is_null(high));
    }
    let records = records(desk, entity, list, items)?;
    cursor.at = next;
    if cursor.at.is_some() {
        return Ok((records, true));
    }
    let more = cursor.parents.as_mut().is_some_and(|parents| {
        parents.waiting.remove(0);
        !parents.waiting.is_empty() || parents.next.is_some()
    });
    Ok((records, if more { true } else { ended(cursor) }))
}

/// Ends a round: what was greatest in it is where the next one begins.
fn ended(cursor: &mut Cursor) -> bool {
    let since = cursor.high.take().or_else(|| cursor.since.take());
    *cursor = Cursor { since, ..Cursor::default() };
    false
}

/// The id of the parent whose list is read now.
fn next_parent(
    desk: &Desk<'_>,
    parent: &str,
    cursor: &mut Cursor,
) -> Result<Option<String>, Problem> {
    let entity = desk.entity(parent)?;
    let Some(list) = &entity.of.list else {
        return Err(Problem::invalid(format!("the parent `{parent}` has no list; add it")));
    };
    let mut parents = match cursor.parents.take() {
        Some(parents) => parents,
        None => Parents { waiting: Vec::new(), next: Some(At::default()) },
    };
    while parents.waiting.is_empty() {
        let Some(at) = parents.next.take() else { break };
        let (items, next) = fetched(desk, &entity, list, &at, &[])?;
        parents.next = next;
        for item in &items {
            parents.waiting.push(record::id(desk, &entity, item)?);
        }
    }
    let first = parents.waiting.first().cloned();
    cursor.parents = first.is_some().then_some(parents);
    Ok(first)
}

/// The items of one page, and where it goes on.
fn fetched(
    desk: &Desk<'_>,
    entity: &Named,
    list: &List,
    at: &At,
    vars: Vars<'_>,
) -> Result<Items, Problem> {
    let paged = Paged {
        what: &entity.key("list.items"),
        request: &list.request,
        items: list.items.as_ref(),
        paging: list.paging.as_ref(),
    };
    let page = paged.fetch(desk, at, vars)?;
    page.ok_or_else(|| Problem::unavailable("the system has no such list"))
}

/// The canonical records of a page's items; those that are gone by now, or none, are left out.
fn records(
    desk: &Desk<'_>,
    entity: &Named,
    list: &List,
    items: Vec<String>,
) -> Result<Vec<serde_json::Value>, Problem> {
    let raws = match &list.get {
        None => items,
        Some(get) => read::about(desk, entity, "list.get", get, &items)?,
    };
    let record = |raw| json::value(&record::canonical(desk, entity, raw)?.record);
    let records: Result<Vec<_>, Problem> = raws.into_iter().map(record).collect();
    Ok(records?.into_iter().filter(|record| !record.is_null()).collect())
}

/// A cursor that this component gave earlier.
pub(crate) fn opened<T: Default + serde::de::DeserializeOwned>(
    cursor: Option<&str>,
) -> Result<T, Problem> {
    let Some(cursor) = cursor else { return Ok(T::default()) };
    serde_json::from_str(cursor)
        .map_err(|_| Problem::invalid("the cursor is none of this connector's; begin without one"))
}

/// A cursor as text.
pub(crate) fn closed<T: Serialize>(cursor: &T) -> Option<String> {
    serde_json::to_string(cursor).ok()
}
