//! Changes of what is installed and connected that concern several rooms at once.

use std::sync::Arc;

use super::{HostError, Rooms};
use crate::{
    audit::Actor,
    connections::Live,
    connectors::{Installed, Kind, Wish},
    fault::Fault,
    queue::{DeadLetters, Task},
    store::Batch,
};

/// Dead letters that are given up in one commit.
const GIVEN_UP_AT_ONCE: usize = 500;

impl Rooms {
    /// Lets a release in; connections of its connector go through it from then on.
    pub async fn let_in(&self, release: Vec<u8>, wish: Wish) -> Result<Arc<Installed>, HostError> {
        let alone = match &wish.kind {
            Kind::Trial(connection) => Some(connection.clone()),
            Kind::Install | Kind::Upgrade => None,
        };
        let fits = |candidate: &Arc<Installed>| self.fits(candidate, alone.as_deref());
        let installed = self.connectors.let_in(release, wish, fits).await?;
        self.refresh(&installed.id).await;
        Ok(installed)
    }

    /// Goes back to the release before, or ends a connection's trial. Where only `from` shall be
    /// left, and somebody was faster, nothing changes.
    pub async fn roll_back(
        &self,
        connector: &str,
        connection: Option<&str>,
        from: Option<&Installed>,
        actor: Actor,
    ) -> Result<Arc<Installed>, HostError> {
        // The end of a trial is no question of fitting: others go through it already.
        let fits = |back: &Arc<Installed>| match connection {
            Some(_) => Ok(()),
            None => self.fits(back, None),
        };
        let back = self.connectors.roll_back(connector, connection, from, actor, fits).await?;
        self.refresh(connector).await;
        Ok(back)
    }

    /// Removes a connector through which no connection goes.
    pub async fn remove_connector(&self, connector: &str, actor: Actor) -> Result<(), HostError> {
        let in_use = || self.connections.names_through(connector);
        Ok(self.connectors.remove(connector, actor, in_use).await?)
    }

    /// Removes a connection of which no flow makes use, and what calls its endpoint from the vendor.
    /// Work and dead letters that wait for it stand in the way, and a vendor that keeps what calls it,
    /// unless that shall be given up.
    pub async fn remove_connection(
        &self,
        name: &str,
        discard: bool,
        actor: Actor,
    ) -> Result<(), HostError> {
        let connector = self.connections.record(name)?.connector;
        if self.hangs_on(name)?.is_empty() || discard && self.flows.through(name).is_empty() {
            self.let_go(name, discard, &actor).await?;
        }
        if discard && self.flows.through(name).is_empty() {
            self.give_up(name, &actor).await?;
        }
        let in_use = || self.hangs_on(name);
        let removed = self.connections.remove::<HostError>(name, actor.clone(), in_use).await;
        if removed.is_err() {
            let is_open = self.connections.get(name).is_ok_and(|live| live.is_open());
            self.queue.pause(name, !is_open);
            return removed;
        }
        // Late work of it shall not wait in silence: it fails, and a person sees it.
        self.queue.pause(name, false);
        let record = self.connectors.record(&connector);
        if record.is_some_and(|record| record.trials.contains_key(name)) {
            let ended = self.roll_back(&connector, Some(name), None, actor).await;
            if let Err(error) = ended {
                tracing::warn!(connector, %error, "the trial of a removed connection is kept");
            }
        }
        Ok(())
    }

    /// Has the vendor call a connection no more, where it was registered there.
    async fn let_go(&self, name: &str, discard: bool, actor: &Actor) -> Result<(), HostError> {
        if self.connections.record(name)?.subscribed.is_none() {
            return Ok(());
        }
        let ended = match self.connections.get(name) {
            Ok(live) => self.unsubscribe(&live, actor.clone()).await,
            Err(error) => Err(Fault::operator("connection", error.to_string())),
        };
        match ended {
            Err(fault) if discard => {
                tracing::warn!(connection = name, %fault, "the vendor goes on calling an endpoint \
                    that is no more");
                Ok(())
            }
            Err(fault) => Err(HostError::StillCalled { name: name.into(), fault }),
            Ok(_) => Ok(()),
        }
    }

    /// Gives up what waits for a connection, and begins no new work of it.
    async fn give_up(&self, name: &str, actor: &Actor) -> Result<(), HostError> {
        self.queue.pause(name, true);
        let ended = |task: &Task, batch: &mut Batch| match task {
            Task::Step { run } => {
                self.flows.stop(run, None, batch)?;
                Ok::<_, HostError>(self.flows.give_up(run, actor, batch)?)
            }
            // None of them is on the lane of a connection.
            Task::Parse { .. }
            | Task::Wake { .. }
            | Task::Tick { .. }
            | Task::Start { .. }
            | Task::Burst { .. } => Ok(()),
        };
        self.queue.discard(name, actor, ended).await?;
        let desk = DeadLetters::of(self.queue.clone());
        for letters in desk.of_connection(name)?.chunks(GIVEN_UP_AT_ONCE) {
            let mut given_up = Batch::new();
            for letter in letters {
                if let Task::Step { run } = &letter.task {
                    self.flows.give_up(run, actor, &mut given_up)?;
                }
            }
            desk.discard(letters, actor, given_up).await?;
        }
        Ok(())
    }

    /// What stands in the way of removing a connection, a line each.
    fn hangs_on(&self, name: &str) -> Result<Vec<String>, HostError> {
        let flows = self.flows.through(name).into_iter().map(|flow| {
            format!("the flow `{flow}` goes through it\n  hint: `jackfield flow remove {flow}`")
        });
        let hint = "hint: --discard gives up all that waits for it";
        let waits = self.queue.has_work(name)?;
        let waits = waits.then(|| format!("work waits for it\n  {hint}"));
        let letters = DeadLetters::of(self.queue.clone()).of_connection(name)?.len();
        let letters = (letters > 0)
            .then(|| format!("dead letters of it wait for a person, {letters} of them\n  {hint}"));
        Ok(flows.chain(waits).chain(letters).collect())
    }

    fn fits(&self, candidate: &Arc<Installed>, alone: Option<&str>) -> Result<(), String> {
        self.connections.fit(candidate, alone).map_err(|error| error.to_string())
    }

    /// Has the connections of a connector go through what is current now.
    async fn refresh(&self, connector: &str) {
        let apply = |live: &Live| self.queue.pause(&live.connection.name, !live.is_open());
        self.connections.refresh(connector, apply).await;
    }
}
