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
    egress::{self, Credential, Origin, Policy, Rate, Rule},
    oauth::{Ground, SignIn},
    secret::Secret,
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
    /// Its sign-ins, by the names of their `[auth.NAME]`.
    pub(super) sign_ins: BTreeMap<String, SignIn>,
    /// Its secrets by name, as of when this was made.
    secrets: BTreeMap<String, Secret<Vec<u8>>>,
}

impl Live {
    /// Whether it takes part.
    pub fn is_active(&self) -> bool {
        self.connection.state == State::Active
    }

    /// The secrets that its connector asks for and that are not set.
    pub fn missing_secrets(&self) -> Vec<String> {
        let names = self.connector.manifest.secrets.iter().map(|secret| secret.name.clone());
        names.filter(|name| !self.secrets.contains_key(name)).collect()
    }
}

impl verify::Secrets for Live {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        self.secrets.get(name).cloned().into_iter().collect()
    }
}

impl Inner {
    /// Makes a connection usable with the release that is current now.
    pub(super) fn enliven(&self, connection: Connection) -> Result<Live, ConnectionError> {
        let connector = self.connectors.of(&connection.connector, &connection.name)?;
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
        let secrets = self.secrets(&connection, manifest)?;
        let sign_ins = self.sign_ins(&connection, manifest, &values, &secrets)?;
        let policy = self.policy(&connection, manifest, &values, &secrets, &sign_ins)?;
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
        Ok(Live { connection, connector, means, sign_ins, secrets })
    }

    /// The sign-ins that the manifest describes.
    fn sign_ins(
        &self,
        connection: &Connection,
        manifest: &Manifest,
        values: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, Secret<Vec<u8>>>,
    ) -> Result<BTreeMap<String, SignIn>, ConnectionError> {
        let mut sign_ins = BTreeMap::new();
        for (name, auth) in &manifest.auth {
            let Auth::OAuth2(oauth2) = auth else { continue };
            let secret = oauth2.client_secret.as_ref().and_then(|name| secrets.get(name));
            let ground = Ground {
                connection: &connection.name,
                manifest: oauth2,
                client_secret: secret.map(text),
                stand_ins: &connection.origins,
                redirect_url: &self.redirect_url,
            };
            let scheme = self.keeper.scheme(ground, |template| fill(template, values))?;
            sign_ins.insert(name.clone(), self.keeper.sign_in(&connection.name, name, scheme)?);
        }
        Ok(sign_ins)
    }

    /// What the connection may reach: what the manifest asks for, with the settings filled in,
    /// the credentials attached, and the operator's origins in place.
    fn policy(
        &self,
        connection: &Connection,
        manifest: &Manifest,
        values: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, Secret<Vec<u8>>>,
        sign_ins: &BTreeMap<String, SignIn>,
    ) -> Result<Policy, ConnectionError> {
        let mut rules = Vec::new();
        for asked in &manifest.egress {
            let origin = fill(&asked.origin, values);
            // What only a sign-in will say is not known yet: nothing is granted there.
            if is_open(&origin) {
                continue;
            }
            let auth = asked.auth.as_ref().and_then(|name| match sign_ins.get(name) {
                Some(sign_in) => Some(egress::Auth::Issued(sign_in.issuer())),
                None => {
                    let auth = manifest.auth.get(name)?;
                    credential(auth, values, secrets).map(egress::Auth::Fixed)
                }
            });
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
        let headers = headers.map(|(name, value)| (name.clone(), fill(value, values)));
        let headers = headers.filter(|(_, value)| !is_open(value)).collect();
        let budgets = &manifest.budgets;
        let rate = |budget: &Budget| Rate { requests: budget.requests, per_ms: budget.per_ms };
        let concurrency = budgets.iter().filter_map(|budget| budget.concurrency).min();
        Ok(Policy::new(rules, headers).within(budgets.iter().map(rate).collect(), concurrency))
    }

    /// The secrets of a connection that its connector asks for and that are set.
    fn secrets(
        &self,
        connection: &Connection,
        manifest: &Manifest,
    ) -> Result<BTreeMap<String, Secret<Vec<u8>>>, ConnectionError> {
        let mut secrets = BTreeMap::new();
        for asked in &manifest.secrets {
            let value = self.vault.get(&connection.name, &asked.name)?;
            secrets.extend(value.map(|value| (asked.name.clone(), value)));
        }
        Ok(secrets)
    }
}

/// The credential that an `[auth.*]` describes; none while a secret of it is not set.
fn credential(
    auth: &Auth,
    values: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, Secret<Vec<u8>>>,
) -> Option<Credential> {
    let value = |name: &str| values.get(name).cloned().unwrap_or_default();
    let secret = |name: &str| secrets.get(name).map(text);
    match auth {
        Auth::Bearer { secret: name } => secret(name).map(Credential::Bearer),
        Auth::ApiKey { placement, name, secret: key, prefix } => {
            let value = Secret::new(format!("{prefix}{}", secret(key)?.expose()));
            let name = name.clone();
            Some(match placement {
                Placement::Header => Credential::Header { name, value },
                Placement::Query => Credential::Query { name, value },
            })
        }
        Auth::Basic { username, password } => {
            let username = match username {
                Username::Secret(name) => secret(name)?,
                Username::Param(name) => Secret::new(value(name)),
            };
            let password = match password {
                Password::Secret(name) => secret(name)?,
                Password::Literal(text) => Secret::new(text.clone()),
            };
            Some(Credential::Basic { username, password })
        }
        // What a sign-in gives is asked for at each request.
        Auth::OAuth2(_) => None,
    }
}

/// A secret as text: it was set as such, so this loses nothing.
fn text(secret: &Secret<Vec<u8>>) -> Secret<String> {
    Secret::new(String::from_utf8_lossy(secret.expose()).into_owned())
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

/// Whether a text still waits for a value that a sign-in will bring.
fn is_open(text: &str) -> bool {
    text.contains("{param:")
}

/// A text of the manifest with each `{param:name}` replaced by its value.
pub(super) fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{param:{name}}}"), value);
    }
    text
}
