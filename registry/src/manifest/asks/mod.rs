//! What a manifest asks for, as a list that can be approved, kept and compared.
//!
//! Owns the wording: two releases ask for the same thing exactly if the lines are equal. Promises
//! that whatever widens what a connector may do adds a line or raises an amount. Never grants.

mod auth;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Auth, Egress, Idempotency, Limits, Manifest, SecretUse, Username, webhook::Verify};
use auth::credential;

/// The windows over which rates are compared: their names, and their milliseconds.
const WINDOWS: [(&str, u64); 3] = [
    ("requests_a_second", 1_000),
    ("requests_a_minute", 60_000),
    ("requests_a_day", 24 * 60 * 60_000),
];

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    /// What is either allowed or not, such as `GET https://api.xero.com/connections with the
    /// secret access_token as a bearer token`, and what for.
    pub things: BTreeMap<String, String>,
    /// What is allowed up to an amount, by its name and unit, such as `cpu_ms`.
    pub amounts: BTreeMap<String, u64>,
    /// What for it asks for more than the usual amounts; empty where it does not.
    pub amounts_why: String,
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What.
    pub what: String,
    /// What for; empty where that needs no words.
    pub why: String,
}

impl Asks {
    /// What is asked for beyond what was granted.
    pub fn beyond(&self, granted: &Self) -> Vec<Ask> {
        let things = self.things.iter().filter(|(what, _)| !granted.things.contains_key(*what));
        let things = things.map(|(what, why)| Ask { what: what.clone(), why: why.clone() });
        let amounts = self.amounts.iter().filter_map(|(name, amount)| {
            let before = granted.amounts.get(name).copied().unwrap_or(0);
            let what = match before {
                0 => format!("{name} up to {amount}"),
                _ => format!("{name} up to {amount}, {before} before"),
            };
            (*amount > before).then(|| Ask { what, why: self.amounts_why.clone() })
        });
        things.chain(amounts).collect()
    }

    pub(super) fn thing(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.things.insert(what.into(), why.into());
    }

    fn amount(&mut self, name: &str, amount: u64) {
        self.amounts.insert(name.into(), amount);
    }
}

impl Manifest {
    /// Everything that the manifest asks an operator to allow.
    pub fn asks(&self) -> Asks {
        let mut asks = Asks::default();
        for rule in &self.egress {
            self.ask_origin(rule, &mut asks);
        }
        self.ask_rates(&mut asks);
        self.ask_form(&mut asks);
        self.ask_tokens(&mut asks);
        self.ask_webhooks(&mut asks);
        for (name, action) in &self.actions {
            asks.thing(format!("the action {name}, {}", once(&action.idempotency)), &action.title);
        }
        let Limits { cpu_ms, wall_ms, memory_mib, storage_kib, why } = &self.limits;
        asks.amount("cpu_ms", *cpu_ms);
        asks.amount("wall_ms", *wall_ms);
        asks.amount("memory_mib", (*memory_mib).into());
        asks.amount("storage_kib", (*storage_kib).into());
        asks.amount("timeout_ms", self.http.timeout_ms);
        asks.amounts_why.clone_from(why);
        asks
    }

    fn ask_origin(&self, rule: &Egress, asks: &mut Asks) {
        let auth = rule.auth.as_ref().and_then(|name| self.auth.get(name));
        let name = rule.auth.as_deref().unwrap_or_default();
        let with = auth.map_or("without a credential".into(), |auth| credential(name, auth));
        for method in &rule.methods {
            for path in &rule.paths {
                asks.thing(format!("{method} {}{path} {with}", rule.origin), &rule.why);
            }
        }
        for path in &rule.safe_posts {
            asks.thing(format!("POST {}{path} again without asking", rule.origin), &rule.why);
        }
        for path in &rule.graphql {
            let what = format!("POST {}{path} again without asking, queries alone", rule.origin);
            asks.thing(what, &rule.why);
        }
        for param in &self.params {
            // Where the operator left it open, the default decides which host is reached, or as
            // whom.
            let slot = format!("{{param:{}}}", param.name);
            let is_user = auth.is_some_and(|auth| {
                matches!(auth, Auth::Basic { username: Username::Param(name), .. } if *name == param.name)
            });
            if let Some(default) = &param.default
                && (is_user || rule.origin.contains(&slot))
            {
                asks.thing(format!("{slot} being {default} unless it is set"), &param.title);
            }
        }
    }

    /// How often it may send: what all budgets together allow.
    fn ask_rates(&self, asks: &mut Asks) {
        if self.budgets.is_empty() {
            asks.thing("requests as often as it likes", "it names no budget of its vendor");
        }
        for (name, window_ms) in WINDOWS {
            let allowed = self.budgets.iter().map(|budget| {
                u64::from(budget.requests).saturating_mul(window_ms.div_ceil(budget.per_ms.max(1)))
            });
            if let Some(least) = allowed.min() {
                asks.amount(name, least);
            }
        }
        match self.budgets.iter().filter_map(|budget| budget.concurrency).min() {
            Some(most) => asks.amount("requests_at_once", most.into()),
            None => asks.thing("requests at once as many as the host lets", "it names no bound"),
        }
        for (name, value) in &self.http.headers {
            asks.thing(format!("the header {name}: {value}"), "its vendor wants it");
        }
    }

    fn ask_form(&self, asks: &mut Asks) {
        for secret in &self.secrets {
            asks.thing(format!("the secret {}", secret.name), &secret.title);
            for way in &secret.guest {
                let what = match way {
                    SecretUse::Mac => "signing with",
                    SecretUse::Matches => "comparing with",
                };
                asks.thing(format!("{what} the secret {}", secret.name), &secret.title);
            }
        }
    }

    /// Webhooks as the manifest says them, word for word: any change of how they are known to be
    /// genuine, or of what is answered to whom, is worth a look.
    fn ask_webhooks(&self, asks: &mut Asks) {
        let written = self.as_written.get("webhook");
        let (Some(webhook), Some(written)) = (&self.webhook, written) else { return };
        let (what, why) = match &webhook.verify {
            Verify::None(unverified) => ("that nobody verifies", unverified.why.as_str()),
            Verify::Component(_) => ("that the component verifies", "no scheme fits its vendor's"),
            _ => ("that the host verifies", "this is how they are known to be genuine"),
        };
        let verify = written.get("verify").map(ToString::to_string).unwrap_or_default();
        asks.thing(format!("webhooks {what}: {verify}"), why);
        for handshake in
            written.get("handshake").and_then(|all| all.as_array()).into_iter().flatten()
        {
            asks.thing(
                format!("an answer to the vendor's question: {handshake}"),
                "its vendor tries an endpoint before it uses it",
            );
        }
    }
}

/// How a second try of an action is kept from doing it twice, in words.
fn once(idempotency: &Option<Idempotency>) -> String {
    match idempotency {
        None => "which changes nothing".into(),
        Some(Idempotency::Header { name }) => format!("done once by the header {name}"),
        Some(Idempotency::Field) => "done once by a field of its body".into(),
        Some(Idempotency::NaturalKey) => "done once by its own key".into(),
        Some(Idempotency::SearchFirst) => "done once by looking first".into(),
        Some(Idempotency::None) => "where a person decides about a second try".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Manifest;

    const MANIFEST: &str = r#"
[connector]
id = "x"
version = "1.0.0"
title = "X"
vendor = "X"
category = "other"
roles = []
docs = "https://example.com"
licence = "Apache-2.0"

[[param]]
name = "region"
title = "Region"
required = false
default = "eu"

[[secret]]
name = "token"
title = "Token"

[[secret]]
name = "other"
title = "Another"

[auth.main]
kind = "api-key"
in = "header"
name = "x-key"
secret = "token"

[[egress]]
origin = "https://{param:region}.example.com"
methods = ["GET"]
paths = ["/v1/"]
auth = "main"
why = "reads"

[[budget]]
requests = 60
per = "1m"
concurrency = 4

[[budget]]
requests = 1000
per = "1d"

[webhook.verify]
kind = "hmac"
algorithm = "sha256"
encoding = "hex"
header = "x-signature"
message = "{body}"
secret = "other"

[[webhook.handshake]]
kind = "ping"
method = "HEAD"

[actions."thing.create"]
title = "Make a thing"
idempotency = { kind = "search-first" }

[limits]
cpu_ms = 100
"#;

    fn parse(text: &str) -> Manifest {
        Manifest::parse(text, "connector.toml").unwrap()
    }

    /// What a manifest with one text in the place of another asks for beyond the one above.
    fn beyond(from: &str, to: &str) -> Vec<super::Ask> {
        assert!(MANIFEST.contains(from), "{from}");
        parse(&MANIFEST.replace(from, to)).asks().beyond(&parse(MANIFEST).asks())
    }

    #[test]
    fn whatever_widens_is_asked_for_anew() {
        for (from, to) in [
            ("methods = [\"GET\"]", "methods = [\"GET\", \"POST\"]"),
            ("/v1/", "/"),
            (".example.com\"", ".example.org\""),
            ("secret = \"token\"", "secret = \"other\""),
            ("name = \"x-key\"", "name = \"x-other\""),
            ("in = \"header\"", "in = \"query\""),
            ("default = \"eu\"", "default = \"us\""),
            ("title = \"Token\"", "title = \"Token\"\nguest = [\"mac\"]"),
            ("cpu_ms = 100", "cpu_ms = 101"),
            ("[limits]", "[http]\ntimeout_ms = 60000\n[limits]"),
            ("[limits]", "[http]\nheaders = { accept = \"text/html\" }\n[limits]"),
            ("requests = 60", "requests = 61"),
            ("[[budget]]\nrequests = 1000\nper = \"1d\"", ""),
            ("concurrency = 4", ""),
            ("message = \"{body}\"", "message = \"{path}{body}\""),
            (
                "message = \"{body}\"\nsecret = \"other\"",
                "message = \"{body}\"\nsecret = \"token\"",
            ),
            (
                "kind = \"ping\"\nmethod = \"HEAD\"",
                "kind = \"echo\"\nmethod = \"GET\"\nfrom = { query = \"q\" }\nreply = \"text\"",
            ),
            ("kind = \"search-first\"", "kind = \"natural-key\""),
            ("idempotency = { kind = \"search-first\" }", "mutates = false"),
        ] {
            let new = beyond(from, to);
            assert!(!new.is_empty(), "{to} is nothing new");
        }
    }

    #[test]
    fn what_is_the_same_or_less_is_not() {
        for (from, to) in [
            ("1.0.0", "2.0.0"),
            ("cpu_ms = 100", "cpu_ms = 99"),
            ("title = \"Region\"", "title = \"The region\""),
            ("why = \"reads\"", "why = \"reads only\""),
            ("requests = 60", "requests = 59"),
            ("concurrency = 4", "concurrency = 3"),
            ("[[webhook.handshake]]\nkind = \"ping\"\nmethod = \"HEAD\"", ""),
        ] {
            let new = beyond(from, to);
            assert!(new.is_empty(), "{to}: {new:?}");
        }
    }

    #[test]
    fn each_thing_says_what_for() {
        let silent: Vec<String> = parse(MANIFEST)
            .asks()
            .things
            .into_iter()
            .filter_map(|(what, why)| why.is_empty().then_some(what))
            .collect();
        assert_eq!(silent, Vec::<String>::new());
    }
}
