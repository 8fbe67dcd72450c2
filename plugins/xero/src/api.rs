//! The way to Xero: addresses, the one place where requests are sent, and what Xero's refusals
//! mean. The host attaches the token and the `xero-tenant-id` header; nothing here sees them.

use jackfield_sdk::{Host, Problem, Reply, Request, encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::wire;

/// The accounting API. There is one for the whole world; the organisation is in a header.
pub(crate) const ACCOUNTING: &str = "https://api.xero.com/api.xro/2.0";

/// The organisations that a token opens.
pub(crate) const CONNECTIONS: &str = "https://api.xero.com/connections";

/// How many records are asked for at once by their ids. An id has 36 characters, so the URL stays
/// under 2 KiB.
pub(crate) const IDS_MAX: usize = 40;

/// How many requests are under way at once; Xero allows 5 for each organisation and app, and
/// other calls of the connection need some.
const CONCURRENCY: u32 = 2;

/// How many validation messages go into one problem.
const MESSAGES_MAX: usize = 10;

/// How long a problem's message gets, in characters.
const MESSAGE_CHARS: usize = 600;

/// The address of one record, or of something about it.
pub(crate) fn record_url(collection: &str, id: &str) -> String {
    format!("{ACCOUNTING}/{collection}/{}", encode(id))
}

/// Sends a request and reads the reply's JSON.
pub(crate) fn call<T: DeserializeOwned>(host: &dyn Host, request: Request) -> Result<T, Problem> {
    read(&host.send(request)?)
}

/// The contacts of these ids, archived ones too; ids that Xero does not know are left out.
pub(crate) fn contacts(host: &dyn Host, ids: &[String]) -> Result<Vec<wire::Contact>, Problem> {
    let pages = by_ids(host, "Contacts", ("includeArchived", "true"), ids)?;
    Ok(pages.into_iter().flat_map(|page: wire::Contacts| page.contacts).collect())
}

/// The invoices and bills of these ids; ids that Xero does not know are left out.
pub(crate) fn invoices(host: &dyn Host, ids: &[String]) -> Result<Vec<wire::Invoice>, Problem> {
    let pages = by_ids(host, "Invoices", ("unitdp", "4"), ids)?;
    Ok(pages.into_iter().flat_map(|page: wire::Invoices| page.invoices).collect())
}

/// Reads a collection by ids, [`IDS_MAX`] in a request. With a page Xero answers whole records;
/// without one, summaries.
fn by_ids<T: DeserializeOwned>(
    host: &dyn Host,
    collection: &str,
    option: (&str, &str),
    ids: &[String],
) -> Result<Vec<T>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let request = |ids: &[String]| {
        Request::get(format!("{ACCOUNTING}/{collection}"))
            .query("IDs", ids.join(","))
            .query("page", 1)
            .query("pageSize", IDS_MAX)
            .query(option.0, option.1)
    };
    let requests = ids.chunks(IDS_MAX).map(request).collect();
    host.send_many(requests, CONCURRENCY).into_iter().map(|reply| read(&reply?)).collect()
}

/// The JSON of a good reply, or the problem that Xero states.
fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Problem> {
    if reply.is_success() { reply.body_json() } else { Err(refusal(reply)) }
}

/// Xero's `Error`: what a 400 carries.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refused {
    message: Option<String>,
    elements: Vec<Element>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Element {
    validation_errors: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Message {
    message: String,
}

/// The problem that a reply which is not 2xx means. A 400 is `rejected` with Xero's own
/// validation messages, and the whole of what it said in the details.
fn refusal(reply: &Reply) -> Problem {
    let problem = reply.problem();
    let message = match reply.status {
        400 => validation_messages(reply).map(|said| format!("xero refused it: {said}")),
        // `minute`, `day`, `concurrent` or `appminute`, as clients report it.
        429 => reply
            .get_header("x-rate-limit-problem")
            .map(|limit| format!("xero asks to slow down (429): the `{limit}` limit is reached")),
        _ => None,
    };
    match message {
        Some(message) => Problem { message, ..problem },
        None => problem,
    }
}

/// The validation messages of a 400, each once, in one line of bounded length; the general
/// message where there are none.
fn validation_messages(reply: &Reply) -> Option<String> {
    let refused: Refused = reply.body_json().ok()?;
    let mut messages: Vec<String> = Vec::new();
    let said = refused.elements.into_iter().flat_map(|element| element.validation_errors);
    for message in said.map(|error| one_line(&error.message)) {
        if !message.is_empty() && !messages.contains(&message) && messages.len() < MESSAGES_MAX {
            messages.push(message);
        }
    }
    if messages.is_empty() {
        messages.extend(refused.message.map(|message| one_line(&message)));
    }
    let line: String = messages.join("; ").chars().take(MESSAGE_CHARS).collect();
    (!line.is_empty()).then_some(line)
}

/// The text with every run of white space as one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jackfield_sdk::code;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_refusal_says_each_validation_message_once() {
        let body = include_str!("../fixtures/validation_error.json");
        let problem = read::<Value>(&Reply::new(400).body(body)).unwrap_err();
        assert!(problem.is(code::REJECTED));
        assert_eq!(
            problem.message,
            "xero refused it: Account code '999' is not a valid code for this document.; \
             Invoice not of valid status for modification"
        );
        assert_eq!(problem.details.unwrap()["body"]["Type"], "ValidationException");
    }

    #[test]
    fn a_refusal_without_elements_says_its_message() {
        let reply = Reply::new(400).with_json(&json!({"Message": "No data\r\n provided"}));
        let problem = read::<Value>(&reply).unwrap_err();
        assert_eq!(problem.message, "xero refused it: No data provided");
    }

    #[test]
    fn a_refusal_that_is_not_json_is_still_a_refusal() {
        let problem = read::<Value>(&Reply::new(400).body("<html>")).unwrap_err();
        assert!(problem.is(code::REJECTED));
        assert_eq!(problem.message, "the system said no (400)");
    }

    #[test]
    fn a_limit_is_named_and_its_wait_is_kept() {
        let reply =
            Reply::new(429).header("Retry-After", "17").header("X-Rate-Limit-Problem", "minute");
        let problem = read::<Value>(&reply).unwrap_err();
        assert!(problem.is(code::RATE_LIMITED));
        assert!(problem.message.contains("`minute`"), "{}", problem.message);
        assert_eq!(problem.retry_after_ms, Some(17_000));
    }

    #[test]
    fn many_and_long_messages_are_cut() {
        let errors: Vec<Value> =
            (0..50).map(|n| json!({"Message": format!("{n}{}", "é".repeat(300))})).collect();
        let body = json!({"Elements": [{"ValidationErrors": errors}]});
        let line = validation_messages(&Reply::new(400).with_json(&body)).unwrap();
        assert_eq!(line.chars().count(), MESSAGE_CHARS);
    }

    #[test]
    fn an_id_cannot_break_out_of_the_path() {
        assert_eq!(record_url("Invoices", "../x?y"), format!("{ACCOUNTING}/Invoices/..%2Fx%3Fy"));
    }
}
