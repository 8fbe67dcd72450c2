//! Rotation: how old the secrets of a connection are, when they are due, and the change itself.
//!
//! While a vendor changes over, webhooks count that are signed under the secret before as well.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Change, Connection, ConnectionError, Connections, Live, change, check};
use crate::{
    audit::{Actor, Line, Word},
    secret::Secret,
    store::Batch,
};

/// How often secrets are changed unless somebody says otherwise, in days: quarterly.
const EVERY_DAYS: u32 = 90;
/// The longest that somebody may say, in days.
const EVERY_DAYS_MAX: u32 = 3660;
/// The longest that a secret may count beside the one that replaced it, in hours.
const OVERLAP_HOURS_MAX: u32 = 30 * 24;
/// How long after a reminder the next one comes, in milliseconds.
const REMIND_MS: u64 = 7 * DAY_MS;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// What is kept of the age of a connection's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rotation {
    /// How often each secret shall be changed, in days; 0 is never.
    pub every_days: u32,
    /// When each was set, in milliseconds since 1970; those that are not named, when the
    /// connection was added.
    pub set_at_ms: BTreeMap<String, u64>,
    /// Until when the value before still counts.
    pub previous_until_ms: BTreeMap<String, u64>,
    /// When somebody was last reminded.
    pub reminded_at_ms: Option<u64>,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            every_days: EVERY_DAYS,
            set_at_ms: BTreeMap::new(),
            previous_until_ms: BTreeMap::new(),
            reminded_at_ms: None,
        }
    }
}

impl Rotation {
    /// Notes that secrets were set now.
    pub(super) fn note<'a>(&mut self, names: impl Iterator<Item = &'a String>, now_ms: u64) {
        for name in names {
            self.set_at_ms.insert(name.clone(), now_ms);
            self.previous_until_ms.remove(name);
        }
        self.reminded_at_ms = None;
    }
}

/// Under which name the vault has the value before of a secret; no secret of a manifest has a
/// colon.
pub(super) fn previous(name: &str) -> String {
    format!("previous:{name}")
}

/// The change of secrets for new ones.
#[derive(Debug, Default)]
pub struct Turnover {
    /// The new values.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// How long webhooks count that are signed under the ones before, in hours.
    pub overlap_hours: u32,
    /// How often from now on, in days; 0 is never; none leaves it.
    pub every_days: Option<u32>,
}

/// How old one secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Age {
    /// Its name.
    pub secret: String,
    /// When it was set, in milliseconds since 1970.
    pub set_at_ms: u64,
    /// When it is due to be changed; none if never.
    pub due_at_ms: Option<u64>,
    /// Until when the value before still counts, where it does.
    pub previous_until_ms: Option<u64>,
}

impl Live {
    /// How old each of its secrets is that is set.
    pub fn ages(&self) -> Vec<Age> {
        let Connection { rotation, added_at_ms, .. } = &self.connection;
        let every_ms = u64::from(rotation.every_days) * DAY_MS;
        let missing = self.missing_secrets();
        let names = self.connector.manifest.secrets.iter().map(|secret| &secret.name);
        let age = |name: &String| {
            let set_at_ms = rotation.set_at_ms.get(name).copied().unwrap_or(*added_at_ms);
            Age {
                secret: name.clone(),
                set_at_ms,
                due_at_ms: (every_ms > 0).then_some(set_at_ms + every_ms),
                previous_until_ms: rotation.previous_until_ms.get(name).copied(),
            }
        };
        names.filter(|name| !missing.contains(name)).map(age).collect()
    }

    /// The secrets that are due, and since when the first of them is.
    pub fn due(&self, now_ms: u64) -> Option<(Vec<String>, u64)> {
        let ages = self.ages();
        let due = ages.iter().filter_map(|age| {
            let due_at_ms = age.due_at_ms.filter(|due_at_ms| *due_at_ms <= now_ms)?;
            Some((age.secret.clone(), due_at_ms))
        });
        let due: Vec<(String, u64)> = due.collect();
        let since_ms = due.iter().map(|(_, at_ms)| *at_ms).min()?;
        Some((due.into_iter().map(|(name, _)| name).collect(), since_ms))
    }

    /// Whether webhooks are verified with a secret.
    fn verifies_with(&self, name: &str) -> bool {
        let webhook = self.connector.manifest.webhook.as_ref();
        webhook.is_some_and(|webhook| webhook.secret_names().contains(name))
    }
}

impl Connections {
    /// Changes secrets for new ones, and how often that shall be done.
    pub async fn rotate(
        &self,
        name: &str,
        turnover: Turnover,
        actor: Actor,
    ) -> Result<Arc<Live>, ConnectionError> {
        let one = self.0.changing.lock().await;
        let live = self.get(name)?;
        let Turnover { secrets, overlap_hours, every_days } = turnover;
        let wanted = Change { secrets, ..Change::default() };
        let mut mistakes = check::change(&wanted, &live.connector.manifest, (0, 0));
        if overlap_hours > OVERLAP_HOURS_MAX || every_days.is_some_and(|days| days > EVERY_DAYS_MAX)
        {
            mistakes.push(format!(
                "that is too long\n  hint: at most {OVERLAP_HOURS_MAX} hours beside each other, and \
                 {EVERY_DAYS_MAX} days from one change to the next"
            ));
        }
        if !mistakes.is_empty() {
            return Err(ConnectionError::Unfit(mistakes));
        }
        let now_ms = self.0.clock.now_ms();
        let mut connection = live.connection.clone();
        let rotation = &mut connection.rotation;
        rotation.every_days = every_days.unwrap_or(rotation.every_days);
        rotation.note(wanted.secrets.keys(), now_ms);
        let mut before = Vec::new();
        for secret in wanted.secrets.keys().filter(|secret| live.verifies_with(secret)) {
            if let Some(value) = self.0.vault.get(name, secret)?
                && overlap_hours > 0
            {
                let until_ms = now_ms + u64::from(overlap_hours) * HOUR_MS;
                rotation.previous_until_ms.insert(secret.clone(), until_ms);
                before.push((previous(secret), value));
            }
        }
        let names: Vec<&str> = wanted.secrets.keys().map(String::as_str).collect();
        let line = Line::new(now_ms, actor, Word::ConnectionRotated, name)
            .connection(name)
            .detail("names", names.join(" "))
            .detail("every_days", connection.rotation.every_days);
        let before = before.iter().map(|(name, value)| (name.as_str(), value.expose().as_slice()));
        let values = change::values(&wanted.secrets).chain(before);
        let live = self.keep(connection, values, [line]).await?;
        drop(one);
        live.reconsider().await?;
        Ok(live)
    }

    /// Removes values before that count no more, and tells of each connection whose secrets are
    /// due: once, and again a week later.
    pub async fn remind(&self) {
        for live in self.list() {
            if let Err(error) = self.remind_of(&live).await {
                tracing::error!(connection = live.connection.name, %error, "nobody is reminded");
            }
        }
    }

    async fn remind_of(&self, live: &Live) -> Result<(), ConnectionError> {
        let _one = self.0.changing.lock().await;
        // It may have been changed or removed meanwhile.
        let Ok(live) = self.get(&live.connection.name) else { return Ok(()) };
        let now_ms = self.0.clock.now_ms();
        let mut connection = live.connection.clone();
        let mut batch = Batch::new();
        let ended = |until_ms: &u64| *until_ms <= now_ms;
        let gone = connection.rotation.previous_until_ms.extract_if(.., |_, until| ended(until));
        for (secret, _) in gone {
            self.0.vault.take_away(&mut batch, &connection.name, &previous(&secret))?;
        }
        let reminded = connection.rotation.reminded_at_ms;
        let is_silent = reminded.is_none_or(|at_ms| at_ms + REMIND_MS <= now_ms);
        if let Some((secrets, since_ms)) = live.due(now_ms).filter(|_| is_silent) {
            connection.rotation.reminded_at_ms = Some(now_ms);
            let names = secrets.join(" ");
            tracing::warn!(
                connection = connection.name,
                secrets = names,
                days = now_ms.saturating_sub(since_ms) / DAY_MS,
                "secrets are due to be changed: `jackfield connection rotate {}`",
                connection.name
            );
            Line::new(now_ms, Actor::Host, Word::RotationDue, &connection.name)
                .connection(&connection.name)
                .detail("names", names)
                .record(&mut batch);
        }
        if connection != live.connection {
            change::put(&mut batch, &connection);
            self.0.store.commit(batch).await?;
            self.0.show(connection)?;
        }
        Ok(())
    }
}
