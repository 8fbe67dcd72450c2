//! From a request of the manifest to one of HTTP: holes are filled, the body is written, and the
//! reply is read and judged.

use jackfield_sdk::{Problem, Reply, code, encode};
use jackfield_vocabulary::{Body, Part, Request, Template};

use crate::{
    desk::{Desk, Vars},
    failure::judged,
    json,
    reply::{self, Read},
};

/// The type of an XML body (SOAP 1.1, section 6).
const XML: &str = "text/xml; charset=utf-8";
/// How a value becomes part of a text of XML: an object becomes elements, and a text is escaped.
const INTO_XML: &str = "if type == \"object\" then to_xml elif . == null then \"\" else \
                        (if type == \"string\" then . else tostring end | @html) end";

/// What the value of a hole becomes a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// A path or a query: percent-encoded.
    Escaped,
    /// The beginning of a URL: as it is.
    Url,
    /// A header: as it is, on one line.
    Header,
    /// XML.
    Xml,
}

/// Sends a request and answers the reply, unless it is a failure. A status among `absent` gives
/// none. `fields` is the body of a request that has none of its own.
pub(crate) fn ask(
    desk: &Desk<'_>,
    request: &Request,
    absent: &[u16],
    fields: Option<&str>,
    input: &str,
    vars: Vars<'_>,
) -> Result<Option<Read>, Problem> {
    let made = made(desk, request, fields, input, vars)?;
    answered(desk, desk.host.send(made)?, absent)
}

/// Reads and judges a reply. Where a 404 is no failure, neither is what the manifest calls
/// `not-found`: not every system says that with a status.
pub(crate) fn answered(
    desk: &Desk<'_>,
    reply: Reply,
    absent: &[u16],
) -> Result<Option<Read>, Problem> {
    if absent.contains(&reply.status) {
        return Ok(None);
    }
    match judged(desk, reply::read(desk, reply)?) {
        Err(problem) if problem.is(code::NOT_FOUND) && absent.contains(&404) => Ok(None),
        judged => judged.map(Some),
    }
}

/// The request as HTTP has it.
pub(crate) fn made(
    desk: &Desk<'_>,
    request: &Request,
    fields: Option<&str>,
    input: &str,
    vars: Vars<'_>,
) -> Result<jackfield_sdk::Request, Problem> {
    let mut made = jackfield_sdk::Request::new(request.method, url(desk, request, input, vars)?);
    for (name, value) in &request.query {
        if let Some(value) = optional(desk, value, input, vars, Into::Header)? {
            made = made.query(name, value);
        }
    }
    for (name, value) in &request.headers {
        if let Some(value) = optional(desk, value, input, vars, Into::Header)? {
            made = made.header(name, value);
        }
    }
    match &request.body {
        Some(body) => written(desk, made, body, input, vars),
        None => Ok(match fields {
            Some(fields) => made.header("content-type", "application/json").body(fields),
            None => made,
        }),
    }
}

/// Where a request goes, without its query.
fn url(desk: &Desk<'_>, request: &Request, input: &str, vars: Vars<'_>) -> Result<String, Problem> {
    let path = text(desk, "request", &request.path, input, vars, Into::Escaped)?;
    if path.starts_with("https://") {
        return Ok(path);
    }
    Ok(format!("{}{path}", desk.base_url(vars)?))
}

/// The text of a template that is left out where it is one hole without a value.
fn optional(
    desk: &Desk<'_>,
    template: &Template,
    input: &str,
    vars: Vars<'_>,
    into: Into,
) -> Result<Option<String>, Problem> {
    match template.only_hole() {
        Some(jq) => Ok(json::plain(&desk.value("request", jq, input, vars)?)),
        None => text(desk, "request", template, input, vars, into).map(Some),
    }
}

/// The text of a template.
pub(crate) fn text(
    desk: &Desk<'_>,
    what: &str,
    template: &Template,
    input: &str,
    vars: Vars<'_>,
    into: Into,
) -> Result<String, Problem> {
    let program = |jq: &jackfield_vocabulary::Jq| match into {
        Into::Xml => format!("({}\n) | {INTO_XML}", jq.text()),
        _ => jq.text().to_owned(),
    };
    let programs: Vec<String> = template.holes().map(program).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let mut values = desk.values(what, &programs, input, vars)?.into_iter();
    let mut all = String::new();
    for (index, part) in template.parts().iter().enumerate() {
        match part {
            Part::Text(text) => all.push_str(text),
            Part::Hole(jq) => {
                let value = values.next().and_then(|value| json::plain(&value));
                let value = value.unwrap_or_default();
                match into {
                    Into::Escaped if value.is_empty() => {
                        return Err(Problem::invalid(format!(
                            "`{}` of `{what}` gives nothing, and a path needs something there",
                            jq.text()
                        )));
                    }
                    Into::Escaped if index == 0 => all.push_str(value.trim_end_matches('/')),
                    Into::Escaped => all.push_str(&encode(&value)),
                    Into::Url | Into::Header | Into::Xml => all.push_str(&value),
                }
            }
        }
    }
    Ok(all)
}

/// The request with its body.
fn written(
    desk: &Desk<'_>,
    request: jackfield_sdk::Request,
    body: &Body,
    input: &str,
    vars: Vars<'_>,
) -> Result<jackfield_sdk::Request, Problem> {
    Ok(match body {
        Body::Json(jq) => {
            let body = desk.value("body", jq, input, vars)?;
            request.header("content-type", "application/json").body(body)
        }
        Body::Form(jq) => {
            let fields = "to_entries[] | select(.value != null) | [.key, (.value | if type == \
                          \"string\" then . else tostring end)]";
            let program = format!("[({}\n) | {fields}]", jq.text());
            let fields = desk.values("form", &[&program], input, vars)?.remove(0);
            let fields: Vec<(String, String)> = serde_json::from_str(&fields)
                .map_err(|_| Problem::invalid("`form` of the manifest gives no object"))?;
            let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            request.form(&fields)
        }
        Body::GraphQl { document, variables } => {
            let variables = desk.maybe("variables", variables.as_ref(), "{}", input, vars)?;
            let query = json::string(document);
            let body = json::object([("query", query.as_str()), ("variables", variables.as_str())]);
            request.header("content-type", "application/json").body(body)
        }
        Body::Xml(template) => {
            let body = text(desk, "xml", template, input, vars, Into::Xml)?;
            let named = request.get_header("content-type").is_some();
            let request = if named { request } else { request.header("content-type", XML) };
            request.body(body)
        }
    })
}
