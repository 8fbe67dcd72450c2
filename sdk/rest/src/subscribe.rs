//! Webhooks that are registered at the system: made, listed, renewed, removed.

use std::collections::BTreeMap;

use jackfield_sdk::{Problem, Subscription, code};
use jackfield_vocabulary::{Each, Event, Subscriptions};

use crate::{account, desk::Desk, json, read::by_id, send};

/// One that lapses within this time is made anew: a day and a half, since it is looked at daily.
const RENEWED_WITHIN_MS: u64 = 36 * 3_600_000;

/// A subscription by the system's own words.
struct Listed {
    id: String,
    topics: Vec<String>,
    expires_at_ms: Option<u64>,
}

/// Makes sure that the system calls `url` for `kinds`.
pub(crate) fn ensure(
    desk: &Desk<'_>,
    url: &str,
    kinds: &[String],
) -> Result<Vec<Subscription>, Problem> {
    let says = says(desk)?;
    let topics = topics(desk, kinds)?;
    let soon_ms = desk.host.now_ms().saturating_add(RENEWED_WITHIN_MS);
    let there = listed(desk, &says, url)?;
    let lasts = |one: &Listed| one.expires_at_ms.is_none_or(|at_ms| at_ms > soon_ms);
    let wanted: Vec<&[String]> = match says.each {
        Each::All => vec![topics.as_slice()],
        Each::Topic => topics.chunks(1).collect(),
    };
    for topics in wanted {
        let covers = |one: &&Listed| topics.iter().all(|topic| one.topics.contains(topic));
        match there.iter().find(covers) {
            Some(one) if lasts(one) => {}
            Some(one) => renewed(desk, &says, url, topics, one)?,
            None => created(desk, &says, url, topics)?,
        }
    }
    list_all(desk, url)
}

/// The subscriptions that call `url`.
pub(crate) fn list_all(desk: &Desk<'_>, url: &str) -> Result<Vec<Subscription>, Problem> {
    let kinds: BTreeMap<String, Event> = desk.block(&["events"])?.unwrap_or_default();
    let of = |listed: Listed| {
        let is_of =
            |event: &Event| event.topic.as_ref().is_some_and(|topic| listed.topics.contains(topic));
        let kinds = kinds.iter().filter(|(_, event)| is_of(event)).map(|(kind, _)| kind.clone());
        let kinds = kinds.collect();
        let Listed { id, expires_at_ms, .. } = listed;
        Subscription { id, url: url.to_owned(), kinds, expires_at_ms }
    };
    Ok(listed(desk, &says(desk)?, url)?.into_iter().map(of).collect())
}

/// Removes one; it is no error if it was not there.
pub(crate) fn remove(desk: &Desk<'_>, id: &str) -> Result<(), Problem> {
    removed(desk, &says(desk)?, id)
}

fn says(desk: &Desk<'_>) -> Result<Subscriptions, Problem> {
    desk.block(&["subscriptions"])?.ok_or_else(|| {
        Problem::invalid("the manifest has no `[subscriptions]`; register the webhook by hand")
    })
}

/// What the system calls some kinds of events, each once.
fn topics(desk: &Desk<'_>, kinds: &[String]) -> Result<Vec<String>, Problem> {
    let mut topics = Vec::new();
    for kind in kinds {
        let event: Option<Event> = desk.block(&["events", kind])?;
        let topic = event.and_then(|event| event.topic).ok_or_else(|| {
            Problem::invalid(format!("the event `{kind}` has no `topic` in the manifest; add it"))
        })?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    Ok(topics)
}

fn listed(desk: &Desk<'_>, says: &Subscriptions, url: &str) -> Result<Vec<Listed>, Problem> {
    let items = says.items.as_ref();
    let items = account::all(desk, "subscriptions", &says.list, items, says.paging.as_ref())?;
    let mut found = Vec::new();
    for item in items {
        let at = |member: &str| format!("{member}` in `[subscriptions]");
        let called = desk.maybe(&at("url"), says.url.as_ref(), ".url", &item, &[])?;
        if json::plain(&called).as_deref() != Some(url) {
            continue;
        }
        let id = desk.maybe(&at("id"), says.id.as_ref(), ".id", &item, &[])?;
        let topics = desk.maybe(&at("topics"), says.topics.as_ref(), ".topic", &item, &[])?;
        let topics =
            desk.values(&at("topics"), &["as_list | map(tostring)"], &topics, &[])?.remove(0);
        let expires =
            desk.maybe(&at("expires_at"), says.expires_at.as_ref(), "null", &item, &[])?;
        found.push(Listed {
            id: json::plain(&id).unwrap_or_default(),
            topics: json::items(&topics, "`topics`")?
                .iter()
                .filter_map(|t| json::plain(t))
                .collect(),
            expires_at_ms: json::time_ms(&expires),
        });
    }
    Ok(found)
}

fn created(
    desk: &Desk<'_>,
    says: &Subscriptions,
    url: &str,
    topics: &[String],
) -> Result<(), Problem> {
    let topic = topics.first().filter(|_| says.each == Each::Topic);
    let input = serde_json::json!({ "url": url, "topic": topic, "topics": topics }).to_string();
    send::ask(desk, &says.create, &[], None, &input, &[]).map(|_| ())
}

/// Makes one anew before the old one goes, so that there is no gap; where the system allows only
/// one, the old one has to go first.
fn renewed(
    desk: &Desk<'_>,
    says: &Subscriptions,
    url: &str,
    topics: &[String],
    old: &Listed,
) -> Result<(), Problem> {
    match created(desk, says, url, topics) {
        Err(problem) if problem.is(code::CONFLICT) => {
            removed(desk, says, &old.id)?;
            created(desk, says, url, topics)
        }
        Err(problem) => Err(problem),
        Ok(()) => removed(desk, says, &old.id),
    }
}

fn removed(desk: &Desk<'_>, says: &Subscriptions, id: &str) -> Result<(), Problem> {
    send::ask(desk, &says.remove, &[404, 410], None, &by_id(id), &[]).map(|_| ())
}
