//! Renewing a token: asking the vendor, writing down what it gave, and knowing when to stop.
//!
//! Everything here is done by the one whose turn it is.

use std::{sync::Arc, time::Duration};

use tokio::sync::OwnedMutexGuard;

use super::{
    account::{Account, Now, Turn},
    endpoint::{self, Given, Refused, Wish},
    record::{Previous, Sealed, Standing, State, Tokens},
    scheme::Scheme,
};
use crate::{
    audit::{Actor, Line, Word},
    egress::EgressError,
    store::Batch,
};

/// How often one renewal asks, where nothing or nonsense comes back.
const TRIES: u32 = 4;
/// How long it waits before the second time; twice that before the third.
const FIRST_WAIT_MS: u64 = 200;
/// How long nobody asks again after a renewal that came to nothing, in milliseconds.
const REST_MS: u64 = 5_000;

impl Account {
    /// A token with a greater number than this one.
    pub(super) async fn renew(
        self: Arc<Self>,
        mut turn: OwnedMutexGuard<Turn>,
        scheme: Arc<Scheme>,
        number: u64,
    ) -> Result<Tokens, EgressError> {
        let scheme = self.scheme.load_full().unwrap_or(scheme);
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
                self.means.clock.sleep_until(self.now_ms() + wait_ms).await;
            }
            refused = match endpoint::ask(scheme, wish(), self.now_ms()).await {
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
                Some(Ok(given)) => self.keep(turn, self.next(scheme, old, given)).await,
                Some(Err(Refused::Later(why))) => Err(self.put_off(why, turn)),
                Some(Err(Refused::Gone(_))) | None => Err(self.lose(why, turn).await),
            },
            Refused::Later(why) => Err(self.put_off(why, turn)),
        }
    }

    /// The vendor is not asked again for a while.
    fn put_off(&self, why: String, turn: &mut Turn) -> EgressError {
        turn.rest_until_ms = self.now_ms() + REST_MS;
        turn.why.clone_from(&why);
        self.no_token(why)
    }

    /// Whether the vendor may be asked at this moment.
    fn is_time(&self, scheme: &Scheme, now: &Now, turn: &Turn) -> Result<(), EgressError> {
        let now_ms = self.now_ms();
        if now_ms < turn.rest_until_ms {
            return Err(self.no_token(turn.why.clone()));
        }
        let Some(tokens) = &now.tokens else { return Ok(()) };
        let soonest = tokens.obtained_at_ms + scheme.times.refresh_after_ms;
        if now_ms < soonest {
            let after = Duration::from_millis(soonest - now_ms);
            return Err(EgressError::TokenTooYoung { auth: self.place.auth.clone(), after });
        }
        Ok(())
    }

    /// The refresh token before, once, where the vendor says that it takes it too: the present
    /// one may have been lost on its way.
    async fn by_previous(
        &self,
        scheme: &Arc<Scheme>,
        old: Option<&Tokens>,
    ) -> Option<Result<Given, Refused>> {
        let previous = old?.previous.as_ref()?;
        let now_ms = self.now_ms();
        if now_ms >= previous.until_ms {
            return None;
        }
        Some(endpoint::ask(scheme, Wish::Refresh(previous.refresh.0.clone()), now_ms).await)
    }

    /// What is known once the vendor has given something.
    pub(super) fn next(&self, scheme: &Scheme, old: Option<&Tokens>, given: Given) -> Tokens {
        let now_ms = self.now_ms();
        let old_refresh = old.and_then(|old| old.refresh.clone());
        let refresh = given.refresh.map(Sealed);
        let is_new = |token: &Sealed| {
            old_refresh.as_ref().is_none_or(|old| !old.0.matches(token.0.expose().as_bytes()))
        };
        let previous = match (&old_refresh, scheme.times.grace_ms) {
            (Some(old), Some(grace_ms)) if refresh.as_ref().is_some_and(is_new) => {
                Some(Previous { refresh: old.clone(), until_ms: now_ms + grace_ms })
            }
            _ => None,
        };
        let lifetime_ms = given
            .lifetime
            .and_then(|life| u64::try_from(life.as_millis()).ok())
            .or(scheme.times.lifetime_ms);
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
        let standing = self.healthy(&tokens);
        if let Err(error) = self.commit(Batch::new(), Some(&tokens), &standing).await {
            tracing::error!(connection = self.place.connection, %error, "a new token is not kept yet");
            turn.unkept = Some(tokens);
            return Err(self.no_token("the vendor gave one, and it cannot be written down"));
        }
        self.show(Now { tokens: Some(tokens.clone()), standing });
        Ok(tokens)
    }

    pub(super) fn healthy(&self, tokens: &Tokens) -> Standing {
        let before = self.now().standing.clone();
        let since_ms = match before.state {
            State::Healthy => before.since_ms,
            State::New | State::NeedsPerson => self.now_ms(),
        };
        Standing {
            state: State::Healthy,
            why: String::new(),
            since_ms,
            obtained_at_ms: Some(tokens.obtained_at_ms),
            expires_at_ms: tokens.expires_at_ms,
            account: before.account,
            tenants: before.tenants,
        }
    }

    /// The sign-in is gone: written down, told once, and not tried again until a person acts.
    pub(super) async fn lose(&self, why: String, turn: &mut Turn) -> EgressError {
        let now_ms = self.now_ms();
        let standing = Standing {
            state: State::NeedsPerson,
            why: why.clone(),
            since_ms: now_ms,
            ..self.now().standing.clone()
        };
        let connection = &self.place.connection;
        let mut batch = Batch::new();
        Line::new(now_ms, Actor::Host, Word::SignInLost, connection)
            .connection(connection)
            .detail("auth", &self.place.auth)
            .detail("why", &why)
            .record(&mut batch);
        if let Err(error) = self.stand(standing, batch).await {
            // It will be found out again.
            tracing::error!(connection, %error, "that the sign-in is gone is not written down");
            return self.put_off(why, turn);
        }
        tracing::error!(
            connection,
            why,
            "the sign-in is gone; work waits until a person does `jackfield connection authorize \
             {connection}`"
        );
        self.needs_person(&why)
    }
}
