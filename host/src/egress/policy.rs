//! The policy of one connection: where it may go, by which methods and paths, with what.
//!
//! Deny by default; pure, without a clock or a socket. Promises that a refusal shows the manifest
//! lines that would allow the request. Never judges addresses: that is `address`, after names
//! are resolved.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::{
    budget::Rate, credential::Credential, graphql, issuer::Auth, origin::Origin, path::climbs,
    told::Told,
};

/// One `[[egress]]` of the manifest, as the operator granted it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where.
    pub origin: Origin,
    /// The methods, in upper case. None of them, no request.
    pub methods: Vec<String>,
    /// Prefixes of paths. A prefix ends where a word ends: `/v1` holds `/v1`, `/v1/x` and
    /// `/v1.json`, not `/v10`; `/contacts.` holds `/contacts.list`.
    pub paths: Vec<String>,
    /// What shows who is asking; none leaves the request bare.
    pub auth: Option<Auth>,
    /// Exact paths of which a POST changes nothing at the system.
    pub safe_posts: Vec<String>,
    /// Exact paths of which a POST that only queries, in GraphQL, changes nothing at the system.
    pub graphql: Vec<String>,
    /// Where requests really go: a vendor's sandbox, or a twin in a test. The connector sees the
    /// real origin. An address literal or `localhost` here is admitted by the guard, for this
    /// rule alone, and is sent the real origin's `host` header; a name is judged as any
    /// other name and is sent its own.
    pub redirect_to: Option<Origin>,
}

impl Rule {
    fn holds_path(&self, path: &str) -> bool {
        self.paths.iter().any(|prefix| {
            path.strip_prefix(prefix.as_str()).is_some_and(|rest| {
                let open = prefix.ends_with(|c: char| !is_word(c));
                open || !rest.starts_with(is_word)
            })
        })
    }

    /// Whether a request under this rule may change something at the system.
    pub(super) fn mutates(&self, method: &str, path: &str, body: &[u8]) -> bool {
        let among = |paths: &[String]| paths.iter().any(|one| one == path);
        let is_safe =
            || among(&self.safe_posts) || among(&self.graphql) && graphql::only_reads(body);
        changes(method) && !(method == "POST" && is_safe())
    }
}

/// Whether a character goes on with the word before it. `%` and `~` do, because a path may be
/// decoded further on.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '%' | '~')
}

/// Whether a method is one that changes things (RFC 9110, section 9.2.1, names those that do not).
pub(super) fn changes(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// What one connection may reach: the manifest's rules within the operator's grant.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    rules: Vec<Rule>,
    headers: Vec<(String, String)>,
    rates: Vec<Rate>,
    concurrency: Option<u32>,
    told: Vec<Told>,
    breakers: bool,
}

impl Policy {
    /// A policy of `rules`, of which the first that fits a request holds; `headers` are added to
    /// every request.
    pub fn new(rules: Vec<Rule>, headers: Vec<(String, String)>) -> Self {
        Self { rules, headers, ..Self::default() }
    }

    /// The same within a budget: at most so many requests in each window, and at most
    /// `concurrency` at a time (at least 1; none for the host's own bound).
    #[must_use]
    pub fn within(self, rates: Vec<Rate>, concurrency: Option<u32>) -> Self {
        Self { rates, concurrency, ..self }
    }

    /// The same, heeding what replies tell of the budget's windows.
    #[must_use]
    pub fn heeding(self, told: Vec<Told>) -> Self {
        Self { told, ..self }
    }

    /// The same, leaving an origin alone that fails again and again.
    #[must_use]
    pub fn with_breakers(self) -> Self {
        Self { breakers: true, ..self }
    }

    /// The rule that allows a request.
    ///
    /// # Errors
    /// Why there is none, with the lines that would make one.
    pub fn allows(&self, method: &str, url: &Url) -> Result<&Rule, Refusal> {
        let origin = Origin::of(url);
        let refuse = |short: Short| Refusal {
            method: method.to_owned(),
            origin: origin.as_ref().map_or_else(|| url.scheme().to_owned(), Origin::to_string),
            path: url.path().to_owned(),
            short,
        };
        if climbs(url.path()) {
            return Err(refuse(Short::Climbs));
        }
        let mut short = Short::Origin;
        for rule in self.rules.iter().filter(|rule| Some(&rule.origin) == origin.as_ref()) {
            let method = rule.methods.iter().any(|granted| granted == method);
            match (method, rule.holds_path(url.path())) {
                (true, true) => return Ok(rule),
                (false, true) => short = Short::Method,
                (true, false) if short == Short::Origin => short = Short::Path,
                (..) if short == Short::Origin => short = Short::Both,
                (..) => {}
            }
        }
        Err(refuse(short))
    }

    /// Whether a request may change something at the system. One that no rule allows is judged
    /// by its method, so that it counts the same before and after it is granted.
    pub fn mutates(&self, method: &str, url: &str, body: &[u8]) -> bool {
        match Url::parse(url) {
            Ok(url) => match self.allows(method, &url) {
                Ok(rule) => rule.mutates(method, url.path(), body),
                Err(_) => changes(method),
            },
            Err(_) => changes(method),
        }
    }

    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    pub(super) fn rates(&self) -> &[Rate] {
        &self.rates
    }

    pub(super) fn concurrency(&self) -> Option<u32> {
        self.concurrency
    }

    pub(super) fn told(&self) -> &[Told] {
        &self.told
    }

    pub(super) fn has_breakers(&self) -> bool {
        self.breakers
    }

    /// The credentials that stay as they are.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.rules.iter().filter_map(|rule| match &rule.auth {
            Some(Auth::Fixed(credential)) => Some(credential),
            Some(Auth::Issued(_)) | None => None,
        })
    }

    /// Whether an origin is a stand-in that the guard admits.
    pub(super) fn is_admitted(&self, origin: &Origin) -> bool {
        let mut stand_ins = self.rules.iter().filter_map(|rule| rule.redirect_to.as_ref());
        origin.is_pinned() && stand_ins.any(|stand_in| stand_in == origin)
    }
}

/// What a request fell short of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Short {
    Origin,
    Method,
    Path,
    Both,
    Climbs,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "the origin is not granted",
            Self::Method => "the method is not granted there",
            Self::Path => "the path is not granted there",
            Self::Both => "the method and the path are not granted there",
            Self::Climbs => "the path climbs with `.` or `..`",
        })
    }
}

/// Why a request is not allowed. Its text is one line; [`Refusal::lines`] are the manifest's.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("`{method} {origin}{path}` is refused: {short}{}", self.hint())]
pub struct Refusal {
    method: String,
    origin: String,
    path: String,
    short: Short,
}

impl Refusal {
    /// The lines of `connector.toml` that would allow the request; none where no lines can.
    pub fn lines(&self) -> Option<String> {
        (self.short != Short::Climbs).then(|| {
            format!(
                "[[egress]]\norigin = \"{}\"\nmethods = [\"{}\"]\npaths = [\"{}\"]",
                self.origin, self.method, self.path
            )
        })
    }

    fn hint(&self) -> String {
        match self.lines() {
            Some(lines) => {
                format!("; hint: allowed by `{}` in connector.toml", lines.replace('\n', " "))
            }
            None => "; hint: write the path out".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
