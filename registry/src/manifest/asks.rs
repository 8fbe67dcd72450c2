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
