//! Tokens: had from vendors, kept sealed, renewed in time, and attached by egress alone.
//!
//! Owns sign-ins: one for each `[auth.NAME]` of kind `oauth2` or `session` of each connection. Promises
//! that at most one request for a token is under way for each, that what a vendor gave is on disk
//! before it is used, and that a sign-in which is gone is written down, told once, and not tried
//! again until a person acts. Never shows a token: not in a log, not in an error, not to a guest.

mod account;
mod doubt;
mod endpoint;
mod exchange;
mod pending;
mod record;
mod renewal;
mod scheme;
mod session;
mod tenants;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jackfield_registry::manifest::Auth;
use thiserror::Error;
use tokio::sync::watch;

pub use account::Held;
pub use pending::{Begun, CALLBACK, Pending, Progress, redirect_url};
pub use record::{Standing, State};
pub use scheme::{Ground, Scheme, whose};
pub use tenants::{Look, Tenant};

use self::{
    account::{Account, Now},
    endpoint::{Given, Refused, Wish},
    pending::Waiting,
    record::Place,
};
use crate::{
    clock::SharedClock,
    egress::{Credential, Egress, Issued, Issuer, Issuing, Placeholders},
    secret::Secret,
    store::{Batch, CommitError, Store, StoreError},
    vault::{Vault, VaultError},
};

/// What can go wrong with a sign-in.
#[derive(Debug, Error)]
pub enum OAuthError {
    /// A URL of the manifest is none with this connection's values.
    #[error("`{0}` is no https URL; hint: look at the connection's settings")]
    NoUrl(String),
    /// Nobody signs in: the host asks in its own name, or with a key.
    #[error("`{0}` needs no sign-in: its connector has no `[auth.NAME]` with `grant = \"code\"`")]
    NoSignIn(String),
    /// Nobody began the sign-in with which somebody came back.
    #[error(
        "this sign-in is not known: it was used already, is older than ten minutes, or was begun \
         before jackfield was started; begin again with `jackfield connection authorize`"
    )]
    UnknownState,
    /// Too many have been begun.
    #[error("{0} sign-ins have been begun and not ended; try again in ten minutes")]
    TooMany(usize),
    /// The person, or the vendor, did not want to.
    #[error("the vendor did not sign in: {0}")]
    Denied(String),
    /// The vendor gave no token for the code.
    #[error("{0}; hint: begin again with `jackfield connection authorize`")]
    NoToken(String),
    /// What is kept cannot be read.
    #[error("what is kept of the sign-in `{auth}` of `{connection}` cannot be read")]
    Unreadable {
        /// Of which connection.
        connection: String,
        /// By which `[auth.NAME]`.
        auth: String,
    },
    /// A captured value is missing, or not like what the manifest says.
    #[error("the vendor did not say `{param}`{like}; nothing was changed")]
    NotCaptured {
        /// The param that it is for.
        param: String,
        /// What it should have been like.
        like: String,
    },
    /// The sign-in is at another account than the one before.
    #[error(
        "this sign-in is at another account: `{param}` is {now}, and was {was}; nothing was changed, \
         and what waits is not sent there; hint: sign in at the account before, or take the \
         connection there for good with `jackfield connection set {name} --set {param}={now}`, and \
         then sign in again"
    )]
    OtherAccount {
        /// Of which connection.
        name: String,
        /// What tells the accounts apart.
        param: String,
        /// What it was.
        was: String,
        /// What it is.
        now: String,
    },
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What every sign-in needs.
#[derive(Debug, Clone)]
struct Means {
    /// Told whenever a sign-in begins to stand otherwise.
    changed: Arc<watch::Sender<()>>,
    store: Store,
    vault: Vault,
    clock: SharedClock,
}

impl Means {
    /// Has those who wait for a change look again.
    fn tell_changed(&self) {
        self.changed.send_replace(());
    }
}

/// The keeper of all tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    means: Means,
    egress: Egress,
    accounts: Mutex<HashMap<Place, Arc<Account>>>,
    waiting: Waiting,
}

impl Keeper {
    /// A keeper of what the store and the vault have.
    pub fn new(store: Store, vault: Vault, egress: Egress, clock: SharedClock) -> Self {
        let waiting = Waiting::new(clock.clone());
        let changed = Arc::new(watch::Sender::new(()));
        let means = Means { changed, store, vault, clock };
        Self(Arc::new(Inner { means, egress, accounts: Mutex::default(), waiting }))
    }

    /// Tells whenever a sign-in begins to stand otherwise.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.means.changed.subscribe()
    }

    /// How tokens are had, with a connection's values filled in; none for a kind of `[auth.NAME]`
    /// that needs no request of its own.
    pub fn scheme(
        &self,
        auth: &Auth,
        ground: Ground<'_>,
    ) -> Result<Option<Arc<Scheme>>, OAuthError> {
        Scheme::new(auth, ground, &self.0.egress)
    }

    /// The sign-in of a connection by an `[auth.NAME]`.
    pub fn sign_in(
        &self,
        connection: &str,
        auth: &str,
        scheme: Arc<Scheme>,
    ) -> Result<SignIn, OAuthError> {
        let place = Place { connection: connection.into(), auth: auth.into() };
        let mut accounts = self.accounts();
        let account = match accounts.get(&place) {
            Some(account) => account.clone(),
            None => {
                let account = Arc::new(Account::open(place.clone(), self.0.means.clone())?);
                accounts.insert(place, account.clone());
                // Work of it may have to wait.
                self.0.means.tell_changed();
                account
            }
        };
        Ok(SignIn { account, scheme })
    }

    /// Adds to a batch that nothing is known any more of the sign-ins of a connection.
    pub fn remove(&self, batch: &mut Batch, connection: &str) -> Result<(), OAuthError> {
        record::remove(batch, &self.0.means.store, connection)
    }

    /// Has those who wait for a change look again, since a connection stands otherwise.
    pub fn tell_changed(&self) {
        self.0.means.tell_changed();
    }

    /// Lets go of what was opened for a connection, once it is removed.
    pub fn forget(&self, connection: &str) {
        self.accounts().retain(|place, account| {
            let stays = place.connection != connection;
            if !stays {
                // A renewal may still be under way.
                account.end();
            }
            stays
        });
        self.0.egress.forget(&scheme::budget_of(connection));
        self.0.waiting.forget(connection);
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<Place, Arc<Account>>> {
        // A panic while the lock is held leaves the map whole: each change is one insertion.
        self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One sign-in of a connection, with the way in which its tokens are had. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SignIn {
    account: Arc<Account>,
    scheme: Arc<Scheme>,
}

impl SignIn {
    /// What egress asks for a token in its header.
    pub fn issuer(&self) -> Arc<dyn Issuer> {
        Arc::new(Teller { sign_in: self.clone(), among: None })
    }

    /// What egress asks for a token in the place of `slot`, with other values beside it.
    pub fn issuer_among(&self, slot: String, others: Placeholders) -> Arc<dyn Issuer> {
        Arc::new(Teller { sign_in: self.clone(), among: Some((slot, others)) })
    }

    /// Makes the way in which its tokens are had the connection's from now on.
    pub fn adopt(&self) {
        self.account.adopt(&self.scheme);
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let now = self.account.now();
        let mut standing = now.standing.clone();
        if let Some(why) = now.needs_person(&self.scheme) {
            standing.state = State::NeedsPerson;
            why.clone_into(&mut standing.why);
        }
        standing
    }

    /// When the right to renew it is lost unless it is used, in milliseconds since 1970.
    pub fn idle_until_ms(&self) -> Option<u64> {
        self.account.idle_until_ms(&self.scheme)
    }

    /// Whether a person signs in.
    pub fn is_by_person(&self) -> bool {
        !self.scheme.asks_in_own_name()
    }

    /// Renews it if it would be lost for want of use.
    pub async fn tend(&self) {
        self.account.tend(&self.scheme).await;
    }

    /// Tries again what only a person could mend, since one has changed something.
    pub async fn reconsider(&self) -> Result<(), OAuthError> {
        self.account.reconsider().await
    }

    /// Exchanges the code that a person brought.
    pub async fn exchange(&self, code: String, pending: Pending) -> Result<Brought, OAuthError> {
        let wish = Wish::Code { code, verifier: pending.verifier };
        let now_ms = self.account.now_ms();
        match endpoint::ask(&self.scheme, wish, now_ms).await {
            Ok(given) => Ok(Brought(given)),
            Err(Refused::Gone(why) | Refused::Later(why)) => Err(OAuthError::NoToken(why)),
        }
    }

    /// Waits until no token is being renewed, and keeps it so while a new sign-in is written.
    pub async fn hold(&self) -> Held {
        self.account.hold().await
    }

    /// Adds to a batch what a person's sign-in has brought. Hand the answer to
    /// [`SignIn::show`] once the batch is on disk.
    pub fn write(
        &self,
        brought: Brought,
        held: &mut Held,
        batch: &mut Batch,
    ) -> Result<Written, OAuthError> {
        self.account.signed_in(&self.scheme, brought.0, held, batch).map(Written)
    }

    /// Makes what was written what everybody sees.
    pub fn show(&self, written: Written) {
        self.account.show(written.0);
    }

    /// Remembers the account's own name.
    pub async fn label(&self, account: &str) -> Result<(), OAuthError> {
        self.account.label(account).await
    }
}

/// What a vendor gave for a code.
#[derive(Debug)]
pub struct Brought(Given);

impl Brought {
    /// What stands at a place of the vendor's answer.
    pub fn at(&self, pointer: &str) -> Option<String> {
        self.0.whole.at(pointer)
    }
}

/// What is on disk and not yet seen.
#[derive(Debug)]
pub struct Written(Now);

/// Answers egress.
#[derive(Debug)]
struct Teller {
    sign_in: SignIn,
    /// In the place of what, and among what, the token is written; else it has its header.
    among: Option<(String, Placeholders)>,
}

impl Teller {
    fn issued(&self, tokens: &record::Tokens) -> Issued {
        let scheme = &self.sign_in.scheme;
        let credential = match &self.among {
            Some((slot, others)) => {
                let mut values = others.0.clone();
                values.insert(slot.clone(), tokens.access.clone());
                Credential::Placeholders(Arc::new(Placeholders(values)))
            }
            None => {
                let value = format!("{}{}", scheme.prefix, tokens.access.expose());
                Credential::Header { name: scheme.header.clone(), value: Secret::new(value) }
            }
        };
        Issued { credential, number: tokens.number }
    }
}

impl Issuer for Teller {
    fn headers(&self) -> Vec<String> {
        match self.among {
            Some(_) => Vec::new(),
            None => vec![self.sign_in.scheme.header.clone()],
        }
    }

    fn refuses(&self, status: u16) -> bool {
        self.sign_in.scheme.expired_status.contains(&status)
    }

    fn issue(&self) -> Issuing<'_, Issued> {
        let SignIn { account, scheme } = &self.sign_in;
        Box::pin(async { Ok(self.issued(&account.token(scheme).await?)) })
    }

    fn anew(&self, refused: &Issued) -> Issuing<'_, Option<Issued>> {
        let SignIn { account, scheme } = &self.sign_in;
        let number = refused.number;
        Box::pin(async move {
            let tokens = account.after(scheme, number).await?;
            Ok(tokens.map(|tokens| self.issued(&tokens)))
        })
    }
}
