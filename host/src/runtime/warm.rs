//! Instances of the host's own expression component that are kept from one call to the next, so
//! that an expression is not compiled each time. Promises that an instance is in one call at a
//! time, that it is asked again only for whom it was made, and that each call has its whole
//! budget and no more. Never keeps an instance after a trap, a limit or a call that was left.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time;
use wasmtime::Store;

use super::{
    Package, Runtime, RuntimeError,
    fault::{too_slow, trapped},
    limits::Limits,
    sandbox::{Rows, Sandbox},
};
use crate::{capabilities::Window, contract::expressions::Guest, fault::Fault};

/// An instance whose memory has grown beyond this, in bytes, is not kept.
const KEPT_MEMORY_BYTES_MAX: usize = 4 << 20;

/// The kept instances of one component. Cheap to clone.
#[derive(Clone)]
pub struct Warm(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    package: Package,
    limits: Limits,
    /// The most instances that are kept; the one that was used longest ago goes first.
    most: usize,
    /// The one that was used last is at the end.
    kept: Mutex<VecDeque<Kept>>,
}

/// An instance between two calls.
struct Kept {
    /// For whom it was made.
    whose: Arc<str>,
    store: Store<Sandbox>,
    guest: Guest,
}

/// What one call evaluates.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The expressions.
    pub expressions: &'a [String],
    /// What they run on, as JSON.
    pub input: String,
    /// An object whose members are bound to `$name`, as JSON.
    pub vars: String,
}

impl Warm {
    /// Keeps up to `most` instances of a component that evaluates expressions.
    pub fn new(runtime: Runtime, package: Package, limits: Limits, most: usize) -> Self {
        Self(Arc::new(Inner { runtime, package, limits, most, kept: Mutex::default() }))
    }

    /// How many instances are kept now.
    pub fn count(&self) -> usize {
        self.kept().len()
    }

    /// The value of each expression, in an instance that has worked for nobody but `whose`.
    /// `rows` are the tables that these expressions reach.
    pub async fn evaluate(
        &self,
        whose: &str,
        evaluation: Evaluation<'_>,
        rows: Option<Rows>,
    ) -> Result<Vec<String>, Fault> {
        let Inner { runtime, package, limits, .. } = &*self.0;
        let Some(indices) = &package.roles.expressions else {
            return Err(RuntimeError::NoRole("expressions").into());
        };
        let (mut store, guest) = match self.take(whose) {
            Some(kept) => (kept.store, Some(kept.guest)),
            None => (runtime.store(Window::shut(), *limits), None),
        };
        store.data_mut().begin(*limits, rows);
        store.set_epoch_deadline(1);
        let call = async {
            let guest = match guest {
                Some(guest) => guest,
                None => {
                    let instance = package.roles.instance.instantiate_async(&mut store).await?;
                    indices.load(&mut store, &instance)?
                }
            };
            let Evaluation { expressions, input, vars } = evaluation;
            let answer = guest.call_evaluate(&mut store, expressions, &input, &vars).await?;
            Ok::<_, wasmtime::Error>((guest, answer))
        };
        let ended = time::timeout(Duration::from_millis(limits.wall_ms), call).await;
        let result = match ended {
            Err(_elapsed) => Err(too_slow(*limits)),
            Ok(Err(error)) => Err(trapped(&error, store.data(), *limits)),
            Ok(Ok((guest, answer))) => {
                if store.data_mut().end() <= KEPT_MEMORY_BYTES_MAX {
                    self.put(Kept { whose: whose.into(), store, guest });
                }
                answer.map_err(Fault::from)
            }
        };
        package.count(&result);
        result
    }

    fn take(&self, whose: &str) -> Option<Kept> {
        let mut kept = self.kept();
        let place = kept.iter().rposition(|kept| &*kept.whose == whose)?;
        kept.remove(place)
    }

    fn put(&self, one: Kept) {
        let mut kept = self.kept();
        kept.push_back(one);
        let over = kept.len().saturating_sub(self.0.most);
        // Their memory is given back once others may go on.
        let out: Vec<Kept> = kept.drain(..over).collect();
        drop(kept);
        drop(out);
    }

    /// A panic while the lock is held leaves the list whole: each change is one step.
    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Warm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Warm({})", self.count())
    }
}
