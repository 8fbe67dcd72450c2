//! What the connector asks Pipedrive: a deal's person and organisation, which webhooks of
//! version 2.0 give by id only, and whose account it is. A person or organisation that is gone
//! leaves a gap in the record, not a dead letter.

use jackfield_sdk::prelude::*;
use jackfield_sdk::{code, encode};

use crate::map;
use crate::payload::{Answer, Deal, Organisation, Person, User};

/// How many requests go at a time: a person and an organisation.
const CONCURRENCY: u32 = 2;

/// The canonical records of a deal's person and organisation.
pub(crate) fn parties(
    host: &dyn Host,
    deal: &Deal,
) -> Result<(Option<Value>, Option<Value>), Problem> {
    if deal.person_id.is_none() && deal.org_id.is_none() {
        return Ok((None, None));
    }
    let base = base(host)?;
    let person = deal.person_id.map(|id| format!("{base}/api/v2/persons/{id}"));
    let organisation = deal.org_id.map(|id| format!("{base}/api/v2/organizations/{id}"));
    let requests = person.iter().chain(&organisation).map(Request::get).collect();
    let mut replies = host.send_many(requests, CONCURRENCY).into_iter();

    let mut person_record = None;
    if let Some(url) = &person {
        let found: Option<Person> = found(host, url, replies.next())?;
        person_record = found.as_ref().and_then(map::person);
    }
    let mut organisation_record = None;
    if let Some(url) = &organisation {
        let found: Option<Organisation> = found(host, url, replies.next())?;
        organisation_record = found.as_ref().and_then(map::organisation);
    }
    Ok((person_record, organisation_record))
}

/// The name of the company that the token opens, by `GET /api/v1/users/me`.
pub(crate) fn account_label(host: &dyn Host) -> Result<String, Problem> {
    let url = format!("{}/api/v1/users/me", base(host)?);
    let user = host.send(Request::get(url))?.json::<Answer<User>>()?.data;
    let name = user.company_name.filter(|name| !name.is_empty()).or(user.name);
    name.ok_or_else(|| Problem::unavailable("pipedrive answered without the name of the account"))
}

/// The origin of the company's Pipedrive.
fn base(host: &dyn Host) -> Result<String, Problem> {
    Ok(format!("https://{}.pipedrive.com", encode(host.settings().need("company")?)))
}

/// What a reply holds, or none if there is no such thing at Pipedrive (any more).
fn found<T: serde::de::DeserializeOwned>(
    host: &dyn Host,
    url: &str,
    reply: Option<Result<Reply, Problem>>,
) -> Result<Option<T>, Problem> {
    let reply = reply.unwrap_or_else(|| {
        Err(Problem::unavailable("the host answered fewer requests than asked"))
    })?;
    match reply.json::<Answer<T>>() {
        Ok(answer) => Ok(Some(answer.data)),
        Err(problem) if problem.is(code::NOT_FOUND) => {
            host.log(
                Level::Warn,
                "left out of the deal: pipedrive has it no more",
                &[("url", url)],
            );
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}
