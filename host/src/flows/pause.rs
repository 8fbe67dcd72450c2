//! A paused flow: its runs rest before their next step, those that begin meanwhile too, and all go
//! on when it is resumed. Nothing is lost by a pause.

use super::{FlowError, Flows, Run, RunState};
use crate::{
    audit::{Actor, Line, Word},
    fault::Fault,
    store::{Batch, CommitError, Expect, trees},
};

/// Under which keys of [`trees::FLOWS`] it stands that a flow is paused.
pub(super) const PAUSED: &str = "paused/";
/// How many runs are looked up at a time.
const PAGE: usize = 500;

impl Flows {
    /// Whether a flow is paused.
    pub fn is_paused(&self, flow: &str) -> Result<bool, FlowError> {
        Ok(self.0.store.get(trees::FLOWS, format!("{PAUSED}{flow}").as_bytes())?.is_some())
    }

    /// Adds to a batch that a run rests until its flow is resumed. The batch conflicts if it is
    /// resumed meanwhile.
    pub(super) fn hold(&self, run: &Run, batch: &mut Batch) {
        let paused = format!("{PAUSED}{}", run.flow);
        batch.require(trees::FLOWS, paused.as_bytes(), Expect::Present);
        batch.put(trees::HELD, &place(run), Vec::new());
    }

    /// Pauses a flow.
    pub async fn pause(&self, name: &str, actor: Actor) -> Result<(), FlowError> {
        self.known(name)?;
        if self.is_paused(name)? {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.put(trees::FLOWS, format!("{PAUSED}{name}").as_bytes(), Vec::new());
        Line::new(self.0.clock.now_ms(), actor, Word::FlowPaused, name).record(&mut batch);
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Resumes a flow; how many runs go on.
    pub async fn resume(&self, name: &str, actor: Actor) -> Result<usize, FlowError> {
        self.known(name)?;
        if self.is_paused(name)? {
            let mut batch = Batch::new();
            batch.delete(trees::FLOWS, format!("{PAUSED}{name}").as_bytes());
            Line::new(self.0.clock.now_ms(), actor, Word::FlowResumed, name).record(&mut batch);
            self.0.store.commit(batch).await?;
        }
        self.let_all_go(name).await
    }

    /// Has the runs go on that rest though their flow is not paused.
    pub(super) async fn let_all_go(&self, name: &str) -> Result<usize, FlowError> {
        let prefix = format!("{name}\0");
        let mut count = 0;
        loop {
            let page = self.0.store.scan_prefix(trees::HELD, prefix.as_bytes(), None, PAGE)?;
            if page.is_empty() {
                return Ok(count);
            }
            for (key, _) in &page {
                count += usize::from(self.let_one_go(key, prefix.len()).await?);
            }
        }
    }

    /// Has one run go on; whether it does.
    async fn let_one_go(&self, key: &[u8], id_at: usize) -> Result<bool, FlowError> {
        let mut batch = Batch::new();
        // Whoever cancels it takes it off the list in the same moment.
        batch.require(trees::HELD, key, Expect::Present);
        batch.delete(trees::HELD, key);
        let id = String::from_utf8_lossy(&key[id_at..]).into_owned();
        let goes_on = match self.run_and_bytes(&id) {
            Ok((mut run, bytes)) if run.state == RunState::Held => {
                let entry = self.version(&run.flow, &run.version)?;
                batch.require(trees::RUNS, id.as_bytes(), Expect::Is(bytes));
                let work = self.get_to_work(&mut run, &entry.1, &mut batch);
                self.enqueue(&mut batch, work);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::error!(%error, run = id, "a run that was held cannot go on");
                false
            }
        };
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(goes_on),
            // Somebody else was faster; it is looked at again if it is still there.
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets go of those whose flow was resumed by a host that ended before they were called.
    pub async fn let_the_forgotten_go(&self) -> Result<(), Fault> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let next = self.0.store.scan_prefix(trees::HELD, &[], after.as_deref(), 1);
            let next = next.map_err(FlowError::from)?;
            let Some((key, _)) = next.first() else { return Ok(()) };
            let end = key.iter().position(|byte| *byte == 0).unwrap_or(key.len());
            let name = String::from_utf8_lossy(&key[..end]).into_owned();
            if !self.is_paused(&name)? {
                self.let_all_go(&name).await?;
            }
            after = Some([name.as_bytes(), b"\x01"].concat());
        }
    }
}

/// Adds to a batch that a run is on no list any more.
pub(super) fn let_go(run: &Run, batch: &mut Batch) {
    batch.delete(trees::HELD, &place(run));
}

fn place(run: &Run) -> Vec<u8> {
    [run.flow.as_bytes(), b"\0", run.id.as_bytes()].concat()
}
