//! A vendor's own description of its API, in whichever language it is written: OpenAPI 3, Swagger 2,
//! or what GraphQL's introspection answers.

use serde_json::Value;

use super::{
    graphql::Schema,
    openapi::{Answered, Asking, File},
};
use crate::egress::Asked;

/// What a vendor says of its API.
#[derive(Debug)]
pub enum Description {
    /// In OpenAPI or Swagger.
    OpenApi(Box<File>),
    /// In GraphQL.
    GraphQl(Box<Schema>),
}

impl Description {
    /// Reads the text of one.
    ///
    /// # Errors
    /// What it is instead.
    pub fn read(text: &str) -> Result<Self, String> {
        // Introspection is JSON, and read as that: it is far longer than what is read as YAML.
        let answer = text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok());
        let schema = answer.flatten().and_then(|answer: Value| Schema::read(&answer));
        match schema {
            Some(schema) => schema.map(|schema| Self::GraphQl(Box::new(schema))),
            None => File::read(text).map(|file| Self::OpenApi(Box::new(file))),
        }
    }

    /// Whether a request is one that it is about.
    pub fn is_about(&self, asked: &Asked) -> bool {
        match self {
            Self::OpenApi(file) => url(asked).is_some_and(|url| file.is_about(&url)),
            Self::GraphQl(_) => asked.method == "POST" && asks(&asked.body),
        }
    }

    /// What is wrong with a request.
    pub fn check_ask(&self, asked: &Asked) -> Vec<String> {
        match self {
            Self::OpenApi(file) => {
                as_asking(file, asked, |asking, path| file.check_ask(asking, path))
            }
            Self::GraphQl(schema) => schema.check_ask(&asked.body),
        }
    }

    /// What is wrong with what a request was answered.
    pub fn check_reply(&self, asked: &Asked, status: u16, body: &[u8]) -> Vec<String> {
        match self {
            Self::OpenApi(file) => as_asking(file, asked, |asking, path| {
                file.check_reply(asking, path, &Answered { status, body })
            }),
            Self::GraphQl(schema) => schema.check_reply(&asked.body, body),
        }
    }
}

fn url(asked: &Asked) -> Option<url::Url> {
    url::Url::parse(&asked.url).ok()
}

/// Whether a body is a request of GraphQL.
fn asks(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["query"].is_string())
}

fn as_asking(
    file: &File,
    asked: &Asked,
    check: impl FnOnce(&Asking<'_>, &str) -> Vec<String>,
) -> Vec<String> {
    let Some(url) = url(asked) else { return Vec::new() };
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    let (method, headers, body) = (&asked.method, &asked.headers, &asked.body);
    check(&Asking { method, query: &query, headers, body }, &file.path_of(&url))
}
