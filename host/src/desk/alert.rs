//! How alerts go out: what a person sets, and how it stands.
//!
//! Promises that a webhook's URL and its signing secret are in the vault and nowhere else, since
//! whoever knows them can write into the operator's chat.

use jackfield_registry::manifest::Action;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{
    Desk, DeskError, Notice, Trouble,
    courier::{ACTION_INPUT, WEBHOOK_INPUT},
    ledger::Ledger,
};
use crate::{
    audit::{Actor, Line, Word},
    connections::Live,
    egress::Origin,
    secret::Secret,
    store::{Batch, Store, trees},
};

/// Under which name the vault keeps the secrets of alerts; no connection can have it.
pub(super) const OWN: &str = "@alerts";
/// The webhook's URL in the vault.
pub(super) const URL: &str = "webhook-url";
/// The key under which webhooks are signed.
pub(super) const KEY: &str = "signing-secret";
const SETTINGS: &[u8] = b"settings";
const LEDGER: &[u8] = b"ledger";
/// The shortest signing secret, in bytes.
const SECRET_BYTES_MIN: usize = 24;
/// The longest expression, URL or secret, in bytes.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// The way that alerts go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
pub enum Way {
    /// Posted to a URL.
    Webhook {
        /// Its origin; path and query are in the vault.
        origin: String,
        /// Whether they are signed.
        signed: bool,
    },
    /// Through an action of a connection.
    Connection {
        /// The connection.
        connection: String,
        /// The action.
        action: String,
    },
}

/// What a person set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The way.
    #[serde(flatten)]
    pub way: Way,
    /// The expression that makes the webhook's body or the action's input of the notice.
    pub input: String,
    /// Who set it.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What a person wants set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wish {
    /// A URL.
    #[serde(deserialize_with = "out_of_sight")]
    pub webhook: Option<Secret<String>>,
    /// The key under which the webhook is signed.
    #[serde(deserialize_with = "out_of_sight")]
    pub secret: Option<Secret<String>>,
    /// Or a connection,
    pub connection: Option<String>,
    /// and its action.
    pub action: Option<String>,
    /// What makes the body or the input.
    pub input: Option<String>,
}

fn out_of_sight<'de, D>(given: D) -> Result<Option<Secret<String>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Ok(Option::<String>::deserialize(given)?.map(Secret::new))
}

/// How alerts stand.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// What was set.
    #[serde(flatten)]
    pub settings: Settings,
    /// Whether a notice is on its way.
    pub under_way: bool,
    /// Why it is not taken, if it was not.
    pub trouble: Option<Trouble>,
    /// When one was taken last.
    pub delivered_at_ms: Option<u64>,
    /// How many causes were told and not yet told to be over.
    pub causes: usize,
}

/// Settings and ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) settings: Option<Settings>,
    pub(super) ledger: Ledger,
}

impl State {
    pub(super) fn read(store: &Store) -> Result<Self, DeskError> {
        let unreadable = |what| {
            move |error: serde_json::Error| DeskError::Unreadable { what, why: error.to_string() }
        };
        let settings = store.get(trees::ALERTS, SETTINGS)?;
        let settings = settings.map(|value| serde_json::from_slice(&value)).transpose();
        let ledger = store.get(trees::ALERTS, LEDGER)?;
        let ledger = ledger.map(|value| serde_json::from_slice(&value)).transpose();
        Ok(Self {
            settings: settings.map_err(unreadable("settings"))?,
            ledger: ledger.map_err(unreadable("ledger"))?.unwrap_or_default(),
        })
    }

    /// Adds it to a batch.
    pub(super) fn put(&self, batch: &mut Batch) {
        // Strings and numbers always make JSON.
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("plain data");
        match &self.settings {
            Some(settings) => {
                batch.put(trees::ALERTS, SETTINGS, json(serde_json::to_vec(settings)))
            }
            None => batch.delete(trees::ALERTS, SETTINGS),
        };
        batch.put(trees::ALERTS, LEDGER, json(serde_json::to_vec(&self.ledger)));
    }
}

impl Desk {
    /// How alerts stand; none if they are not set.
    pub fn alerts(&self) -> Option<Standing> {
        let state = self.0.alerts.load();
        let ledger = &state.ledger;
        state.settings.clone().map(|settings| Standing {
            settings,
            under_way: ledger.outbox.is_some(),
            trouble: ledger.trouble.clone(),
            delivered_at_ms: ledger.delivered_ms,
            causes: ledger.causes.values().filter(|known| known.told).count(),
        })
    }

    /// Sets how alerts go out from now on. What waits at the desk is told anew.
    pub async fn set_alerts(&self, wish: Wish, actor: &Actor) -> Result<Standing, DeskError> {
        let _one = self.0.changing.lock().await;
        let secret = wish.secret.as_ref().map(|secret| secret.expose().trim());
        let url = wish.webhook.as_ref().map(|url| url.expose().trim());
        let given = [url, secret, wish.input.as_deref()];
        if given.into_iter().flatten().any(|text| text.len() > TEXT_BYTES_MAX) {
            let why = format!("nothing in it may have more than {} KiB", TEXT_BYTES_MAX >> 10);
            return Err(DeskError::Input(why));
        }
        let (way, url, input) = match (url, &wish.connection, &wish.action) {
            (Some(url), None, None) => {
                let (way, url) = webhook(url, secret)?;
                (way, Some(url), wish.input.as_deref().unwrap_or(WEBHOOK_INPUT))
            }
            (None, Some(connection), Some(action)) if secret.is_none() => {
                let (connection, action) = (connection.clone(), action.clone());
                let input = wish.input.as_deref().unwrap_or(ACTION_INPUT);
                (Way::Connection { connection, action }, None, input)
            }
            _ => return Err(DeskError::Ways),
        };
        let input = input.to_owned();
        self.fits(&way, &input).await?;
        let now_ms = self.0.rooms.clock.now_ms();
        let by = match actor {
            Actor::Operator(name) => name.clone(),
            Actor::Host | Actor::Vendor => String::new(),
        };
        let settings = Settings { way, input, by, at_ms: now_ms };
        let mut batch = Batch::new();
        self.put_secrets(&mut batch, url.as_ref(), secret)?;
        Line::new(now_ms, actor.clone(), Word::AlertSet, settings.way.name()).record(&mut batch);
        self.keep(State { settings: Some(settings), ledger: Ledger::default() }, batch).await?;
        self.0.changed.notify_one();
        self.alerts().ok_or(DeskError::NoAlerts)
    }

    /// Sends no alerts from now on.
    pub async fn remove_alerts(&self, actor: &Actor) -> Result<(), DeskError> {
        let _one = self.0.changing.lock().await;
        let settings = self.0.alerts.load().settings.clone().ok_or(DeskError::NoAlerts)?;
        let mut batch = Batch::new();
        self.0.rooms.vault.remove(&mut batch, OWN)?;
        let now_ms = self.0.rooms.clock.now_ms();
        let name = settings.way.name();
        Line::new(now_ms, actor.clone(), Word::AlertRemoved, name).record(&mut batch);
        self.keep(State::default(), batch).await?;
        self.0.rooms.vault.forget(OWN);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Sends a notice that says nothing, to see whether it arrives.
    pub async fn test_alerts(&self) -> Result<Notice, DeskError> {
        let settings = self.0.alerts.load().settings.clone().ok_or(DeskError::NoAlerts)?;
        let notice = Notice::test(self.0.rooms.clock.now_ms());
        self.deliver(&settings, &notice, 1).await.map_err(DeskError::NotTaken)?;
        Ok(notice)
    }

    /// Commits a state with what belongs to it; from then on it is the current one.
    pub(super) async fn keep(&self, state: State, mut batch: Batch) -> Result<(), DeskError> {
        state.put(&mut batch);
        self.0.rooms.store.commit(batch).await?;
        self.0.alerts.store(state.into());
        Ok(())
    }

    /// Adds to a batch that these are the secrets of alerts, and no others.
    fn put_secrets(
        &self,
        batch: &mut Batch,
        url: Option<&Secret<String>>,
        secret: Option<&str>,
    ) -> Result<(), DeskError> {
        let vault = &self.0.rooms.vault;
        let Some(url) = url else { return Ok(vault.remove(batch, OWN)?) };
        let secrets = [(URL, url.expose().as_bytes())].into_iter();
        vault.put(batch, OWN, secrets.chain(secret.map(|secret| (KEY, secret.as_bytes()))))?;
        if secret.is_none() {
            vault.take_away(batch, OWN, KEY)?;
        }
        Ok(())
    }

    /// Whether a notice could go out in this way.
    async fn fits(&self, way: &Way, input: &str) -> Result<(), DeskError> {
        let notice = Notice::test(self.0.rooms.clock.now_ms());
        let body = self.body(input, &notice).await.map_err(DeskError::Input)?;
        let Way::Connection { connection, action } = way else { return Ok(()) };
        let (live, _) = self.acting(connection, action)?;
        let mistakes = live.connector.schemas.mistakes(action, &body);
        match mistakes.is_empty() {
            true => Ok(()),
            false => Err(DeskError::Input(mistakes.join("; "))),
        }
    }

    /// The connection that acts, and its action.
    pub(super) fn acting(
        &self,
        connection: &str,
        action: &str,
    ) -> Result<(std::sync::Arc<Live>, Action), DeskError> {
        let wrong = |why: String| DeskError::Action { connection: connection.to_owned(), why };
        let live = self.0.rooms.connections.get(connection);
        let live = live.map_err(|error| wrong(error.to_string()))?;
        let declared = live.connector.manifest.actions.get(action).cloned();
        let declared = declared.ok_or_else(|| {
            let known: Vec<&str> =
                live.connector.manifest.actions.keys().map(String::as_str).collect();
            wrong(format!("it has no action `{action}`, but {}", known.join(", ")))
        })?;
        Ok((live, declared))
    }
}

/// What a person's URL of a webhook comes to.
fn webhook(url: &str, secret: Option<&str>) -> Result<(Way, Secret<String>), DeskError> {
    let wrong = |why: &str| DeskError::Url(why.to_owned());
    let parsed = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    let origin = Origin::of(&parsed).ok_or_else(|| wrong("it is neither http nor https"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong("it has a user in it; hint: a path or a query can hold a token"));
    }
    // Within the operator's own network there may be no TLS; beyond it there must be.
    if parsed.scheme() == "http" && matches!(parsed.host(), Some(Host::Domain(_))) {
        return Err(wrong("it goes over http; hint: use https, or the address of a machine"));
    }
    if secret.is_some_and(|secret| secret.len() < SECRET_BYTES_MIN) {
        return Err(wrong(&format!("its signing secret has less than {SECRET_BYTES_MIN} bytes")));
    }
    let way = Way::Webhook { origin: origin.to_string(), signed: secret.is_some() };
    Ok((way, Secret::new(parsed.to_string())))
}

impl Way {
    /// The way in a word or two.
    pub fn name(&self) -> String {
        match self {
            Self::Webhook { origin, .. } => origin.clone(),
            Self::Connection { connection, action } => format!("{connection} {action}"),
        }
    }
}
