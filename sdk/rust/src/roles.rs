//! What a connector can be. It implements the roles that its system has and names them in
//! [`connector!`](crate::connector); what it does not name, the component does not export.

use serde_json::Value;

use crate::{Call, Delivery, Event, Host, Page, Problem, Query, Subscription, Tenant};

/// A connector that understands webhooks.
pub trait Webhooks {
    /// What a delivery means: none, one or several events, in order.
    ///
    /// Runs after the system has been answered, perhaps much later and perhaps again, and gives
    /// the same keys each time. It may read what a thin webhook leaves out.
    ///
    /// # Errors
    /// `invalid` makes a dead letter; `unavailable` and `rate-limited` are retried.
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem>;
}

/// A connector that can do things at its system.
pub trait Actions {
    /// Does it, and answers the action's output under the schema that the manifest names.
    ///
    /// Called again after an outcome that is not known, under the rules of the action's
    /// `idempotency` in the manifest; [`Host::idempotency_key`] is then the same.
    ///
    /// # Errors
    /// Whatever kept it from being done.
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem>;

    /// Whether this intention already took effect: its output if it did, none if it surely did
    /// not. Asked before a second try of an action with `idempotency = "search-first"`; it
    /// changes nothing at the system. By default no action can be recalled.
    ///
    /// # Errors
    /// `invalid` if the action cannot be recalled, or whatever kept it from being found out.
    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        let _ = host;
        Err(Problem::invalid(format!("the action `{}` cannot be recalled", call.action)))
    }
}

/// A connector that can read its system's records in canonical form.
pub trait Records {
    /// The records of an entity that changed since a cursor, oldest change first.
    ///
    /// # Errors
    /// `invalid` for an entity that the connector does not have, or what kept it from reading.
    fn changes(host: &dyn Host, query: Query) -> Result<Page, Problem>;

    /// The records of an entity that have all of the given match keys: names and values, such
    /// as `("email", "ada@example.com")`. No match is an empty list. By default there is no
    /// search.
    ///
    /// # Errors
    /// `invalid` if the entity cannot be searched, or what kept it from reading.
    fn find(
        host: &dyn Host,
        entity: &str,
        keys: &[(String, String)],
    ) -> Result<Vec<Value>, Problem> {
        let _ = (host, keys);
        Err(Problem::invalid(format!("the entity `{entity}` cannot be searched")))
    }
}

/// A connector that can tell whose account it is connected to.
pub trait Account {
    /// Proves that the connection works, by the cheapest authorised read there is, and answers
    /// the account's own label, such as the company's name.
    ///
    /// # Errors
    /// `unauthorized` if the credential was refused, or what kept it from asking.
    fn check(host: &dyn Host) -> Result<String, Problem>;

    /// The organisations that the credential opens; empty, as by default, where the system has
    /// just one.
    ///
    /// # Errors
    /// What kept it from asking.
    fn tenants(host: &dyn Host) -> Result<Vec<Tenant>, Problem> {
        let _ = host;
        Ok(Vec::new())
    }
}

/// A connector that can register webhooks at its system by itself.
pub trait Subscriptions {
    /// Makes sure that the system calls `url` for `kinds`, and renews what would lapse. Doing it
    /// twice leaves one subscription.
    ///
    /// # Errors
    /// What kept it from being done.
    fn ensure(host: &dyn Host, url: &str, kinds: &[String]) -> Result<Vec<Subscription>, Problem>;

    /// The subscriptions at the system that call `url`.
    ///
    /// # Errors
    /// What kept it from reading.
    fn list_all(host: &dyn Host, url: &str) -> Result<Vec<Subscription>, Problem>;

    /// Removes one; it is no error if it was not there.
    ///
    /// # Errors
    /// What kept it from being removed.
    fn remove(host: &dyn Host, id: &str) -> Result<(), Problem>;
}

/// The answer to "did the system send this?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Genuine,
    /// It did not, or it cannot be known.
    Forged,
}

/// Only for the few signature schemes that `[webhook.verify]` cannot say as data.
pub trait Authenticator {
    /// Judges a delivery that is not yet kept, with the cryptography of [`Host::mac`] and
    /// [`Host::matches`]. It can send nothing, and has 50 ms.
    ///
    /// # Errors
    /// A problem counts as [`Verdict::Forged`].
    fn authenticate(host: &dyn Host, delivery: Delivery) -> Result<Verdict, Problem>;
}
