//! One sign-in: its tokens, and the only place in which they are renewed.
//!
//! Promises one request for a token at a time; that what a vendor gave is on disk before it is
//! used; and that a renewal which has begun goes on to its end, whoever stops waiting for it.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    Means, OAuthError,
    endpoint::{self, Given, Refused, Wish},
    record::{Place, Previous, Sealed, Standing, State, Tokens},
    scheme::Scheme,
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
/// A token that was given so lately is not renewed because a system turned it away: it is not
/// its age that the system minds.
const YOUNG_MS: u64 = 10_000;
/// How often one renewal asks, where nothing or nonsense comes back.
const TRIES: u32 = 4;
/// How long it waits before the second time; twice that before the third.
const FIRST_WAIT_MS: u64 = 200;
/// How long nobody asks again after a renewal that came to nothing, in milliseconds.
const REST_MS: u64 = 5_000;

/// One sign-in.
#[derive(Debug)]
pub(super) struct Account {
    place: Place,
    means: Means,
    now: ArcSwap<Now>,
    /// Whose turn it is to ask the vendor.
    turn: Arc<Mutex<Turn>>,
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
struct Turn {
    /// Given by the vendor and not on disk yet, since the disk failed.
    unkept: Option<Tokens>,
    /// The vendor was asked in vain, and is not asked again before this.
    rest_until_ms: u64,
    why: String,
}

impl Account {
    pub(super) fn open(place: Place, means: Means) -> Result<Self, OAuthError> {
        let (tokens, standing) = place.read(&means.store, &means.vault)?;
        let now = Now { tokens, standing: standing.unwrap_or_else(Standing::new) };
        Ok(Self { place, means, now: ArcSwap::from_pointee(now), turn: Default::default() })
    }

    pub(super) fn now(&self) -> Arc<Now> {
        self.now.load_full()
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
                if self.is_aging(tokens, scheme) {
                    // In the background: this one is good for a while.
                    let renewal = self.clone().renew(scheme.clone(), tokens.number);
                    tokio::spawn(renewal);
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
            let age_ms = self.means.clock.now_ms().saturating_sub(tokens.obtained_at_ms);
            let can_renew = tokens.refresh.is_some() || scheme.asks_in_own_name();
            if age_ms < YOUNG_MS || !can_renew {
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
        let renewal = tokio::spawn(self.clone().renew(scheme.clone(), number));
        renewal.await.unwrap_or_else(|_| Err(self.no_token("the host broke off")))
    }

    async fn renew(
        self: Arc<Self>,
        scheme: Arc<Scheme>,
        number: u64,
    ) -> Result<Tokens, EgressError> {
        let mut turn = self.turn.lock().await;
        let now = self.now();
        // Somebody had the turn before, and what they found out is so for everybody who waited.
        if let Some(why) = now.needs_person(&scheme) {
            return Err(self.needs_person(why));
        }
        if let Some(tokens) = now.tokens.as_ref().filter(|tokens| tokens.number > number) {
            return Ok(tokens.clone());
        }
        if let Some(tokens) = turn.unkept.take() {
            return self.keep(&mut turn, tokens).await;
        }
        self.ask(&scheme, &now, &mut turn).await
    }

    /// Asks the vendor, more than once where nothing comes of it.
    async fn ask(
        &self,
        scheme: &Arc<Scheme>,
        now: &Now,
        turn: &mut Turn,
    ) -> Result<Tokens, EgressError> {
        self.is_time(scheme, now, turn)?;
        let old = now.tokens.as_ref();
        let refresh = old.and_then(|tokens| tokens.refresh.as_ref());
        let wish = || match refresh {
            Some(Sealed(token)) => Wish::Refresh(token.clone()),
            None => Wish::OwnName,
        };
        if refresh.is_none() && !scheme.asks_in_own_name() {
            let why = "its token has run out, and the vendor gave none by which to renew it";
            return Err(self.lose(why.into(), turn).await);
        }
        let mut refused = Refused::Later(String::new());
        for attempt in 0..TRIES {
            if attempt > 0 {
                let wait_ms = FIRST_WAIT_MS << (attempt - 1);
                self.means.clock.sleep_until(self.means.clock.now_ms() + wait_ms).await;
            }
            refused = match endpoint::ask(scheme, wish()).await {
                Ok(given) => return self.keep(turn, self.next(scheme, old, given)).await,
                Err(refused) => refused,
            };
            if matches!(refused, Refused::Gone(_)) {
                break;
            }
            tracing::warn!(connection = self.place.connection, %refused, attempt, "no token");
        }
        match refused {
            Refused::Gone(why) => match self.by_previous(scheme, old).await {
                Some(given) => self.keep(turn, self.next(scheme, old, given)).await,
                None => Err(self.lose(why, turn).await),
            },
            Refused::Later(why) => {
                turn.rest_until_ms = self.means.clock.now_ms() + REST_MS;
                turn.why.clone_from(&why);
                Err(self.no_token(why))
            }
        }
    }

    /// Whether the vendor may be asked at this moment.
    fn is_time(&self, scheme: &Scheme, now: &Now, turn: &Turn) -> Result<(), EgressError> {
        let now_ms = self.means.clock.now_ms();
        if now_ms < turn.rest_until_ms {
            return Err(self.no_token(turn.why.clone()));
        }
        let Some(tokens) = &now.tokens else { return Ok(()) };
        let soonest = tokens.obtained_at_ms + scheme.manifest.refresh_after_ms.unwrap_or(0);
        if now_ms < soonest {
            let after = Duration::from_millis(soonest - now_ms);
            return Err(EgressError::TokenTooYoung { auth: self.place.auth.clone(), after });
        }
        Ok(())
    }

    /// The refresh token before, once, where the vendor says that it takes it too: the present
    /// one may have been lost on its way.
    async fn by_previous(&self, scheme: &Arc<Scheme>, old: Option<&Tokens>) -> Option<Given> {
        let previous = old?.previous.as_ref()?;
        if self.means.clock.now_ms() >= previous.until_ms {
            return None;
        }
        endpoint::ask(scheme, Wish::Refresh(previous.refresh.0.clone())).await.ok()
    }

    /// What is known once the vendor has given something.
    pub(super) fn next(&self, scheme: &Scheme, old: Option<&Tokens>, given: Given) -> Tokens {
        let now_ms = self.means.clock.now_ms();
        let old_refresh = old.and_then(|old| old.refresh.clone());
        let refresh = given.refresh.map(Sealed);
        let is_new = |token: &Sealed| {
            old_refresh.as_ref().is_none_or(|old| !old.0.matches(token.0.expose().as_bytes()))
        };
        let previous = match (&old_refresh, scheme.manifest.grace_ms) {
            (Some(old), Some(grace_ms)) if refresh.as_ref().is_some_and(is_new) => {
                Some(Previous { refresh: old.clone(), until_ms: now_ms + grace_ms })
            }
            _ => None,
        };
        let lifetime_ms = given
            .lifetime
            .and_then(|life| u64::try_from(life.as_millis()).ok())
            .or(scheme.manifest.lifetime_ms);
        Tokens {
            number: old.map_or(0, |old| old.number) + 1,
            access: given.access,
            refresh: refresh.or(old_refresh),
            previous,
            obtained_at_ms: now_ms,
            expires_at_ms: lifetime_ms.map(|life_ms| now_ms.saturating_add(life_ms)),
        }
    }

    /// Writes tokens down; only then anybody may use them.
    async fn keep(&self, turn: &mut Turn, tokens: Tokens) -> Result<Tokens, EgressError> {
        let mut batch = Batch::new();
        let standing = self.healthy(&tokens);
        let kept = match self.place.write(&mut batch, &self.means.vault, Some(&tokens), &standing) {
            Ok(()) => self.means.store.commit(batch).await.map_err(OAuthError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::error!(connection = self.place.connection, %error, "a new token is not kept yet");
            turn.unkept = Some(tokens);
            return Err(self.no_token("the vendor gave one, and it cannot be written down"));
        }
        self.show(Now { tokens: Some(tokens.clone()), standing });
        Ok(tokens)
    }

    fn healthy(&self, tokens: &Tokens) -> Standing {
        let before = self.now().standing.clone();
        let since_ms = match before.state {
            State::Healthy => before.since_ms,
            State::New | State::NeedsPerson => self.means.clock.now_ms(),
        };
        Standing {
            state: State::Healthy,
            why: String::new(),
            since_ms,
            obtained_at_ms: Some(tokens.obtained_at_ms),
            expires_at_ms: tokens.expires_at_ms,
            account: before.account,
        }
    }

    /// The sign-in is gone: written down, told once, and not tried again until a person acts.
    async fn lose(&self, why: String, turn: &mut Turn) -> EgressError {
        let now_ms = self.means.clock.now_ms();
        let before = self.now();
        let standing = Standing {
            state: State::NeedsPerson,
            why: why.clone(),
            since_ms: now_ms,
            ..before.standing.clone()
        };
        let connection = &self.place.connection;
        let mut batch = Batch::new();
        Line::new(now_ms, Actor::Host, Word::SignInLost, connection)
            .connection(connection)
            .detail("auth", &self.place.auth)
            .detail("why", &why)
            .record(&mut batch);
        let kept = match self.place.write(&mut batch, &self.means.vault, None, &standing) {
            Ok(()) => self.means.store.commit(batch).await.map_err(OAuthError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            // It will be found out again.
            tracing::error!(connection, %error, "that the sign-in is gone is not written down");
            turn.rest_until_ms = now_ms + REST_MS;
            turn.why.clone_from(&why);
            return self.no_token(why);
        }
        tracing::error!(
            connection,
            why,
            "the sign-in is gone; work waits until a person does `jackfield connection authorize \
             {connection}`"
        );
        self.show(Now { tokens: before.tokens.clone(), standing });
        self.needs_person(&why)
    }

    /// Adds to a batch what a person's sign-in has brought; `shown` makes it what everybody sees
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
        let before = self.now();
        let mut tokens = self.next(scheme, before.tokens.as_ref(), given);
        // Another sign-in: what the one before could be renewed by says nothing of this one.
        tokens.previous = None;
        let standing = Standing { account: None, ..self.healthy(&tokens) };
        self.place.write(batch, &self.means.vault, Some(&tokens), &standing)?;
        Ok(Now { tokens: Some(tokens), standing })
    }

    /// Remembers the account's own name.
    pub(super) async fn label(&self, account: &str) -> Result<(), OAuthError> {
        let _held = self.hold().await;
        let now = self.now();
        let standing = Standing { account: Some(account.into()), ..now.standing.clone() };
        let mut batch = Batch::new();
        self.place.write(&mut batch, &self.means.vault, None, &standing)?;
        self.means.store.commit(batch).await?;
        self.show(Now { tokens: now.tokens.clone(), standing });
        Ok(())
    }

    /// Makes something what everybody sees.
    pub(super) fn show(&self, now: Now) {
        let state = now.standing.state;
        let before = self.now.swap(Arc::new(now));
        if before.standing.state != state {
            self.means.changed.send_replace(());
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
        let since_ms = self.means.clock.now_ms();
        let standing = Standing { state, why: String::new(), since_ms, ..now.standing.clone() };
        let mut batch = Batch::new();
        self.place.write(&mut batch, &self.means.vault, None, &standing)?;
        self.means.store.commit(batch).await?;
        self.show(Now { tokens: now.tokens.clone(), standing });
        Ok(())
    }

    /// Whether a token can still be used for a request that begins now.
    fn is_good(&self, tokens: &Tokens) -> bool {
        let Some(expires_at_ms) = tokens.expires_at_ms else { return true };
        let life_ms = expires_at_ms.saturating_sub(tokens.obtained_at_ms);
        self.means.clock.now_ms() + MARGIN_MS.min(life_ms / 10) < expires_at_ms
    }

    /// Whether it is time to renew a token that can still be used.
    fn is_aging(&self, tokens: &Tokens, scheme: &Scheme) -> bool {
        let can_renew = tokens.refresh.is_some() || scheme.asks_in_own_name();
        let Some(expires_at_ms) = tokens.expires_at_ms.filter(|_| can_renew) else { return false };
        let life_ms = expires_at_ms.saturating_sub(tokens.obtained_at_ms);
        let soonest_ms = scheme.manifest.refresh_after_ms.unwrap_or(0);
        let due_ms = (life_ms / 100 * RENEWED_AT_PERCENT).max(soonest_ms);
        self.means.clock.now_ms() >= tokens.obtained_at_ms + due_ms
    }

    /// When the right to refresh is lost unless it is used.
    pub(super) fn idle_until_ms(&self, scheme: &Scheme) -> Option<u64> {
        let now = self.now();
        let tokens = now.tokens.as_ref().filter(|tokens| tokens.refresh.is_some())?;
        Some(tokens.obtained_at_ms + scheme.manifest.idle_limit_ms?)
    }

    /// Renews a token of which half of the time is over in which its right to refresh must be
    /// used.
    pub(super) async fn tend(self: &Arc<Self>, scheme: &Arc<Scheme>) {
        let now = self.now();
        let Some(tokens) = &now.tokens else { return };
        let Some(until_ms) = self.idle_until_ms(scheme) else { return };
        let half_ms = tokens.obtained_at_ms + (until_ms - tokens.obtained_at_ms) / 2;
        if now.needs_person(scheme).is_none() && self.means.clock.now_ms() >= half_ms {
            // What comes of it shows in how it stands.
            let _ = self.renewed(scheme, tokens.number).await;
        }
    }

    fn needs_person(&self, why: &str) -> EgressError {
        EgressError::NeedsPerson { auth: self.place.auth.clone(), why: why.to_owned() }
    }

    fn no_token(&self, why: impl Into<String>) -> EgressError {
        EgressError::NoToken { auth: self.place.auth.clone(), why: why.into() }
    }
}

/// The turn to ask the vendor, held by somebody who does not.
#[derive(Debug)]
pub struct Held(OwnedMutexGuard<Turn>);
