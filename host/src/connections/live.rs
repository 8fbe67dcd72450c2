//! A connection as it is used: its record, the release it goes through, and its way out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jackfield_registry::manifest::{self, Budget, Manifest, SecretUse};
use serde_json::Value;

use super::{Connection, ConnectionError, Inner, State, credential::Ingredients, rotation};
use crate::{
    backoff::Backoff,
    capabilities::{Means, Particulars, Use, Window},
    connectors::Installed,
    egress::{Auth, Origin, Policy, Rate, Rule, Told, scrubbed},
    oauth::SignIn,
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
    /// Those that they replaced, and until when they count.
    previous: Previous,
}

/// Secrets that were replaced, by name, and until when they count, in milliseconds since 1970.
type Previous = BTreeMap<String, (Secret<Vec<u8>>, u64)>;

impl Live {
    /// Whether it takes part.
    pub fn is_active(&self) -> bool {
        self.connection.state == State::Active
    }

    /// What a call sees that belongs to no delivery and no effect, such as that of a check.
    pub fn window(&self) -> Window {
        Window::open(&self.means, &Particulars { attempt: 1, ..Particulars::default() })
    }

    /// A text without its secrets, whether they are sent or only compared with.
    pub fn scrubbed(&self, text: &str) -> String {
        let text = self.means.egress.scrub(text);
        let texts = self.secrets.values().filter_map(|secret| {
            std::str::from_utf8(secret.expose()).ok().map(|text| Secret::new(text.to_owned()))
        });
        scrubbed(&text, &texts.collect::<Vec<_>>())
    }

    /// The secrets that its connector asks for and that are not set.
    pub fn missing_secrets(&self) -> Vec<String> {
        let names = self.connector.manifest.secrets.iter().map(|secret| secret.name.clone());
        names.filter(|name| !self.secrets.contains_key(name)).collect()
    }
}

impl verify::Secrets for Live {
    fn current(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        let now_ms = self.means.clock.now_ms();
        let previous = self.previous.get(name).filter(|(_, until_ms)| now_ms < *until_ms);
        self.secrets
            .get(name)
            .into_iter()
            .chain(previous.map(|(value, _)| value))
            .cloned()
            .collect()
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
        let of = Ingredients { manifest, values: &values, secrets: &secrets };
        let sign_ins = self.sign_ins(&connection, &of)?;
        let auth = |name: &str| self.auth(name, &of, &sign_ins);
        let policy = policy(manifest, &values, &connection.origins, &auth)?;
        let means = Means {
            connection: connection.name.as_str().into(),
            settings: settings(&values),
            manifest: connector.written.clone(),
            egress: self.egress.client(&connection.name, Arc::new(policy)),
            uses: Arc::new(uses(manifest)),
            vault: self.vault.clone(),
            store: self.store.clone(),
            quota_bytes: u64::from(manifest.limits.storage_kib) << 10,
            timeout_ms: manifest.http.timeout_ms,
            clock: self.clock.clone(),
            backoffs: Arc::new(backoffs(manifest)),
        };
        let previous = self.previous(&connection)?;
        Ok(Live { connection, connector, means, sign_ins, secrets, previous })
    }

    /// The secrets of a connection that were replaced and still count.
    fn previous(&self, connection: &Connection) -> Result<Previous, ConnectionError> {
        let mut previous = BTreeMap::new();
        for (name, until_ms) in &connection.rotation.previous_until_ms {
            let value = self.vault.get(&connection.name, &rotation::previous(name))?;
            previous.extend(value.map(|value| (name.clone(), (value, *until_ms))));
        }
        Ok(previous)
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

/// What a connection may reach: what the manifest asks for, with the values of its params filled
/// in, what `auth` knows of each `[auth.NAME]` attached, and stand-ins for the origins in `origins`.
pub fn policy(
    manifest: &Manifest,
    values: &BTreeMap<String, String>,
    origins: &BTreeMap<String, String>,
    auth: &dyn Fn(&str) -> Option<Auth>,
) -> Result<Policy, ConnectionError> {
    let mut rules = Vec::new();
    for asked in &manifest.egress {
        let origin = fill(&asked.origin, values);
        // What only a sign-in will say is not known yet: nothing is granted there.
        if is_open(&origin) {
            continue;
        }
        rules.push(Rule {
            origin: parse(&origin)?,
            methods: asked.methods.clone(),
            paths: asked.paths.clone(),
            auth: asked.auth.as_deref().and_then(auth),
            safe_posts: asked.safe_posts.clone(),
            graphql: asked.graphql.clone(),
            redirect_to: origins.get(&origin).map(|origin| parse(origin)).transpose()?,
        });
    }
    let headers = manifest.http.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), fill(value, values)));
    let headers = headers.filter(|(_, value)| !is_open(value)).collect();
    let budgets = &manifest.budgets;
    let rate = |budget: &Budget| Rate { requests: budget.requests, per_ms: budget.per_ms };
    let concurrency = budgets.iter().filter_map(|budget| budget.concurrency).min();
    let policy = Policy::new(rules, headers).with_breakers().heeding(told(budgets));
    Ok(policy.within(budgets.iter().map(rate).collect(), concurrency))
}

/// What a guest may do with each secret.
pub fn uses(manifest: &Manifest) -> BTreeMap<String, Vec<Use>> {
    let way = |way: &SecretUse| match way {
        SecretUse::Mac => Use::Mac,
        SecretUse::Matches => Use::Matches,
    };
    let uses = |secret: &manifest::Secret| secret.guest.iter().map(way).collect();
    manifest.secrets.iter().map(|secret| (secret.name.clone(), uses(secret))).collect()
}

/// The values of params as the JSON object that a guest sees.
pub fn settings(values: &BTreeMap<String, String>) -> Arc<str> {
    let settings = values.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    Value::Object(settings.collect()).to_string().into()
}

/// How each action is tried again.
fn backoffs(manifest: &Manifest) -> BTreeMap<String, Backoff> {
    let backoff = |action: &manifest::Action| {
        let manifest::Retries { tries, first_ms, longest_ms } = action.retries();
        let [first, longest] = [first_ms, longest_ms].map(Duration::from_millis);
        Backoff { first, longest, tries }
    };
    manifest.actions.iter().map(|(name, action)| (name.clone(), backoff(action))).collect()
}

/// The headers that tell of each budget.
fn told(budgets: &[Budget]) -> Vec<Told> {
    let told = |(window, budget): (usize, &Budget)| {
        let remaining = budget.remaining_header.as_ref()?.to_ascii_lowercase();
        let reset = budget.reset_header.as_ref().map(|name| name.to_ascii_lowercase());
        let limit = budget.limit_header.as_ref().map(|name| name.to_ascii_lowercase());
        Some(Told { window, remaining, reset: reset.zip(budget.reset), limit })
    };
    budgets.iter().enumerate().filter_map(told).collect()
}

fn parse(origin: &str) -> Result<Origin, ConnectionError> {
    origin.parse().map_err(|error| {
        ConnectionError::Unfit(vec![format!("`{origin}` is not an origin: {error}")])
    })
}

/// The values of a connector's parameters: those that were set, else their defaults.
pub fn values(
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
