//! One line of the trail: when, who, what, of what.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    store::{Batch, trees},
    text::cut,
};

/// The longest detail, in bytes; what is over is cut.
const DETAIL_BYTES_MAX: usize = 512;
/// The longest subject or name of an actor, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// The most details of a line.
const DETAILS_MAX: usize = 6;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The host itself.
    Host,
    /// A system that sent a webhook.
    Vendor,
    /// A person, by the name of their token.
    Operator(String),
}

/// Declares the words with their texts once.
macro_rules! words {
    ($($(#[$doc:meta])* $word:ident = $text:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Word {
            $($(#[$doc])* #[serde(rename = $text)] $word,)*
        }

        impl Word {
            /// The word as it is written.
            pub fn text(self) -> &'static str {
                match self { $(Self::$word => $text,)* }
            }
        }
    };
}

words! {
    /// A delivery is on disk.
    DeliveryKept = "delivery.kept",
    /// A delivery is on disk of which nobody knows who sent it: the secret is not set yet.
    DeliveryUnverified = "delivery.unverified",
    /// A delivery came again.
    DeliveryRepeated = "delivery.repeated",
    /// A delivery was refused: its signature is wrong, for one. Carries how often since the
    /// last such line.
    DeliveryRefused = "delivery.refused",
    /// What a delivery means is known and routed.
    DeliveryParsed = "delivery.parsed",
    /// A person had a delivery parsed again.
    DeliveryReplayed = "delivery.replayed",
    /// A vendor's handshake that brought a secret was answered.
    HandshakeAnswered = "handshake.answered",
    /// An event that was seen before came again and started nothing.
    EventRepeated = "event.repeated",
    /// An event says what the host itself wrote a moment ago; it started no flow that does not want
    /// such events.
    EventEcho = "event.echo",
    /// A run began.
    RunStarted = "run.started",
    /// A run waits for a time, an event, a person or another run.
    RunWaits = "run.waits",
    /// A person answered a run.
    RunAnswered = "run.answered",
    /// A run ended with its last step.
    RunDone = "run.done",
    /// A run ended before its last step.
    RunCancelled = "run.cancelled",
    /// A step failed for good, and the flow says what follows.
    StepFailed = "step.failed",
    /// An event could not be held against a run that waits.
    WatchFailed = "watch.failed",
    /// A step of a run is done.
    StepSettled = "step.settled",
    /// A mutating action is about to be sent.
    EffectIntended = "effect.intended",
    /// A person decided about an effect of which the outcome is not known.
    EffectDecided = "effect.decided",
    /// Work failed and will be tried again.
    WorkRetried = "work.retried",
    /// Work stopped and waits for a person.
    WorkStopped = "work.stopped",
    /// A person put stopped work back.
    DeadLetterRetried = "dead-letter.retried",
    /// A person edited the input of stopped work: digests of what it was and of what it is.
    DeadLetterEdited = "dead-letter.edited",
    /// A person found that stopped work had happened, and has its run go on.
    DeadLetterHappened = "dead-letter.happened",
    /// A person gave stopped work up.
    DeadLetterDiscarded = "dead-letter.discarded",
    /// A person said how alerts go out.
    AlertSet = "alert.set",
    /// Alerts go out no more.
    AlertRemoved = "alert.removed",
    /// An alert was taken by whoever it went to.
    AlertSent = "alert.sent",
    /// An alert was not taken, and is tried until it is.
    AlertFailed = "alert.failed",
    /// A connector was installed.
    ConnectorInstalled = "connector.installed",
    /// Another release of a connector became current.
    ConnectorUpgraded = "connector.upgraded",
    /// One connection tries a release.
    ConnectorTried = "connector.tried",
    /// A connector, or the connection that tried a release, went back.
    ConnectorRolledBack = "connector.rolled-back",
    /// A release that fails is watched no more, since there is no way back from it.
    ConnectorWatchEnded = "connector.watch-ended",
    /// A connector was removed.
    ConnectorRemoved = "connector.removed",
    /// A publisher is trusted from now on.
    PublisherTrusted = "publisher.trusted",
    /// A publisher is trusted no more.
    PublisherDistrusted = "publisher.distrusted",
    /// A connection was added.
    ConnectionAdded = "connection.added",
    /// Secrets of a connection were set.
    ConnectionSecretsSet = "connection.secrets-set",
    /// Settings of a connection were changed; their names, never their values.
    ConnectionSettingsSet = "connection.settings-set",
    /// Secrets of a connection were changed for new ones.
    ConnectionRotated = "connection.rotated",
    /// The vendor calls a connection's endpoint from now on, for these kinds of events.
    ConnectionSubscribed = "connection.subscribed",
    /// The vendor calls it no more.
    ConnectionUnsubscribed = "connection.unsubscribed",
    /// It cannot be seen whether the vendor still has a connection's webhooks.
    SubscriptionUnseen = "subscription.unseen",
    /// Secrets of a connection are due to be changed.
    RotationDue = "rotation.due",
    /// Credentials of a connection were attached to requests; which connector's, to which host,
    /// and how many since the last such line.
    CredentialUsed = "credential.used",
    /// A system failed again and again, and is left alone for a while.
    BreakerOpened = "breaker.opened",
    /// It is back.
    BreakerClosed = "breaker.closed",
    /// A connection was removed, with its secrets.
    ConnectionRemoved = "connection.removed",
    /// Work of a connection was given up, so that it could be removed.
    WorkDiscarded = "work.discarded",
    /// A connection was paused.
    ConnectionPaused = "connection.paused",
    /// A connection takes part again.
    ConnectionResumed = "connection.resumed",
    /// A person signed in at a vendor.
    SignedIn = "sign-in.done",
    /// A sign-in is gone, and needs a person.
    SignInLost = "sign-in.lost",
    /// What was signed in at turned out to be another account than before.
    AccountChanged = "sign-in.account-changed",
    /// The one organisation that a sign-in opens became what a connection is for.
    TenantChosen = "tenant.chosen",
    /// A flow was applied.
    FlowApplied = "flow.applied",
    /// A flow was paused.
    FlowPaused = "flow.paused",
    /// A paused flow goes on.
    FlowResumed = "flow.resumed",
    /// A flow was removed; its runs in flight go on.
    FlowRemoved = "flow.removed",
    /// A table for lookups was set, in the place of the one with its name.
    TableSet = "table.set",
    /// A table for lookups was removed.
    TableRemoved = "table.removed",
    /// Everything is sealed under another master key; from which one, and how much.
    KeyRotated = "key.rotated",
    /// A token for the admin API was made.
    TokenCreated = "token.created",
    /// A token for the admin API is no longer valid.
    TokenRevoked = "token.revoked",
}

/// A line, before it has its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who.
    pub actor: Actor,
    /// What.
    pub what: Word,
    /// Of what: the id of a delivery, a run, a connector.
    pub subject: String,
    /// Of which connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Particulars.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<Cow<'static, str>, String>,
}

impl Line {
    /// A line without particulars.
    pub fn new(at_ms: u64, actor: Actor, what: Word, subject: impl Into<String>) -> Self {
        let subject = cut(subject.into(), NAME_BYTES_MAX);
        Self { at_ms, actor, what, subject, connection: None, details: BTreeMap::new() }
    }

    /// Of which connection it tells.
    pub fn connection(mut self, name: &str) -> Self {
        self.connection = Some(cut(name.to_owned(), NAME_BYTES_MAX));
        self
    }

    /// Adds a particular, up to [`DETAILS_MAX`] of them.
    pub fn detail(mut self, name: &'static str, value: impl ToString) -> Self {
        if self.details.len() < DETAILS_MAX {
            self.details.insert(name.into(), cut(value.to_string(), DETAIL_BYTES_MAX));
        }
        self
    }

    /// Adds the line to a batch.
    pub fn record(self, batch: &mut Batch) {
        // Strings and numbers always make JSON.
        batch.append(trees::AUDIT, serde_json::to_vec(&self).expect("plain data"));
    }
}
