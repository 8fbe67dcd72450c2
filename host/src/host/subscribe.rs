//! Webhooks at the vendors: registered, looked after, removed, by what the connector can do.

use tokio::sync::watch;

use super::Rooms;
use crate::{
    audit::Actor, connections::Live, contract::roles::subscriptions::Subscription, fault::Fault,
};

/// How often it is looked whether a subscription is due, in milliseconds.
const GLANCE_MS: u64 = 60_000;

impl Rooms {
    /// Has the vendor call a connection's endpoint for some kinds of events; for all that the
    /// connector can register, where none is named. Answers what the vendor then has.
    pub async fn subscribe(
        &self,
        live: &Live,
        kinds: Vec<String>,
        actor: Actor,
    ) -> Result<Vec<Subscription>, Fault> {
        let kinds = wanted(live, kinds)?;
        let made = self.ensure(live, &kinds).await?;
        let kept = self.connections.subscribed(&live.connection.name, kinds, actor).await;
        kept.map(|_| made).map_err(|error| Fault::host("connections", error))
    }

    /// Removes every subscription that calls a connection's endpoint; answers how many.
    pub async fn unsubscribe(&self, live: &Live, actor: Actor) -> Result<usize, Fault> {
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let url = self.endpoint(live);
        let all = self.runtime.subscriptions(package, live.window(), limits, &url).await.result?;
        for one in &all {
            self.runtime.unsubscribe(package, live.window(), limits, &one.id).await.result?;
        }
        let kept = self.connections.unsubscribed(&live.connection.name, actor).await;
        kept.map(|_| all.len()).map_err(|error| Fault::host("connections", error))
    }

    /// Looks now and then whether the vendors still have what was registered, has it renewed
    /// before it lapses, and made again where it is gone.
    pub(super) async fn keep_subscriptions(self, mut stop: watch::Receiver<bool>) {
        while self.rest(GLANCE_MS, &mut stop).await {
            let now_ms = self.clock.now_ms();
            let is_due = |live: &&std::sync::Arc<Live>| {
                let due = live.connection.subscribed.as_ref().is_some_and(|one| one.is_due(now_ms));
                due && live.is_open()
            };
            for live in self.connections.list().iter().filter(is_due) {
                self.look_after(live).await;
            }
        }
    }

    async fn look_after(&self, live: &Live) {
        let Some(subscribed) = &live.connection.subscribed else { return };
        let (name, kinds) = (&live.connection.name, &subscribed.kinds);
        let kept = match self.ensure(live, kinds).await {
            Ok(_) => self.connections.subscribed(name, kinds.clone(), Actor::Host).await,
            Err(fault) => {
                tracing::warn!(connection = name, %fault, "its webhooks at the vendor are not seen");
                self.connections.unseen(name, &fault.to_string()).await
            }
        };
        if let Err(error) = kept {
            tracing::error!(connection = name, %error, "how its webhooks stand is not kept");
        }
    }

    async fn ensure(&self, live: &Live, kinds: &[String]) -> Result<Vec<Subscription>, Fault> {
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let url = self.endpoint(live);
        self.runtime.ensure(package, live.window(), limits, &url, kinds).await.result
    }
}

/// The kinds that are to be registered.
fn wanted(live: &Live, kinds: Vec<String>) -> Result<Vec<String>, Fault> {
    let manifest = &live.connector.manifest;
    let id = &manifest.connector.id;
    if let Some(strange) = kinds.iter().find(|kind| !manifest.events.contains_key(*kind)) {
        let known: Vec<_> = manifest.events.keys().map(String::as_str).collect();
        let known = known.join(", ");
        let message = format!("the connector `{id}` has no event `{strange}`; it has {known}");
        return Err(Fault::operator("subscriptions", message));
    }
    if !kinds.is_empty() {
        return Ok(kinds);
    }
    // Where the manifest says how it is done, only what has a topic can be registered.
    let by_topic = manifest.subscriptions.is_some();
    let all = manifest.events.iter().filter(|(_, event)| !by_topic || event.topic.is_some());
    Ok(all.map(|(kind, _)| kind.clone()).collect())
}
