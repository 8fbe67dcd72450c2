//! How releases come, go and change places: each change on disk first, and then for new calls.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ConnectorError, ConnectorRecord, Connectors, Installed, Kind, ReleaseRecord, Slot, Wish,
    gates::{self, Candidate, blocking},
    unknown, watch,
};
use crate::{
    audit::{Actor, Line, Word},
    store::{Batch, trees},
};

impl Connectors {
    /// Lets a release in: all gates first, then the file, then the record, then the pointer.
    /// `fits` is the last gate: whether the connections of the connector can go through it.
    pub async fn let_in(
        &self,
        bytes: Vec<u8>,
        wish: Wish,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let _one = self.0.gates.lock().await;
        let candidate = self.inspect(bytes, wish.unsigned, wish.actor.clone()).await?;
        self.expect_wished(&candidate, &wish)?;
        let passed = match self.make_ready(&candidate).await {
            Ok(installed) => self.enter(&candidate, installed, wish, fits).await,
            Err(error) => Err(error),
        };
        // After a commit of which nobody knows the outcome, it may be needed.
        if passed.as_ref().is_err_and(|error| !matches!(error, ConnectorError::Commit(_))) {
            self.forget([&candidate.record]);
        }
        passed
    }

    /// Makes what passed the gates current, or one connection's trial.
    async fn enter(
        &self,
        candidate: &Candidate,
        installed: Arc<Installed>,
        wish: Wish,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let _one = self.0.changing.lock().await;
        // While it was compiled, something may have changed.
        self.expect_wished(candidate, &wish)?;
        self.expect_trusted(candidate.record.publisher)?;
        fits(&installed).map_err(ConnectorError::Unfit)?;
        let (files, release) = (self.0.files.clone(), candidate.release.clone());
        blocking(move || files.write(&release)).await?;
        let word = match wish.kind {
            Kind::Install => Word::ConnectorInstalled,
            Kind::Upgrade => Word::ConnectorUpgraded,
            Kind::Trial(_) => Word::ConnectorTried,
        };
        let slot = self.slot_with(installed.clone(), &wish);
        self.commit(slot, wish.actor, word, &installed).await?;
        Ok(installed)
    }

    /// The slot as it will be once a release is let in.
    fn slot_with(&self, installed: Arc<Installed>, wish: &Wish) -> Slot {
        let release = installed.release.clone();
        let Some(mut slot) = self.slot(&installed.id) else {
            let record = Arc::new(ConnectorRecord::new(&installed.id, release));
            return Slot { record, current: Some(installed), trials: BTreeMap::new() };
        };
        let mut record = ConnectorRecord::clone(&slot.record);
        match &wish.kind {
            Kind::Trial(connection) => {
                record.trials.insert(connection.clone(), release);
                slot.trials.insert(connection.clone(), installed);
            }
            Kind::Install | Kind::Upgrade => {
                let at_ms = release.grant.at_ms;
                record.promote(release);
                record.watch = wish.watch.then(|| watch::over(slot.current.as_deref(), at_ms));
                slot.trials.clear();
                slot.current = Some(installed);
            }
        }
        Slot { record: Arc::new(record), ..slot }
    }

    /// Goes back to the release before, or ends a connection's trial. Where only `from` shall be
    /// left, and it is not current any more, nothing changes.
    pub async fn roll_back(
        &self,
        id: &str,
        connection: Option<&str>,
        from: Option<&Installed>,
        actor: Actor,
        fits: impl FnOnce(&Arc<Installed>) -> Result<(), String>,
    ) -> Result<Arc<Installed>, ConnectorError> {
        let record = self.record(id).ok_or_else(|| unknown(id))?;
        if from.is_some_and(|from| from.release != record.current) {
            return self.get(id);
        }
        // After an update of the host it may have to be compiled anew: not under the lock.
        let before = record.before.first().filter(|_| connection.is_none()).cloned();
        let before = match before {
            Some(before) => Some(self.kept(before).await?),
            None => None,
        };
        let _one = self.0.changing.lock().await;
        let mut slot = self.slot(id).ok_or_else(|| unknown(id))?;
        if slot.record.current != record.current {
            return Err(ConnectorError::Changed(id.into()));
        }
        let mut record = ConnectorRecord::clone(&slot.record);
        let back = match connection {
            Some(connection) => {
                if record.trials.remove(connection).is_none() {
                    let (id, connection) = (id.into(), connection.into());
                    return Err(ConnectorError::NoTrial { id, connection });
                }
                slot.trials.remove(connection);
                self.get(id)?
            }
            None if record.roll_back() => {
                slot.trials.clear();
                let ready = before.filter(|before| before.release == record.current);
                ready.ok_or_else(|| ConnectorError::Changed(id.into()))?
            }
            None => return Err(ConnectorError::NothingBefore(id.into())),
        };
        fits(&back).map_err(ConnectorError::Unfit)?;
        slot.record = Arc::new(record);
        slot.current = Some(back.clone());
        self.commit(slot, actor, Word::ConnectorRolledBack, &back).await?;
        Ok(back)
    }

    /// A release that is kept, ready; whoever signed it must still be trusted.
    async fn kept(&self, release: ReleaseRecord) -> Result<Arc<Installed>, ConnectorError> {
        self.expect_trusted(release.publisher)?;
        let this = self.clone();
        blocking(move || gates::kept(&this.0.runtime, &this.0.files, release)).await
    }

    /// Removes a connector and its releases. `in_use` says which connections go through it.
    pub async fn remove(
        &self,
        id: &str,
        actor: Actor,
        in_use: impl FnOnce() -> Vec<String>,
    ) -> Result<(), ConnectorError> {
        let _one = self.0.changing.lock().await;
        let slot = self.slot(id).ok_or_else(|| unknown(id))?;
        let connections = in_use();
        if !connections.is_empty() {
            return Err(ConnectorError::InUse { id: id.into(), connections });
        }
        let mut batch = Batch::new();
        batch.delete(trees::RELEASES, id.as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::ConnectorRemoved, id)
            .detail("version", &slot.record.current.version)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        self.show(id, None);
        Ok(())
    }

    /// Makes a slot what it shall be: on disk, and then for new calls.
    pub(super) async fn commit(
        &self,
        slot: Slot,
        actor: Actor,
        word: Word,
        installed: &Installed,
    ) -> Result<(), ConnectorError> {
        let record = slot.record.clone();
        let mut batch = Batch::new();
        // Texts and numbers always make JSON.
        let value = serde_json::to_vec(&*record).expect("plain data");
        batch.put(trees::RELEASES, record.id.as_bytes(), value);
        let publisher = installed.release.publisher.map(|publisher| publisher.to_string());
        Line::new(self.0.clock.now_ms(), actor, word, &record.id)
            .detail("version", &installed.release.version)
            .detail("digest", installed.release.digest)
            .detail("publisher", publisher.as_deref().unwrap_or("unsigned"))
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        self.show(&record.id, Some(slot));
        Ok(())
    }

    /// Has new calls find what is on disk by now, and lets go of what nobody needs any more.
    fn show(&self, id: &str, slot: Option<Slot>) {
        let mut slots = BTreeMap::clone(&self.0.slots.load());
        let last = match slot {
            Some(slot) => slots.insert(id.to_owned(), slot),
            None => slots.remove(id),
        };
        self.0.slots.store(Arc::new(slots));
        if let Some(last) = last {
            self.forget(last.record.releases());
        }
    }

    /// Removes the files and the compiled code of those releases that no record needs.
    fn forget<'a>(&self, releases: impl IntoIterator<Item = &'a ReleaseRecord>) {
        let slots = self.0.slots.load();
        let kept = || slots.values().flat_map(|slot| slot.record.releases());
        for release in releases {
            if !kept().any(|kept| kept.digest == release.digest) {
                self.0.files.remove(&release.digest);
            }
            if !kept().any(|kept| kept.code_digest == release.code_digest) {
                self.0.runtime.forget(&release.code_digest.to_hex());
            }
        }
    }

    /// Removes compiled code that no record needs and that nothing has used since the start:
    /// what a kill, an older engine or a release that was turned away left behind.
    pub fn sweep(&self) {
        let slots = self.0.slots.load();
        let kept = slots.values().flat_map(|slot| slot.record.releases());
        self.0.runtime.keep_only(&kept.map(|release| release.code_digest.to_hex()).collect());
    }
}
