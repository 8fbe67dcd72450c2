//! A connection as it is used: its record, the release it goes through, and its way out.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::{Auth, Manifest, SecretUse};
use serde_json::Value;

use super::{Connection, ConnectionError, Inner, State};
use crate::{
    capabilities::{Means, Use},
    connectors::Installed,
    egress::{Credential, Origin, Policy, Rule},
    secret::Secret,
    vault::Vault,
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

    /// Its secrets, for `verify`, as of `now_ms`.
    pub fn secrets(&self, now_ms: u64) -> impl verify::Secrets + '_ {
        WebhookSecrets { vault: &self.means.vault, connection: &self.connection.name, now_ms }
    }
}

struct WebhookSecrets<'a> {
    vault: &'a Vault,
    connection: &'a str,
    now_ms: u64,
}

impl verify::Secrets for WebhookSecrets<'_> {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        // A vault that cannot be read is as good as no secret: verification fails closed.
        self.vault.current_and_previous(self.connection, name, self.now_ms).unwrap_or_default()
    }
}

impl Inner {
    /// Makes a connection usable with the release that is current now.
    pub(super) fn enliven(&self, connection: Connection) -> Result<Live, ConnectionError> {
        let connector = self.connectors.get(&connection.connector)?;
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
        Ok(Policy::new(rules, headers))
    }

    /// The credential that an `[auth.*]` describes; none while a secret of it is not set.
    fn credential(
        &self,
        connection: &Connection,
        auth: &Auth,
        values: &BTreeMap<String, String>,
    ) -> Result<Option<Credential>, ConnectionError> {
        let _ = (connection, auth, values);
        todo!()
    }
}

fn parse(origin: &str) -> Result<Origin, ConnectionError> {
    origin.parse().map_err(|error| {
        ConnectionError::Unfit(vec![format!("`{origin}` is not an origin: {error}")])
    })
}

/// The values of a connector's parameters: those that were set, else their defaults.
fn values(manifest: &Manifest, settings: &BTreeMap<String, String>) -> BTreeMap<String, String> {
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
