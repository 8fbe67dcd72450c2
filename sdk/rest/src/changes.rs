//! Reading what changed from a system that gives a token for it.
//!
//! A token is had before the first list, so that nothing is missed that changes while it is read;
//! when a token has lapsed it begins anew.

use jackfield_sdk::{Page, Problem};
use jackfield_vocabulary::Changes;
use serde::{Deserialize, Serialize};

use crate::{
    desk::{Desk, Named},
    json, list, read, record,
    reply::{self, Read},
    send,
};

/// Where one is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    /// The token, as JSON.
    token: Option<String>,
    /// The list of all records, while it is read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    list: Option<list::Cursor>,
}

/// The next page.
pub(crate) fn page(
    desk: &Desk<'_>,
    entity: &Named,
    changes: &Changes,
    cursor: Option<&str>,
) -> Result<Page, Problem> {
    let cursor: Cursor = list::opened(cursor)?;
    if let Some(list) = cursor.list {
        return listed(desk, entity, cursor.token, list);
    }
    let since = cursor.token.clone().unwrap_or_else(|| "null".into());
    let (read, lapsed) = asked(desk, changes, &since)?;
    let what = entity.key("changes.token");
    let token = desk.value(&what, &changes.token, &read.body, &[])?;
    let token = json::some(&token).map(|_| token);
    if lapsed || cursor.token.is_none() {
        let token = token.ok_or_else(|| {
            Problem::unavailable("the system gives no token for its changes; try again")
        })?;
        return listed(desk, entity, Some(token), list::Cursor::default());
    }
    let what = entity.key("changes.items");
    let items = desk.maybe(&what, changes.items.as_ref(), ".", &read.body, &[])?;
    let items = json::items(&items, &format!("`{what}`"))?;
    let mut records = Vec::new();
    for raw in read::about(desk, entity, "changes.get", &changes.get, &items)? {
        records.push(json::value(&record::canonical(desk, entity, raw)?.record)?);
    }
    let more = match &changes.more {
        Some(more) => json::holds(&desk.value("changes.more", more, &read.body, &[])?),
        None => false,
    };
    let cursor = Cursor { token: token.or(cursor.token), list: None };
    Ok(Page { records, cursor: list::closed(&cursor), more, ext: Vec::new() })
}

/// Asks for changes since a token; whether that had lapsed.
fn asked(desk: &Desk<'_>, changes: &Changes, since: &str) -> Result<(Read, bool), Problem> {
    let request = send::made(desk, &changes.request, None, "null", &[("since", since)])?;
    let reply = desk.host.send(request)?;
    if changes.lapsed.contains(&reply.status) {
        return Ok((reply::read(desk, reply)?, true));
    }
    let read = send::answered(desk, reply, &[])?;
    let read = read.ok_or_else(|| Problem::unavailable("the system has no list of changes"))?;
    Ok((read, false))
}

/// A page of the list of all records, on the way from a token to the changes since.
fn listed(
    desk: &Desk<'_>,
    entity: &Named,
    token: Option<String>,
    mut cursor: list::Cursor,
) -> Result<Page, Problem> {
    let (records, more) = list::walked(desk, entity, &mut cursor)?;
    let cursor = Cursor { token, list: more.then_some(cursor) };
    Ok(Page { records, cursor: list::closed(&cursor), more, ext: Vec::new() })
}
