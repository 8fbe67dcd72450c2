//! Turns: who changes the secrets of a connection, and who re-seals them, one after the other.
//!
//! A turn goes with the batch that carries the change and ends when that batch is on disk or was
//! given up. Reading takes no turn. Whoever waits blocks their thread, for one commit at most:
//! turns end on the store's own thread, so nobody waits for themselves.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The longest wait for a turn. A turn lasts as long as a commit; whoever keeps one for longer
/// holds a batch that is not committed, and others are told so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who has a turn. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    /// The number of the last turn to write.
    last: u64,
    /// Turns to write, by number: of which connection.
    writing: BTreeMap<u64, String>,
    /// Connections that are being re-sealed.
    held: HashSet<String>,
}

/// A turn; it ends when it is dropped.
pub(super) struct Turn {
    turns: Turns,
    kind: Kind,
}

enum Kind {
    Write(u64),
    Hold(Vec<String>),
}

impl Turns {
    /// A turn to change the secrets of a connection; any number may have one. None if the
    /// connection is held for too long.
    pub(super) fn write(&self, connection: &str) -> Option<Turn> {
        let mut state = self.wait(|state| !state.held.contains(connection))?;
        state.last += 1;
        let number = state.last;
        state.writing.insert(number, connection.to_owned());
        drop(state);
        Some(Turn { turns: self.clone(), kind: Kind::Write(number) })
    }

    /// Holds connections: nobody else changes their secrets until the turn ends. None if somebody
    /// has been changing them for too long.
    pub(super) fn hold(&self, connections: &[String]) -> Option<Turn> {
        let busy = |state: &State| state.writing.values().any(|name| connections.contains(name));
        let mut state = self.wait(|state| !busy(state))?;
        state.held.extend(connections.iter().cloned());
        drop(state);
        Some(Turn { turns: self.clone(), kind: Kind::Hold(connections.to_vec()) })
    }

    /// Waits until every turn to write that was begun before now has ended; whether they have.
    pub(super) fn drained(&self) -> bool {
        let upto = self.state().last;
        self.wait(|state| state.writing.keys().next().is_none_or(|first| *first > upto)).is_some()
    }

    fn wait(&self, is_so: impl Fn(&State) -> bool) -> Option<MutexGuard<'_, State>> {
        let waited = self.0.1.wait_timeout_while(self.state(), PATIENCE, |state| !is_so(state));
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of the state is one insertion or removal, whole after a panic.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        match &self.kind {
            Kind::Write(number) => drop(state.writing.remove(number)),
            Kind::Hold(connections) => {
                state.held.retain(|name| !connections.contains(name));
            }
        }
        drop(state);
        self.turns.0.1.notify_all();
    }
}
