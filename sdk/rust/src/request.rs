//! A request to the system. Builds the URL's query, the headers and the body; the credential is
//! the host's and never passes through here.

use serde::Serialize;

use crate::header::{self, Header};
use crate::{Problem, encode};

/// An HTTP request that the host is asked to send.
///
/// ```
/// use jackfield_sdk::Request;
///
/// let request = Request::get("https://api.example/people").query("name", "A & B");
/// assert_eq!(request.url, "https://api.example/people?name=A%20%26%20B");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In upper case, such as `GET`.
    pub method: String,
    /// Absolute, at an origin that the manifest asks for in `[[egress]]`.
    pub url: String,
    /// In order.
    pub headers: Vec<Header>,
    /// Up to 10 MiB.
    pub body: Option<Vec<u8>>,
    /// Room for later versions of the contract: names and values.
    pub ext: Vec<(String, String)>,
}

impl Request {
    /// A request with any method.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            ext: Vec::new(),
        }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// A `PUT`.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new("PUT", url)
    }

    /// A `PATCH`.
    pub fn patch(url: impl Into<String>) -> Self {
        Self::new("PATCH", url)
    }

    /// A `DELETE`.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new("DELETE", url)
    }

    /// With one more name and value in the query, both percent-encoded here.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(&encode(name));
        self.url.push('=');
        self.url.push_str(&encode(&value.to_string()));
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// With these bytes as the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With `value` as a JSON body, and the `content-type` that says so.
    ///
    /// # Errors
    /// `invalid` if `value` cannot be written as JSON, such as a map whose keys are not text.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value)
            .map_err(|error| Problem::invalid(format!("the body is not json: {error}")))?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// With names and values as a form body, and the `content-type` that says so.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&"))
    }

    /// The value of the first header of this name.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        header::find(&self.headers, name)
    }

    /// The body as JSON, for tests that look at what was sent; null where there is no JSON.
    pub fn body_json(&self) -> serde_json::Value {
        let body = self.body.as_deref().unwrap_or_default();
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_second_query_pair_is_joined_with_an_ampersand() {
        let request = Request::get("https://a.example/x?one=1").query("two", 2);
        assert_eq!(request.url, "https://a.example/x?one=1&two=2");
    }

    #[test]
    fn a_value_cannot_break_out_of_the_query() {
        let request = Request::get("https://a.example/").query("q", "x&admin=1#y");
        assert_eq!(request.url, "https://a.example/?q=x%26admin%3D1%23y");
    }

    #[test]
    fn a_json_body_says_what_it_is() {
        let request = Request::post("https://a.example/").json(&json!({"a": 1})).unwrap();
        assert_eq!(request.get_header("Content-Type"), Some("application/json"));
        assert_eq!(request.body_json(), json!({"a": 1}));
    }

    #[test]
    fn a_form_is_encoded() {
        let request = Request::post("https://a.example/").form(&[("a", "1 2"), ("b", "&")]);
        assert_eq!(request.body.as_deref(), Some(&b"a=1%202&b=%26"[..]));
    }
}
