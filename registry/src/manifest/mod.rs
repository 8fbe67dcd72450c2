//! The manifest: everything about a connector that can be said without running it.
//!
//! Owns the types of `connector.toml`, a file for each group of blocks. Promises that a
//! [`Manifest`] holds only what makes sense together: every name that it refers to is there,
//! every origin is one, every action that changes something says how a second try is told from
//! a second wish. Never reads a file, and never knows a connection's values.

mod actions;
mod asks;
mod auth;
mod check;
mod connector;
mod declared;
mod document;
mod egress;
mod error;
mod explain;
mod form;
mod limits;
mod names;
mod read;
mod retry;
mod slots;
#[cfg(test)]
mod tests;
pub mod units;
pub mod webhook;

use std::{collections::BTreeMap, sync::Arc};

pub use actions::{Action, Idempotency, SchemaRef};
pub use asks::{Ask, Asks};
pub use auth::{
    Assertion, Auth, Capture, CaptureFrom, ClientAuth, DeadWhen, Encoding, Grant, JwtSigning,
    OAuth1, OAuth1Signature, OAuth2, Password, Placeholder, Placement, Session, Signature,
    Timestamp, TokenAt, TokenBody, Username,
};
pub use connector::{CATEGORIES, Connector, ROLES};
pub use declared::{Program, programs};
pub use egress::{Budget, Egress, Http, METHODS, Reset};
pub use error::{MISTAKES_MAX, ManifestError, Mistake};
pub use form::{Param, Secret, SecretUse};
pub use jackfield_vocabulary::{
    Discover, Entity, Event, Health, Subscriptions, Tenants, VARIABLES,
};
pub use limits::Limits;
pub use retry::{Retries, Retry};
pub use slots::{Piece, SLOTTED_BYTES_MAX, Slotted};
pub use webhook::Webhook;

use schemars::JsonSchema;

use document::Document;
use error::sorted;
use read::Reader;

/// The largest manifest, in bytes. The longest that a person has written has a tenth of it.
pub const MANIFEST_BYTES_MAX: usize = 256 << 10;

/// One `connector.toml`, read and checked.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Manifest {
    /// `[connector]`: who it is.
    pub connector: Connector,
    /// `[[param]]`: the plain settings of a connection, in the order of the form.
    #[schemars(default, rename = "param")]
    pub params: Vec<Param>,
    /// `[[secret]]`: what only the vault, egress and verification see, in the order of the form.
    #[schemars(default, rename = "secret")]
    pub secrets: Vec<Secret>,
    /// `[auth.NAME]`: the ways in which the host attaches a credential.
    #[schemars(default)]
    pub auth: BTreeMap<String, Auth>,
    /// `[tenants]`: which param says for which of several organisations a connection is; none
    /// where a sign-in opens one.
    pub tenants: Option<Tenants>,
    /// `[http]`: what goes for every request.
    #[schemars(default)]
    pub http: Http,
    /// `[[egress]]`: where it may send requests. Nowhere else.
    #[schemars(default)]
    pub egress: Vec<Egress>,
    /// `[[budget]]`: how often; each of them holds, for each connection.
    #[schemars(default, rename = "budget")]
    pub budgets: Vec<Budget>,
    /// `[webhook]`: how its vendor's webhooks are taken; none if it takes none.
    pub webhook: Option<Webhook>,
    /// `[events."thing.happened"]`: the events that it can tell of, by kind.
    #[schemars(default)]
    pub events: BTreeMap<String, Event>,
    /// `[actions."thing.verb"]`: what it can do, by name.
    #[schemars(default)]
    pub actions: BTreeMap<String, Action>,
    /// `[entities.NAME]`: the canonical records that it has, by name.
    #[schemars(default)]
    pub entities: BTreeMap<String, Entity>,
    /// `[discover.NAME]`: what has to be asked for before anything else.
    #[schemars(default)]
    pub discover: BTreeMap<String, Discover>,
    /// `[subscriptions]`: how webhooks are registered at its vendor; none where a person does it.
    pub subscriptions: Option<Subscriptions>,
    /// `[health]`: where its vendor says whether it is well.
    pub health: Option<Health>,
    /// `[limits]`: what one call of it asks to use.
    #[schemars(default)]
    pub limits: Limits,
    /// All of it as its author wrote it, for whoever approves it and for the component.
    #[schemars(skip)]
    pub as_written: Arc<toml::Table>,
}

impl Manifest {
    /// Whether the value of a param comes from a vendor at the sign-in.
    pub fn is_captured(&self, param: &str) -> bool {
        self.auth.values().any(|auth| match auth {
            Auth::OAuth2(oauth2) => oauth2.capture.contains_key(param),
            _ => false,
        })
    }

    /// Whether the value of a param may be chosen from what a vendor lists after the sign-in.
    pub fn is_chosen(&self, param: &str) -> bool {
        self.tenants.as_ref().is_some_and(|tenants| tenants.param == param)
    }

    /// Reads and checks the text of a manifest. `file` is what its mistakes are named after.
    ///
    /// # Errors
    /// Each mistake with its place, up to [`MISTAKES_MAX`]: first those of form, one for each
    /// block; and only where there is none of those, those of meaning.
    pub fn parse(text: &str, file: &str) -> Result<Self, ManifestError> {
        read(text).map_err(|mistakes| sorted(file, mistakes))
    }
}

fn read(text: &str) -> Result<Manifest, Vec<Mistake>> {
    if text.len() > MANIFEST_BYTES_MAX {
        let message = format!(
            "the manifest has {} bytes, more than the {MANIFEST_BYTES_MAX} allowed",
            text.len()
        );
        let hint = "keep documentation and data out of it; large schemas belong into the model";
        return Err(vec![Mistake { line: 1, column: 1, message, hint: hint.into() }]);
    }
    let document = Document::parse(text)?;
    let mut reader = Reader::new(&document);
    let connector = reader.required("connector");
    let params = reader.listed("param");
    let secrets = reader.listed("secret");
    let auth = reader.named("auth");
    let tenants = reader.once("tenants");
    let http = reader.once("http").unwrap_or_default();
    let egress = reader.listed("egress");
    let budgets = reader.listed("budget");
    let webhook = reader.once("webhook");
    let events = reader.named("events");
    let actions = reader.named("actions");
    let entities = reader.named("entities");
    let discover = reader.named("discover");
    let subscriptions = reader.once("subscriptions");
    let health = reader.once("health");
    let limits = reader.once("limits").unwrap_or_default();
    let Some(connector) = connector else { return Err(reader.mistakes) };
    if !reader.mistakes.is_empty() {
        return Err(reader.mistakes);
    }
    let manifest = Manifest {
        connector,
        params,
        secrets,
        auth,
        tenants,
        http,
        egress,
        budgets,
        webhook,
        events,
        actions,
        entities,
        discover,
        subscriptions,
        health,
        limits,
        // What has just been read reads again.
        as_written: Arc::new(toml::from_str(text).unwrap_or_default()),
    };
    let mistakes = check::check(&document, &manifest);
    if mistakes.is_empty() { Ok(manifest) } else { Err(mistakes) }
}
