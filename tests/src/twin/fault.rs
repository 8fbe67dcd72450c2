//! Faults on demand: what goes wrong next, and for how many requests.
//!
//! Owns the plan that a test sets. Promises that each planned fault hits exactly the number of
//! requests that was asked for, first failures, then cut answers, then garbage. Never acts by
//! itself.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Method, StatusCode};

/// What happens to one request instead of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused with this status and not done.
    Refuse(StatusCode),
    /// It is done and not answered.
    Cut,
    /// It is done and answered with nonsense.
    Garbage,
}

/// The plan of one twin.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
    delay_ms: AtomicU64,
}

#[derive(Debug, Default)]
struct Plan {
    refuse: Option<(u32, StatusCode)>,
    cut: u32,
    garbage: u32,
    aim: Option<(Method, String)>,
}

impl Faults {
    pub fn fail_next(&self, n: u32, status: StatusCode) {
        self.lock().refuse = Some((n, status));
    }

    pub fn drop_answers(&self, n: u32) {
        self.lock().cut = n;
    }

    pub fn garbage(&self, n: u32) {
        self.lock().garbage = n;
    }

    pub fn delay(&self, delay_ms: u64) {
        self.delay_ms.store(delay_ms, Ordering::Relaxed);
    }

    pub fn aim(&self, aim: Option<(Method, String)>) {
        self.lock().aim = aim;
    }

    pub fn calm(&self) {
        *self.lock() = Plan::default();
    }

    /// How long the answer waits.
    pub fn wait(&self) -> Duration {
        Duration::from_millis(self.delay_ms.load(Ordering::Relaxed))
    }

    /// Takes the fault that hits this request, if one does.
    pub fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut plan = self.lock();
        if let Some((aimed, prefix)) = &plan.aim
            && (aimed != method || !path.starts_with(prefix.as_str()))
        {
            return None;
        }
        if let Some((left, status)) = &mut plan.refuse
            && *left > 0
        {
            *left -= 1;
            return Some(Fault::Refuse(*status));
        }
        if plan.cut > 0 {
            plan.cut -= 1;
            return Some(Fault::Cut);
        }
        if plan.garbage > 0 {
            plan.garbage -= 1;
            return Some(Fault::Garbage);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
