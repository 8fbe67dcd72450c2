//! One call: the host, the manifest, and the values that expressions may use.
//!
//! Owns the variables. Each is always bound, to null where it has no value, so that an expression
//! reads the same wherever it stands. Evaluation is the expression crate's; here it gets its words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jackfield_sdk::{Host, Problem, rfc3339};
use jackfield_vocabulary::{Discover, Entity, Http, Jq, VARIABLES};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{json, read, send};

/// An entity of the manifest, with its name.
pub(crate) struct Named {
    /// Such as `contact`.
    pub(crate) name: String,
    /// What the manifest says of it.
    pub(crate) of: Entity,
}

/// One call.
pub(crate) struct Desk<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) http: Http,
    /// What is the same for the whole call.
    base: BTreeMap<&'static str, String>,
    found: RefCell<Option<String>>,
    discover: BTreeMap<String, Discover>,
}

/// Values for some variables, as JSON text.
pub(crate) type Vars<'a> = &'a [(&'static str, &'a str)];

impl<'h> Desk<'h> {
    /// Begins a call.
    pub(crate) fn open(host: &'h dyn Host) -> Result<Self, Problem> {
        let http = block(host, &["http"])?.unwrap_or_default();
        let discover = block(host, &["discover"])?.unwrap_or_default();
        let key = host.idempotency_key().map_or("null".into(), |key| json::string(&key));
        let base = BTreeMap::from([
            ("settings", host.settings().to_json()),
            ("now", json::string(&rfc3339(host.now_ms()))),
            ("key", key),
        ]);
        Ok(Self { host, http, base, found: RefCell::new(None), discover })
    }

    /// A block of the manifest, or a thing in one.
    pub(crate) fn block<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>, Problem> {
        block(self.host, path)
    }

    /// An entity of the manifest.
    pub(crate) fn entity(&self, name: &str) -> Result<Named, Problem> {
        let of = self.block(&["entities", name])?;
        let of = of.ok_or_else(|| {
            Problem::invalid(format!("the manifest has no `[entities.{name}]`; check the name"))
        })?;
        Ok(Named { name: name.to_owned(), of })
    }

    /// The value of a program on `input`, as JSON text. `what` is the key that holds it.
    pub(crate) fn value(
        &self,
        what: &str,
        jq: &Jq,
        input: &str,
        vars: Vars<'_>,
    ) -> Result<String, Problem> {
        self.values(what, &[jq.text()], input, vars).map(|mut all| all.remove(0))
    }

    /// The value of a program that may not be there.
    pub(crate) fn maybe(
        &self,
        what: &str,
        jq: Option<&Jq>,
        otherwise: &str,
        input: &str,
        vars: Vars<'_>,
    ) -> Result<String, Problem> {
        match jq {
            Some(jq) => self.value(what, jq, input, vars),
            None => self.values(what, &[otherwise], input, vars).map(|mut all| all.remove(0)),
        }
    }

    /// The values of some programs on one input, in their order.
    pub(crate) fn values(
        &self,
        what: &str,
        programs: &[&str],
        input: &str,
        vars: Vars<'_>,
    ) -> Result<Vec<String>, Problem> {
        if programs.iter().any(|program| program.contains("$found")) {
            self.discover()?;
        }
        let found = self.found.borrow();
        let of = |name: &str| {
            let given = vars.iter().find(|(one, _)| *one == name).map(|(_, value)| *value);
            let base = || self.base.get(name).map(String::as_str);
            let found = || found.as_deref().filter(|_| name == "found");
            given.or_else(base).or_else(found).unwrap_or("null")
        };
        let bound = json::object(VARIABLES.map(|name| (name, of(name))));
        jackfield_expressions::evaluate(programs, input, &bound, jackfield_expressions::none)
            .map_err(|failure| Problem::invalid(format!("`{what}` of the manifest: {failure}")))
    }

    /// Finds what `[discover]` asks for, once for a call; what was kept is taken.
    fn discover(&self) -> Result<(), Problem> {
        if self.found.borrow().is_some() {
            return Ok(());
        }
        // While it is looked for, what looks sees nothing found, and so cannot go in circles.
        *self.found.borrow_mut() = Some("{}".into());
        let mut all = Vec::new();
        for (name, one) in &self.discover {
            all.push((name.as_str(), read::discovered(self, name, one)?));
        }
        let all = json::object(all.iter().map(|(name, value)| (*name, value.as_str())));
        *self.found.borrow_mut() = Some(all);
        Ok(())
    }

    /// Where paths begin, without a slash at its end.
    pub(crate) fn base_url(&self, vars: Vars<'_>) -> Result<String, Problem> {
        let base = match &self.http.base {
            Some(base) => send::text(self, "base", base, "null", vars, send::Into::Url)?,
            None => self.first_origin()?,
        };
        Ok(base.trim_end_matches('/').to_owned())
    }

    /// The first `[[egress]]`, with its params filled in.
    pub(crate) fn first_origin(&self) -> Result<String, Problem> {
        #[derive(serde::Deserialize)]
        struct Egress {
            origin: jackfield_vocabulary::Template,
        }
        let rules: Vec<Egress> = self.block(&["egress"])?.unwrap_or_default();
        let first = rules.first().ok_or_else(|| {
            Problem::invalid("the manifest has no `[[egress]]`; add one with the api's origin")
        })?;
        send::text(self, "origin", &first.origin, "null", &[], send::Into::Url)
    }
}

fn block<T: DeserializeOwned>(host: &dyn Host, path: &[&str]) -> Result<Option<T>, Problem> {
    let Some(block): Option<Value> = host.manifest(path) else { return Ok(None) };
    serde_json::from_value(block).map(Some).map_err(|error| {
        Problem::invalid(format!("`[{}]` of the manifest does not read: {error}", path.join(".")))
    })
}
