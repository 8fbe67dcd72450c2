//! A connection as it is used: its record, the release it goes through, and its way out.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::{
    Auth, Budget, Manifest, Password, Placement, SecretUse, Username,
};
use serde_json::Value;

use super::{Connection, ConnectionError, Inner, State};
use crate::{
    capabilities::{Means, Use},
    connectors::Installed,
    egress::{Credential, Origin, Policy, Rate, Rule},
    secret::Secret,
    store::Batch,
    vault::{Vault, VaultError},
    verify,
};

/// A connection with everything that a call of it needs. Made when something about it changes,
/// shared by all calls until then.
#[derive(Debug)]
pub struct Live {
    /// What is kept of it.
    pub connection: Connection,
    /// The release through which it goes.
    pub connector: Arc<Installed>,
    /// What its calls are given.
    pub means: Means,
}

impl Live {
    /// Whether it takes part.
    pub fn is_active(&self) -> bool {
        self.connection.state == State::Active
    }

    /// Its secrets, for `verify`.
    pub fn secrets(&self) -> impl verify::Secrets + '_ {
        WebhookSecrets { vault: &self.means.vault, connection: &self.connection.name }
    }

    /// The secrets that its connector asks for and that are not set.
    pub fn missing_secrets(&self) -> Vec<String> {
        let names = self.connector.manifest.secrets.iter().map(|secret| secret.name.clone());
        let is_set = |name: &String| {
            // A vault that cannot be read is as good as no secret.
            let value = self.means.vault.get(&self.connection.name, name);
            matches!(value, Ok(Some(_)))
        };
        names.filter(|name| !is_set(name)).collect()
    }

    /// Adds to a batch a secret that a vendor's handshake brought.
    pub fn keep_secret(
        &self,
        batch: &mut Batch,
        name: &str,
        value: &Secret<Vec<u8>>,
    ) -> Result<(), VaultError> {
        let secret = [(name, value.expose().as_slice())];
        self.means.vault.put(batch, &self.connection.name, secret)
    }
}

struct WebhookSecrets<'a> {
    vault: &'a Vault,
    connection: &'a str,
}

impl verify::Secrets for WebhookSecrets<'_> {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        // A vault that cannot be read is as good as no secret: verification fails closed.
        let value = self.vault.get(self.connection, name).unwrap_or_default();
        value.into_iter().collect()
    }
}

impl Inner {
    /// Makes a connection usable with the release that is current now.
    pub(super) fn enliven(&self, connection: Connection) -> Result<Live, ConnectionError> {
        let connector = self.connectors.get(&connection.connector)?;
        self.through(connection, connector)
    }

    /// Makes a connection usable with a release.
    pub(super) fn through(
        &self,
        connection: Connection,
        connector: Arc<Installed>,
    ) -> Result<Live, ConnectionError> {
        let manifest = &connector.manifest;
        let values = values(manifest, &connection.settings);
        let policy = self.policy(&connection, manifest, &values)?;
        let uses = manifest.secrets.iter().map(|secret| {
            let uses = secret.guest.iter().map(|way| match way {
                SecretUse::Mac => Use::Mac,
                SecretUse::Matches => Use::Matches,
            });
            (secret.name.clone(), uses.collect())
        });
        let settings = values.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        let means = Means {
            connection: connection.name.as_str().into(),
            settings: Value::Object(settings.collect()).to_string().into(),
            egress: self.egress.client(&connection.name, Arc::new(policy)),
            uses: Arc::new(uses.collect()),
            vault: self.vault.clone(),
            store: self.store.clone(),
            quota_bytes: u64::from(manifest.limits.storage_kib) << 10,
            timeout_ms: manifest.http.timeout_ms,
            clock: self.clock.clone(),
        };
        Ok(Live { connection, connector, means })
    }

    /// What the connection may reach: what the manifest asks for, with the settings filled in,
    /// the credentials attached, and the operator's origins in place.
    fn policy(
        &self,
        connection: &Connection,
        manifest: &Manifest,
        values: &BTreeMap<String, String>,
    ) -> Result<Policy, ConnectionError> {
        let mut rules = Vec::new();
        for asked in &manifest.egress {
            let origin = fill(&asked.origin, values);
            let auth = asked.auth.as_ref().and_then(|name| manifest.auth.get(name));
            let auth = match auth {
                Some(auth) => self.credential(connection, auth, values)?,
                None => None,
            };
            let stand_in = connection.origins.get(&origin);
            rules.push(Rule {
                origin: parse(&origin)?,
                methods: asked.methods.clone(),
                paths: asked.paths.clone(),
                auth,
                safe_posts: asked.safe_posts.clone(),
                redirect_to: stand_in.map(|origin| parse(origin)).transpose()?,
            });
        }
        let headers = manifest.http.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), fill(value, values))).collect();
        let budgets = &manifest.budgets;
        let rate = |budget: &Budget| Rate { requests: budget.requests, per_ms: budget.per_ms };
        let concurrency = budgets.iter().filter_map(|budget| budget.concurrency).min();
        Ok(Policy::new(rules, headers).within(budgets.iter().map(rate).collect(), concurrency))
    }

    /// The credential that an `[auth.*]` describes; none while a secret of it is not set.
    fn credential(
        &self,
        connection: &Connection,
        auth: &Auth,
        values: &BTreeMap<String, String>,
    ) -> Result<Option<Credential>, ConnectionError> {
        let secret = |name: &str| self.secret(connection, name);
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        Ok(match auth {
            Auth::Bearer { secret: name } => secret(name)?.map(Credential::Bearer),
            Auth::ApiKey { placement, name, secret: key, prefix } => {
                let key = secret(key)?.map(|key| Secret::new(format!("{prefix}{}", key.expose())));
                let name = name.clone();
                key.map(|value| match placement {
                    Placement::Header => Credential::Header { name, value },
                    Placement::Query => Credential::Query { name, value },
                })
            }
            Auth::Basic { username, password } => {
                let username = match username {
                    Username::Secret(name) => secret(name)?,
                    Username::Param(name) => Some(Secret::new(value(name))),
                };
                let password = match password {
                    Password::Secret(name) => secret(name)?,
                    Password::Literal(text) => Some(Secret::new(text.clone())),
                };
                let both = username.zip(password);
                both.map(|(username, password)| Credential::Basic { username, password })
            }
        })
    }

    /// A secret as text; none while it is not set.
    fn secret(
        &self,
        connection: &Connection,
        name: &str,
    ) -> Result<Option<Secret<String>>, ConnectionError> {
        let Some(bytes) = self.vault.get(&connection.name, name)? else { return Ok(None) };
        // Secrets are set as text, so this loses nothing.
        Ok(Some(Secret::new(String::from_utf8_lossy(bytes.expose()).into_owned())))
    }
}

fn parse(origin: &str) -> Result<Origin, ConnectionError> {
    origin.parse().map_err(|error| {
        ConnectionError::Unfit(vec![format!("`{origin}` is not an origin: {error}")])
    })
}

/// The values of a connector's parameters: those that were set, else their defaults.
pub(super) fn values(
    manifest: &Manifest,
    settings: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let defaults = manifest.params.iter().filter_map(|param| {
        param.default.as_ref().map(|default| (param.name.clone(), default.clone()))
    });
    let mut values: BTreeMap<_, _> = defaults.collect();
    values.extend(settings.clone());
    values
}

/// A text of the manifest with each `{param:name}` replaced by its value.
pub(super) fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{param:{name}}}"), value);
    }
    text
}
