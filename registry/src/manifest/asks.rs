//! What a manifest asks for, as a list that can be approved, kept and compared.
//!
//! Owns the wording: two releases ask for the same thing exactly if the lines are equal. Promises
//! that whatever widens what a connector may do adds a line or raises an amount. Never grants.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Auth, Manifest, Password, SecretUse, Username, webhook::Verify};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    /// What is either allowed or not, a line each, such as `GET https://api.xero.com/connections
    /// with the secret access_token`.
    pub things: BTreeSet<String>,
    /// What is allowed up to an amount, by its name and unit, such as `cpu_ms`.
    pub amounts: BTreeMap<String, u64>,
}

impl Asks {
    /// What is asked for beyond what was granted, in words, a line each.
    pub fn beyond(&self, granted: &Self) -> Vec<String> {
        let things = self.things.difference(&granted.things).cloned();
        let amounts = self.amounts.iter().filter_map(|(name, amount)| {
            let before = granted.amounts.get(name).copied().unwrap_or(0);
            let more = *amount > before;
            more.then(|| match before {
                0 => format!("{name} up to {amount}"),
                _ => format!("{name} up to {amount}, {before} before"),
            })
        });
        things.chain(amounts).collect()
    }
}

impl Manifest {
    /// Everything that the manifest asks an operator to allow.
    pub fn asks(&self) -> Asks {
        let mut things = BTreeSet::new();
        for rule in &self.egress {
            let auth = rule.auth.as_ref().and_then(|name| self.auth.get(name));
            let with = auth.map_or("without a credential".into(), credential);
            for method in &rule.methods {
                for path in &rule.paths {
                    things.insert(format!("{method} {}{path} {with}", rule.origin));
                }
            }
            for path in &rule.safe_posts {
                things.insert(format!("POST {}{path} again without asking", rule.origin));
            }
        }
        for param in &self.params {
            // Where the operator left it open, the default decides which host is reached.
            let slot = format!("{{param:{}}}", param.name);
            let default = param.default.as_ref();
            let default =
                default.filter(|_| self.egress.iter().any(|rule| rule.origin.contains(&slot)));
            things.extend(default.map(|value| format!("{slot} being {value} unless it is set")));
        }
        for secret in &self.secrets {
            things.insert(format!("the secret {}", secret.name));
            for way in &secret.guest {
                things.insert(match way {
                    SecretUse::Mac => format!("signing with the secret {}", secret.name),
                    SecretUse::Matches => format!("comparing with the secret {}", secret.name),
                });
            }
        }
        if let Some(webhook) = &self.webhook {
            things.insert(match &webhook.verify {
                Verify::None(_) => "webhooks that nobody verifies".into(),
                Verify::Component(_) => "webhooks that the component verifies".into(),
                _ => "webhooks that the host verifies".into(),
            });
        }
        let limits = &self.limits;
        let amounts = [
            ("cpu_ms", limits.cpu_ms),
            ("wall_ms", limits.wall_ms),
            ("memory_mib", u64::from(limits.memory_mib)),
            ("storage_kib", u64::from(limits.storage_kib)),
        ];
        let amounts = amounts.map(|(name, amount)| (name.to_owned(), amount));
        Asks { things, amounts: amounts.into() }
    }
}

/// What goes along with a request, named by the secrets that it is made of.
fn credential(auth: &Auth) -> String {
    match auth {
        Auth::Bearer { secret } | Auth::ApiKey { secret, .. } => {
            format!("with the secret {secret}")
        }
        Auth::Basic { username, password } => {
            let secrets = [
                match username {
                    Username::Secret(name) => Some(name),
                    Username::Param(_) => None,
                },
                match password {
                    Password::Secret(name) => Some(name),
                    Password::Literal(_) => None,
                },
            ];
            let names: Vec<&str> = secrets.into_iter().flatten().map(String::as_str).collect();
            match names.as_slice() {
                [] => "with a user name".into(),
                names => format!("with the secret {}", names.join(" and ")),
            }
        }
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
kind = "bearer"
secret = "token"

[[egress]]
origin = "https://{param:region}.example.com"
methods = ["GET"]
paths = ["/v1/"]
auth = "main"
why = "reads"

[limits]
cpu_ms = 100
"#;

    /// What a manifest with one text in the place of another asks for beyond the one above.
    fn beyond(from: &str, to: &str) -> Vec<String> {
        assert!(MANIFEST.contains(from), "{from}");
        let asks = |text: &str| Manifest::parse(text, "connector.toml").unwrap().asks();
        asks(&MANIFEST.replace(from, to)).beyond(&asks(MANIFEST))
    }

    #[test]
    fn whatever_widens_is_asked_for_anew() {
        for (from, to) in [
            ("methods = [\"GET\"]", "methods = [\"GET\", \"POST\"]"),
            ("/v1/", "/"),
            (".example.com\"", ".example.org\""),
            ("secret = \"token\"", "secret = \"other\""),
            ("default = \"eu\"", "default = \"us\""),
            ("title = \"Token\"", "title = \"Token\"\nguest = [\"mac\"]"),
            ("cpu_ms = 100", "cpu_ms = 101"),
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
        ] {
            let new = beyond(from, to);
            assert!(new.is_empty(), "{to}: {new:?}");
        }
    }
}
