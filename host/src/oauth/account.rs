//! One sign-in: its tokens, and the only place in which they are renewed.
//!
//! Promises one request for a token at a time; that what a vendor gave is on disk before it is
//! used; and that a renewal which has begun goes on to its end, whoever stops waiting for it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    Means, OAuthError,
    doubt::Doubt,
    endpoint::Given,
    record::{Place, Standing, State, Tokens},
    scheme::Scheme,
    tenants::Looking,
};
use crate::{
    audit::{Actor, Line, Word},
    egress::EgressError,
    store::Batch,
};

/// A token is renewed once this share of its life is over, in percent.
const RENEWED_AT_PERCENT: u64 = 80;
/// How long before its end a token is not used any more, in milliseconds: a request takes time.
/// Never more than a tenth of its life.
const MARGIN_MS: u64 = 30_000;

/// One sign-in.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) place: Place,
    pub(super) means: Means,
    now: ArcSwap<Now>,
    doubt: Doubt,
    /// How its connection has tokens now.
    pub(super) scheme: ArcSwapOption<Scheme>,
    is_gone: AtomicBool,
    pub(super) looking: Looking,
    /// Whose turn it is to ask the vendor.
    pub(super) turn: Arc<Mutex<Turn>>,
}

/// What is known of a sign-in at a moment.
#[derive(Debug)]
pub(super) struct Now {
    pub(super) tokens: Option<Tokens>,
    pub(super) standing: Standing,
}

impl Now {
    /// Why it needs a person, if it does.
    pub(super) fn needs_person(&self, scheme: &Scheme) -> Option<&str> {
        match self.standing.state {
            State::NeedsPerson => Some(&self.standing.why),
            State::New if !scheme.asks_in_own_name() => Some("nobody has signed in yet"),
            State::New | State::Healthy => None,
        }
    }
}

/// What only the one whose turn it is knows.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Given by the vendor and not on disk yet, since the disk failed.
    pub(super) unkept: Option<Tokens>,
    /// The vendor was asked in vain, and is not asked again before this.
    pub(super) rest_until_ms: u64,
    pub(super) why: String,
}

impl Account {
    pub(super) fn open(place: Place, means: Means) -> Result<Self, OAuthError> {
        let (tokens, standing) = place.read(&means.store, &means.vault)?;
        let now = Now { tokens, standing: standing.unwrap_or_else(Standing::new) };
        let now = ArcSwap::from_pointee(now);
        Ok(Self {
            place,
            means,
            now,
            doubt: Doubt::default(),
            looking: Looking::default(),
            scheme: ArcSwapOption::empty(),
            is_gone: AtomicBool::new(false),
            turn: Arc::default(),
        })
    }

    pub(super) fn now(&self) -> Arc<Now> {
        self.now.load_full()
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.means.clock.now_ms()
    }

    /// A token that can be used now.
    pub(super) async fn token(
        self: &Arc<Self>,
        scheme: &Arc<Scheme>,
    ) -> Result<Tokens, EgressError> {
        let now = self.now();
        if let Some(why) = now.needs_person(scheme) {
            return Err(self.needs_person(why));
        }
        match &now.tokens {
            Some(tokens) if self.is_good(tokens) => {
                // In the background, since this one is good for a while; and only if nobody is
                // at it.
                if self.is_aging(tokens, scheme)
                    && let Ok(turn) = self.turn.clone().try_lock_owned()
                {
                    tokio::spawn(self.clone().renew(turn, scheme.clone(), tokens.number));
                }
                Ok(tokens.clone())
            }
            Some(tokens) => self.renewed(scheme, tokens.number).await,
            None => self.renewed(scheme, 0).await,
        }
    }

    /// Another token than the one with this number, which a system has turned away; none where
    /// another would be no better.
    pub(super) async fn after(
        self: &Arc<Self>,
        scheme: &Arc<Scheme>,
        number: u64,
    ) -> Result<Option<Tokens>, EgressError> {
        let now = self.now();
        let Some(tokens) = &now.tokens else { return Ok(None) };
        if tokens.number == number {
            if !tokens.can_be_renewed(scheme) {
                return self.turned_away(number).await.map(|()| None);
            }
            if !self.doubt.may_help(number, self.now_ms()) {
                return Ok(None);
            }
        }
        self.renewed(scheme, number).await.map(Some)
    }

    /// A token with a greater number, in a task of its own: what has begun goes on to its end.
    async fn renewed(
        self: &Arc<Self>,
        scheme: &Arc<Scheme>,
        number: u64,
    ) -> Result<Tokens, EgressError> {
        let (account, scheme) = (self.clone(), scheme.clone());
        let renewal = tokio::spawn(async move {
            let turn = account.turn.clone().lock_owned().await;
            account.renew(turn, scheme, number).await
        });
        renewal.await.unwrap_or_else(|_| Err(self.no_token("the host broke off")))
    }

    /// A token that cannot be renewed was turned away: the first time the system may mind
    /// something else, the second time only a person can help.
    async fn turned_away(&self, number: u64) -> Result<(), EgressError> {
        if !self.doubt.is_repeated(number, self.now_ms()) {
            return Ok(());
        }
        let mut turn = self.turn.lock().await;
        let is_current = self.now().tokens.as_ref().is_some_and(|now| now.number == number);
        if !is_current {
            return Ok(());
        }
        let why = "the vendor turns its token away, and gave none by which to renew it";
        Err(self.lose(why.into(), &mut turn).await)
    }

    /// Has renewals go by this scheme, which is the connection's from now on: a call that began
    /// before shall not use what was so then.
    pub(super) fn adopt(&self, scheme: &Arc<Scheme>) {
        self.scheme.store(Some(scheme.clone()));
    }

    /// The connection is removed: nothing of it is kept any more.
    pub(super) fn end(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }

    /// Adds to a batch what shall be kept of it.
    pub(super) fn write(
        &self,
        batch: &mut Batch,
        tokens: Option<&Tokens>,
        standing: &Standing,
    ) -> Result<(), OAuthError> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Err(OAuthError::NoSignIn(self.place.connection.clone()));
        }
        self.place.write(batch, &self.means.vault, tokens, standing)
    }

    /// Writes down what shall be kept of it, with what a batch has already.
    pub(super) async fn commit(
        &self,
        mut batch: Batch,
        tokens: Option<&Tokens>,
        standing: &Standing,
    ) -> Result<(), OAuthError> {
        self.write(&mut batch, tokens, standing)?;
        self.means.store.commit(batch).await?;
        Ok(())
    }

    /// Has it stand otherwise, by the tokens that it has: on disk first, then for everybody.
    pub(super) async fn stand(&self, standing: Standing, batch: Batch) -> Result<(), OAuthError> {
        self.commit(batch, None, &standing).await?;
        self.show(Now { tokens: self.now().tokens.clone(), standing });
        Ok(())
    }

    /// Adds to a batch what a person's sign-in has brought; `show` makes it what everybody sees
    /// once the batch is on disk.
    pub(super) fn signed_in(
        &self,
        scheme: &Scheme,
        given: Given,
        held: &mut Held,
        batch: &mut Batch,
    ) -> Result<Now, OAuthError> {
        // What was so before is of the sign-in before.
        *held.0 = Turn::default();
        self.doubt.forget();
        // Another sign-in, perhaps at another account: nothing of the one before goes into it.
        let mut tokens = self.next(scheme, None, given);
        tokens.number += self.now().tokens.as_ref().map_or(0, |before| before.number);
        let standing = Standing { tenants: None, ..self.healthy(&tokens) };
        self.write(batch, Some(&tokens), &standing)?;
        Ok(Now { tokens: Some(tokens), standing })
    }

    /// Remembers the account's own name. Another one than before is told.
    pub(super) async fn label(&self, account: &str) -> Result<(), OAuthError> {
        let is_known = |now: &Now| now.standing.account.as_deref() == Some(account);
        if is_known(&self.now()) {
            return Ok(());
        }
        let _held = self.hold().await;
        let now = self.now();
        if is_known(&now) {
            return Ok(());
        }
        let standing = Standing { account: Some(account.into()), ..now.standing.clone() };
        let mut batch = Batch::new();
        if let Some(was) = &now.standing.account {
            let connection = &self.place.connection;
            Line::new(self.now_ms(), Actor::Host, Word::AccountChanged, connection)
                .connection(connection)
                .detail("auth", &self.place.auth)
                .detail("was", was)
                .detail("now", account)
                .record(&mut batch);
        }
        self.stand(standing, batch).await
    }

    /// Makes something what everybody sees.
    pub(super) fn show(&self, now: Now) {
        let state = now.standing.state;
        let before = self.now.swap(Arc::new(now));
        if before.standing.state != state {
            self.means.tell_changed();
        }
    }

    /// Waits until nobody asks the vendor, and keeps it so.
    pub(super) async fn hold(&self) -> Held {
        Held(self.turn.clone().lock_owned().await)
    }

    /// Tries again what only a person could mend, since one has changed something.
    pub(super) async fn reconsider(&self) -> Result<(), OAuthError> {
        let mut held = self.hold().await;
        held.0.rest_until_ms = 0;
        let now = self.now();
        if now.standing.state != State::NeedsPerson {
            return Ok(());
        }
        let state = if now.tokens.is_some() { State::Healthy } else { State::New };
        let since_ms = self.now_ms();
        let standing = Standing { state, why: String::new(), since_ms, ..now.standing.clone() };
        self.stand(standing, Batch::new()).await
    }

    /// Whether a token can still be used for a request that begins now.
    fn is_good(&self, tokens: &Tokens) -> bool {
        let Some(expires_at_ms) = tokens.expires_at_ms else { return true };
        let life_ms = expires_at_ms.saturating_sub(tokens.obtained_at_ms);
        self.now_ms() + MARGIN_MS.min(life_ms / 10) < expires_at_ms
    }

    /// Whether it is time to renew a token that can still be used.
    fn is_aging(&self, tokens: &Tokens, scheme: &Scheme) -> bool {
        let renewable = tokens.can_be_renewed(scheme);
        let Some(expires_at_ms) = tokens.expires_at_ms.filter(|_| renewable) else { return false };
        let life_ms = expires_at_ms.saturating_sub(tokens.obtained_at_ms);
        let soonest_ms = scheme.times.refresh_after_ms;
        let due_ms = (life_ms / 100 * RENEWED_AT_PERCENT).max(soonest_ms);
        self.now_ms() >= tokens.obtained_at_ms + due_ms
    }

    /// When the right to refresh is lost unless it is used.
    pub(super) fn idle_until_ms(&self, scheme: &Scheme) -> Option<u64> {
        let now = self.now();
        let tokens = now.tokens.as_ref().filter(|tokens| tokens.refresh.is_some())?;
        Some(tokens.obtained_at_ms + scheme.times.idle_limit_ms?)
    }

    /// Renews a token of which half of the time is over in which its right to refresh must be
    /// used.
    pub(super) async fn tend(self: &Arc<Self>, scheme: &Arc<Scheme>) {
        let now = self.now();
        let Some(tokens) = &now.tokens else { return };
        let Some(until_ms) = self.idle_until_ms(scheme) else { return };
        let half_ms = tokens.obtained_at_ms + (until_ms - tokens.obtained_at_ms) / 2;
        if now.needs_person(scheme).is_none() && self.now_ms() >= half_ms {
            // What comes of it shows in how it stands.
            let _ = self.renewed(scheme, tokens.number).await;
        }
    }

    pub(super) fn needs_person(&self, why: &str) -> EgressError {
        EgressError::NeedsPerson { auth: self.place.auth.clone(), why: why.to_owned() }
    }

    pub(super) fn no_token(&self, why: impl Into<String>) -> EgressError {
        EgressError::NoToken { auth: self.place.auth.clone(), why: why.into() }
    }
}

/// The turn to ask the vendor, held by somebody who does not.
#[derive(Debug)]
pub struct Held(OwnedMutexGuard<Turn>);
