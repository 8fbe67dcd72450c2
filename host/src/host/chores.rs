//! What the host does by itself, now and then, until it stops.

use tokio::sync::watch;

use super::Rooms;
use crate::{
    audit::{self, Actor},
    connections::Live,
    connectors::Installed,
    memory,
};

/// How often the host looks whether a watched release fails, in milliseconds.
const GLANCE_MS: u64 = 1_000;
/// How often it looks whether a sign-in would be lost for want of use, in milliseconds.
const TEND_MS: u64 = 60_000;
/// How often it tells of the use of credentials, in milliseconds.
const USES_MS: u64 = 10_000;
/// How often it looks whether secrets are due, in milliseconds.
const REMIND_MS: u64 = 3_600_000;

/// How often it forgets what no run will ask for any more, in milliseconds.
const FORGET_MS: u64 = 3_600_000;

/// How often it looks whether lines of the trail can be sealed, in milliseconds.
const SEAL_MS: u64 = 500;
/// How long it rests where there were lines to be sealed, so that sealing takes a twentieth of a
/// processor at most, in milliseconds.
const SEAL_MORE_MS: u64 = 50;
/// How long it leaves the trail alone where it could not, in milliseconds.
const SEAL_AGAIN_MS: u64 = 600_000;

/// How often it gives back the memory that nobody uses, in milliseconds.
const GIVE_BACK_MS: u64 = 1000;

/// Whether the host stops.
type Stop = watch::Receiver<bool>;

impl Rooms {
    /// Rests for so long, or until the host stops: whether it goes on.
    pub(super) async fn rest(&self, ms: u64, stop: &mut Stop) -> bool {
        let next = self.clock.sleep_until(self.clock.now_ms() + ms);
        tokio::select! {
            () = next => true,
            // The sender is gone only with the host.
            _ = stop.wait_for(|stop| *stop) => false,
        }
    }

    /// Begins no work of a connection that needs a person, and goes on with it once one has acted.
    pub(super) async fn keep_lanes(self, mut stop: Stop) {
        let mut changes = self.connections.changes();
        loop {
            changes.mark_unchanged();
            let apply = |live: &Live| self.queue.pause(&live.connection.name, !live.is_open());
            self.connections.each(apply).await;
            tokio::select! {
                // The sender is gone only with the host.
                _ = changes.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Renews the sign-ins that would be lost for want of use.
    pub(super) async fn tend(self, mut stop: Stop) {
        loop {
            for live in self.connections.list() {
                live.tend().await;
            }
            if !self.rest(TEND_MS, &mut stop).await {
                return;
            }
        }
    }

    /// Tells the trail of the use of credentials, and of the last ones when the host stops.
    pub(super) async fn tell_uses(self, mut stop: Stop) {
        loop {
            let goes_on = self.rest(USES_MS, &mut stop).await;
            if let Err(error) = self.connections.tell_uses().await {
                tracing::error!(%error, "the trail does not tell of the use of credentials");
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Has runs go on that were forgotten in a stop, and forgets events that no run asks for.
    pub(super) async fn tidy_flows(self, mut stop: Stop) {
        if let Err(error) = self.flows.let_the_forgotten_go().await {
            tracing::error!(%error, "runs of a resumed flow still rest: resume it once more");
        }
        while self.rest(FORGET_MS, &mut stop).await {
            if let Err(error) = self.flows.forget().await {
                tracing::error!(%error, "events that no run asks for are kept a while longer");
            }
        }
    }

    /// Seals older lines of the trail, the more often the more there are.
    pub(super) async fn seal_trail(self, mut stop: Stop) {
        let mut rest_ms = SEAL_MS;
        while self.rest(rest_ms, &mut stop).await {
            rest_ms = match audit::seal(&self.store).await {
                Ok(true) => SEAL_MORE_MS,
                Ok(false) => SEAL_MS,
                Err(error) => {
                    tracing::error!(%error, "older lines of the trail stay as they are");
                    SEAL_AGAIN_MS
                }
            };
        }
    }

    /// Gives back the memory that nobody uses.
    pub(super) async fn give_back(self, mut stop: Stop) {
        while self.rest(GIVE_BACK_MS, &mut stop).await {
            memory::give_back();
        }
    }

    /// Tells the trail of breakers that opened or closed, and lets the lanes heed them.
    pub(super) async fn heed_breakers(self, mut stop: Stop) {
        let mut changes = self.connections.breaker_changes();
        loop {
            changes.mark_unchanged();
            let told = self.connections.tell_breakers().await;
            for live in self.connections.list() {
                self.queue.probe(&live.connection.name, || live.probe_ms());
            }
            if let Err(error) = told {
                tracing::error!(%error, "the trail does not tell of a breaker; trying again");
                changes.mark_changed();
                if !self.rest(GLANCE_MS, &mut stop).await {
                    return;
                }
            }
            tokio::select! {
                // The sender is gone only with the host.
                _ = changes.changed() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Reminds of secrets that are due to be changed.
    pub(super) async fn remind(self, mut stop: Stop) {
        loop {
            self.connections.remind().await;
            if !self.rest(REMIND_MS, &mut stop).await {
                return;
            }
        }
    }

    /// Goes back from a release that fails, if there is a way back.
    async fn leave(&self, failing: &Installed) {
        let connector = &failing.id;
        match self.roll_back(connector, None, Some(failing), Actor::Host).await {
            Ok(back) => tracing::error!(
                connector,
                version = back.release.version,
                "the new release failed more than the one before, which is back"
            ),
            Err(error) => {
                tracing::error!(
                    connector, %error, "the new release fails, and stays: there is no way back"
                );
                if let Err(error) = self.connectors.stop_watching(failing).await {
                    tracing::error!(connector, %error, "it is watched on");
                }
            }
        }
    }

    /// Takes releases back that are watched and fail more than those before them.
    pub(super) async fn keep_watch(self, mut stop: Stop) {
        loop {
            for failing in self.connectors.failing() {
                self.leave(&failing).await;
            }
            if !self.rest(GLANCE_MS, &mut stop).await {
                return;
            }
        }
    }
}
