//! Vendors' descriptions in GraphQL: what introspection answers, against which documents, variables
//! and answers are held.
//!
//! Owns the schema and the rules; `graphql-parser` reads the language. Judges what is handed to it
//! and fetches nothing.

mod ask;
mod reply;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use graphql_parser::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, SelectionSet,
    VariableDefinition, parse_query,
};
use serde::Deserialize;
use serde_json::{Map, Value};

pub use schema::Schema;

/// The most mistakes that are told of one document or answer.
const MISTAKES_MAX: usize = 5;

/// A request's body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    query: String,
    variables: Option<Map<String, Value>>,
    operation_name: Option<String>,
}

/// The operation of a document that is meant, and the fragments beside it.
struct Operation<'d> {
    /// `query`, `mutation` or `subscription`.
    word: &'static str,
    variables: &'d [VariableDefinition<'static, String>],
    asks: &'d SelectionSet<'static, String>,
    fragments: BTreeMap<&'d str, &'d FragmentDefinition<'static, String>>,
}

impl Schema {
    /// What is wrong with the body of a request.
    pub fn check_ask(&self, body: &[u8]) -> Vec<String> {
        let posted: Posted = match serde_json::from_slice(body) {
            Ok(posted) => posted,
            Err(error) => return vec![format!("it is no request of GraphQL: {error}")],
        };
        let document = match parse_query::<String>(&posted.query) {
            Ok(document) => document.into_static(),
            Err(error) => return vec![format!("its document: {}", one_line(&error.to_string()))],
        };
        let Some(operation) = Operation::of(&document, posted.operation_name.as_deref()) else {
            return vec!["it does not say which operation is meant".to_owned()];
        };
        let mut wrong = ask::wrong(self, &operation, &posted.variables.unwrap_or_default());
        wrong.truncate(MISTAKES_MAX);
        wrong
    }

    /// What is wrong with an answer to a request; nothing where the request is none, or the answer
    /// has no data.
    pub fn check_reply(&self, body: &[u8], answer: &[u8]) -> Vec<String> {
        let posted = serde_json::from_slice::<Posted>(body);
        let (Ok(posted), Ok(answer)) = (posted, serde_json::from_slice::<Value>(answer)) else {
            return Vec::new();
        };
        let Ok(document) = parse_query::<String>(&posted.query).map(Document::into_static) else {
            return Vec::new();
        };
        let operation = Operation::of(&document, posted.operation_name.as_deref());
        let data = answer.get("data").filter(|data| !data.is_null());
        let mut wrong = match (operation, data) {
            (Some(operation), Some(data)) => reply::wrong(self, &operation, data),
            _ => Vec::new(),
        };
        wrong.truncate(MISTAKES_MAX);
        wrong
    }
}

impl<'d> Operation<'d> {
    /// The operation of a name, or the only one.
    fn of(document: &'d Document<'static, String>, name: Option<&str>) -> Option<Self> {
        let mut fragments = BTreeMap::new();
        let mut all = Vec::new();
        for definition in &document.definitions {
            match definition {
                Definition::Fragment(one) => drop(fragments.insert(one.name.as_str(), one)),
                Definition::Operation(one) => all.push(parts(one)),
            }
        }
        let mut meant = all.iter().filter(|(_, own, ..)| name.is_none() || *own == name);
        let (Some((word, _, variables, asks)), None) = (meant.next(), meant.next()) else {
            return None;
        };
        Some(Self { word, variables, asks, fragments })
    }
}

/// An operation's word, name, variables and selection.
type Parts<'d> = (
    &'static str,
    Option<&'d str>,
    &'d [VariableDefinition<'static, String>],
    &'d SelectionSet<'static, String>,
);

fn parts<'d>(operation: &'d OperationDefinition<'static, String>) -> Parts<'d> {
    match operation {
        OperationDefinition::SelectionSet(asks) => ("query", None, &[], asks),
        OperationDefinition::Query(one) => {
            ("query", one.name.as_deref(), &one.variable_definitions, &one.selection_set)
        }
        OperationDefinition::Mutation(one) => {
            ("mutation", one.name.as_deref(), &one.variable_definitions, &one.selection_set)
        }
        OperationDefinition::Subscription(one) => {
            ("subscription", one.name.as_deref(), &one.variable_definitions, &one.selection_set)
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
