//! Between the SDK's own types and the records of the contract, field by field.

use serde_json::Value;

use super::bindings::host::jackfield::connector::types as wit;
use crate::{Call, Delivery, Event, Header, Page, Problem, Query, Reply, Request};

impl From<wit::Header> for Header {
    fn from(header: wit::Header) -> Self {
        Self { name: header.name, value: header.value }
    }
}

impl From<Header> for wit::Header {
    fn from(header: Header) -> Self {
        Self { name: header.name, value: header.value }
    }
}

/// Each item converted.
fn all<A: Into<B>, B>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(Into::into).collect()
}

impl From<Request> for wit::Request {
    fn from(request: Request) -> Self {
        let Request { method, url, headers, body, ext } = request;
        Self { method, url, headers: all(headers), body, ext }
    }
}

impl From<wit::Reply> for Reply {
    fn from(reply: wit::Reply) -> Self {
        let wit::Reply { status, headers, body, ext } = reply;
        Self { status, headers: all(headers), body, ext }
    }
}

impl From<wit::Problem> for Problem {
    fn from(problem: wit::Problem) -> Self {
        let wit::Problem { code, message, retry_after_ms, details } = problem;
        // Details that are not JSON, which the contract forbids, are kept as text.
        let details =
            details.map(|text| Box::new(serde_json::from_str(&text).unwrap_or(Value::from(text))));
        Self { code, message, retry_after_ms, details }
    }
}

impl From<Problem> for wit::Problem {
    fn from(problem: Problem) -> Self {
        let Problem { code, message, retry_after_ms, details } = problem;
        Self { code, message, retry_after_ms, details: details.map(|value| value.to_string()) }
    }
}

impl From<wit::Delivery> for Delivery {
    fn from(delivery: wit::Delivery) -> Self {
        let wit::Delivery { id, received_at_ms, method, path, query, headers, body, ext } =
            delivery;
        Self { id, received_at_ms, method, path, query, headers: all(headers), body, ext }
    }
}

impl From<Event> for wit::Event {
    fn from(event: Event) -> Self {
        let Event { kind, key, record, occurred_at_ms, ext } = event;
        Self { kind, key, record: record.to_string(), occurred_at_ms, ext }
    }
}

impl From<wit::Call> for Call {
    fn from(call: wit::Call) -> Self {
        let wit::Call { action, input, ext } = call;
        Self { action, input, ext }
    }
}

impl From<wit::Query> for Query {
    fn from(query: wit::Query) -> Self {
        let wit::Query { entity, cursor, limit, ext } = query;
        Self { entity, cursor, limit, ext }
    }
}

impl From<Page> for wit::Page {
    fn from(page: Page) -> Self {
        let Page { records, cursor, more, ext } = page;
        let records = records.iter().map(Value::to_string).collect();
        Self { records, cursor, more, ext }
    }
}
