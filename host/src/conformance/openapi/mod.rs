//! Vendors' own descriptions of their APIs, against which requests and answers are held.
//!
//! Owns reading them: OpenAPI 3, and Swagger 2, which is turned into the former. Judges what is
//! handed to it and fetches nothing.

mod operation;
mod schema;
mod swagger;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use operation::File;

/// A request as it is held against a description.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The method.
    pub method: &'a str,
    /// Names and values of the query, decoded.
    pub query: &'a [(String, String)],
    /// Names, in lower case, and values of the headers.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// An answer as it is held against a description.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Asking<'_> {
    /// The value of a parameter of the query.
    fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header.
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl File {
    /// Reads the text of a description, in YAML or JSON.
    ///
    /// # Errors
    /// What it is instead.
    pub fn read(text: &str) -> Result<Self, String> {
        let root: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let root = swagger::as_openapi(root);
        Self::new(root).ok_or_else(|| "it has no `paths`".to_owned())
    }

    /// Whether a URL is among those that it is about: below one of its servers, where it names
    /// any. A vendor may describe another part of its API elsewhere.
    pub fn is_about(&self, url: &url::Url) -> bool {
        let mut bases = self.bases().peekable();
        bases.peek().is_none() || bases.any(|base| below(&base, url).is_some())
    }

    /// The path of a URL within the description: without what its servers begin with.
    pub fn path_of(&self, url: &url::Url) -> String {
        let paths = self.bases().filter_map(|base| below(&base, url));
        let known = paths.filter(|path| self.has(path)).max_by_key(String::len);
        known.unwrap_or_else(|| url.path().to_owned())
    }

    /// What the URLs of each of its servers begin with.
    fn bases(&self) -> impl Iterator<Item = String> {
        let servers = self.at("/servers").and_then(Value::as_array).into_iter().flatten();
        servers.filter_map(|server| server["url"].as_str()).map(base)
    }
}

/// The path that the URLs of a server begin with.
fn base(server: &str) -> String {
    url::Url::parse(server).map_or_else(|_| server.to_owned(), |server| server.path().to_owned())
}

/// What follows that in the path of a URL.
fn below(base: &str, url: &url::Url) -> Option<String> {
    let rest = url.path().strip_prefix(base.trim_end_matches('/'))?;
    rest.starts_with('/').then(|| rest.to_owned())
}
