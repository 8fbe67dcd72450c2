//! `contact.upsert`: find the contact, create it only if it surely is not there, and otherwise
//! set what differs. Promises never to choose between two contacts, and never to overwrite the
//! match keys (name, e-mail) of a contact that it found by the other one.

use jackfield_sdk::{Host, Problem, Request, code};
use serde_json::json;

use crate::record::Contact;
use crate::{api, map, wire};

/// How many contacts a search reads at once; Xero's own default.
const PAGE_RECORDS: usize = 100;

/// How many pages a search reads before it gives up.
const PAGES_MAX: usize = 5;

/// Finds or creates the contact, sets what differs, and answers it as it is now.
pub(crate) fn upsert(host: &dyn Host, wanted: &Contact) -> Result<Contact, Problem> {
    let Some(found) = find(host, wanted)? else {
        // PUT creates and never updates; Xero refuses a name that an active contact has, so that
        // even two creations at once leave one contact.
        let request = Request::put(format!("{}/Contacts", api::ACCOUNTING));
        return match send(host, request, map::new_contact(wanted)) {
            // Another call may have created it since it was looked for.
            Err(refused) if refused.is(code::REJECTED) => match find(host, wanted)? {
                Some(found) => update(host, &found, wanted),
                None => Err(refused),
            },
            created => created,
        };
    };
    update(host, &found, wanted)
}

/// Sets what differs, if something does, and answers the contact as it is now.
fn update(host: &dyn Host, found: &wire::Contact, wanted: &Contact) -> Result<Contact, Problem> {
    let Some((id, changes)) = changes(found, wanted) else { return map::contact(found) };
    send(host, Request::post(api::record_url("Contacts", &id)), changes)
}

/// The contact if all that `upsert` would do is already so; none if something is left to do.
pub(crate) fn recall(host: &dyn Host, wanted: &Contact) -> Result<Option<Contact>, Problem> {
    let found = find(host, wanted)?.filter(|found| changes(found, wanted).is_none());
    found.as_ref().map(map::contact).transpose()
}

fn send(host: &dyn Host, request: Request, contact: wire::Contact) -> Result<Contact, Problem> {
    let request = request.json(&wire::Contacts { contacts: vec![contact] })?;
    let reply: wire::Contacts = api::call(host, request)?;
    let contact = reply.contacts.first();
    map::contact(contact.ok_or_else(|| Problem::unavailable("xero answered without the contact"))?)
}

/// What must be sent, and to which id, so that the contact that was found is as wanted.
fn changes(found: &wire::Contact, wanted: &Contact) -> Option<(String, wire::Contact)> {
    let mut changes = map::changes(found, wanted);
    if wanted.id.is_some() {
        // Named by its id, so name and e-mail are values to set and not keys to match.
        let renamed = Some(&wanted.name).filter(|name| !same(found.name.as_deref(), name));
        changes.name = renamed.cloned();
        let email = wanted.email.as_ref().filter(|email| !email.is_empty());
        let email = email.filter(|email| !same(found.email_address.as_deref(), email));
        changes.email_address = email.cloned();
    }
    let id = found.contact_id.clone()?;
    (changes != wire::Contact::default()).then_some((id, changes))
}

/// The one contact that is meant, if it is there: by `id`; else the active one that has both
/// e-mail and name; else the one that has either.
fn find(host: &dyn Host, wanted: &Contact) -> Result<Option<wire::Contact>, Problem> {
    if let Some(id) = wanted.id.as_deref().filter(|id| !id.is_empty()) {
        return by_id(host, id).map(Some);
    }
    if wanted.name.trim().is_empty() {
        return Err(Problem::invalid("a contact needs a `name`; xero has none without"));
    }
    let mut found = Vec::new();
    if let Some(email) = wanted.email.as_deref().filter(|email| !email.trim().is_empty()) {
        found = search(host, email, |contact| same(contact.email_address.as_deref(), email))?;
    }
    let named = |contact: &wire::Contact| same(contact.name.as_deref(), &wanted.name);
    if let Some(both) = found.iter().position(named) {
        return Ok(Some(found.swap_remove(both)));
    }
    found.extend(search(host, &wanted.name, named)?);
    if found.len() > 1 { Err(ambiguous(&found)) } else { Ok(found.pop()) }
}

fn by_id(host: &dyn Host, id: &str) -> Result<wire::Contact, Problem> {
    let reply: wire::Contacts = api::call(host, Request::get(api::record_url("Contacts", id)))
        .map_err(|problem| {
            if problem.is(code::NOT_FOUND) {
                Problem::not_found(format!("xero has no contact `{id}`; check the id"))
            } else {
                problem
            }
        })?;
    let contact = reply.contacts.into_iter().next();
    let contact =
        contact.ok_or_else(|| Problem::not_found(format!("xero has no contact `{id}`")))?;
    match contact.merged_to.as_deref().filter(|merged| !merged.is_empty()) {
        Some(merged) => Err(Problem::conflict(format!(
            "the contact `{id}` was merged into `{merged}` at xero; use that id"
        ))),
        None => Ok(contact),
    }
}

/// The active contacts that `wanted` accepts among those that contain the term. Xero's search
/// also finds parts of names and addresses, so what it gives is only a beginning.
fn search(
    host: &dyn Host,
    term: &str,
    wanted: impl Fn(&wire::Contact) -> bool,
) -> Result<Vec<wire::Contact>, Problem> {
    let mut found = Vec::new();
    for page in 1..=PAGES_MAX {
        let request = Request::get(format!("{}/Contacts", api::ACCOUNTING))
            .query("searchTerm", term.trim())
            .query("page", page)
            .query("pageSize", PAGE_RECORDS);
        let reply: wire::Contacts = api::call(host, request)?;
        let last = reply.contacts.len() < PAGE_RECORDS;
        let active = |contact: &wire::Contact| contact.contact_status.as_deref() == Some("ACTIVE");
        found.extend(reply.contacts.into_iter().filter(|one| active(one) && wanted(one)));
        if last {
            return Ok(found);
        }
    }
    let most = PAGE_RECORDS * PAGES_MAX;
    Err(Problem::rejected(format!(
        "{most} or more contacts at xero contain `{term}`; name the one that is meant by its `id`"
    )))
}

/// Whether two texts are equal but for case and white space around them.
fn same(theirs: Option<&str>, ours: &str) -> bool {
    theirs.is_some_and(|theirs| theirs.trim().to_lowercase() == ours.trim().to_lowercase())
}

fn ambiguous(found: &[wire::Contact]) -> Problem {
    let candidates: Vec<_> = found
        .iter()
        .map(|contact| json!({"id": contact.contact_id, "name": contact.name}))
        .collect();
    let message = format!(
        "{} contacts at xero have this e-mail or name; name the one that is meant by its `id`",
        found.len()
    );
    Problem::conflict(message).details(json!({ "candidates": candidates }))
}

#[cfg(test)]
#[path = "contacts_tests.rs"]
mod tests;
