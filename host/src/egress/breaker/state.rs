//! The state machine of one breaker: closed, open, or open with one request on its way.

use std::{collections::VecDeque, time::Duration};

use crate::backoff::Backoff;

/// Spans of rest after which the next is no longer doubled.
const DOUBLINGS_MAX: u32 = 16;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaking {
    /// So many failures in a row open it; at least 1.
    pub failures: u32,
    /// They count if they lie within so long a time.
    pub within: Duration,
    /// The first span of rest.
    pub first: Duration,
    /// No span is longer.
    pub longest: Duration,
}

impl Default for Breaking {
    /// Five failures within a minute; rests of 10 s, 20 s, 40 s, up to five minutes.
    fn default() -> Self {
        Self::beside(Backoff::default())
    }
}

impl Breaking {
    /// What goes with a host's retries: a rest begins at five times the first of them, and ends
    /// long before the longest.
    pub fn beside(backoff: Backoff) -> Self {
        let first = backoff.first * 5;
        let longest = (backoff.longest / 12).max(first);
        Self { failures: 5, within: backoff.first * 30, first, longest }
    }

    fn span_ms(&self, spans: u32) -> u64 {
        let doubled = 1_u32 << spans.min(DOUBLINGS_MAX);
        ms(self.first.saturating_mul(doubled).min(self.longest)).max(1)
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a request said about its system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is there.
    Well,
    /// It is not, or is out of order; what was seen of it.
    Failed(String),
    /// Nothing.
    Neither,
}

/// What the end of a request changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Opened,
    Closed,
}

/// The leave of one request: for which time between two turns, and whether it is the one that
/// finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ticket {
    era: u64,
    probe: bool,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open { until_ms: u64, probing: bool },
}

/// One breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    phase: Phase,
    /// Counts what happened to it. What began in an earlier era says nothing about this one.
    era: u64,
    /// When it failed in a row, the oldest first; as many as open it at most.
    failed_ms: VecDeque<u64>,
    /// How often in a row.
    failures: u32,
    /// How many rests there were since it was closed last.
    spans: u32,
    since_ms: u64,
    why: String,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            phase: Phase::Closed,
            era: 0,
            failed_ms: VecDeque::new(),
            failures: 0,
            spans: 0,
            since_ms: 0,
            why: String::new(),
        }
    }
}

impl Breaker {
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether a fresh one would do as well.
    pub(super) fn is_forgettable(&self) -> bool {
        self.is_closed() && self.era == 0 && self.failures == 0
    }

    pub(super) fn rest(&self, origin: &str) -> super::Rest {
        let until_ms = match self.phase {
            Phase::Closed => self.since_ms,
            Phase::Open { until_ms, .. } => until_ms,
        };
        super::Rest {
            origin: origin.to_owned(),
            since_ms: self.since_ms,
            until_ms,
            failures: self.failures,
            why: self.why.clone(),
        }
    }

    /// Lets a request go, or says how long none is.
    pub(super) fn admit(&mut self, breaking: &Breaking, now_ms: u64) -> Result<Ticket, Duration> {
        match &mut self.phase {
            Phase::Closed => Ok(Ticket { era: self.era, probe: false }),
            Phase::Open { until_ms, .. } if *until_ms > now_ms => {
                Err(Duration::from_millis(*until_ms - now_ms))
            }
            Phase::Open { probing: true, .. } => Err(breaking.first),
            Phase::Open { probing, .. } => {
                *probing = true;
                Ok(Ticket { era: self.era, probe: true })
            }
        }
    }

    /// Takes in how a request ended.
    pub(super) fn end(
        &mut self,
        breaking: &Breaking,
        ticket: Ticket,
        ended: Ended,
        now_ms: u64,
    ) -> Option<Turn> {
        if ticket.era != self.era {
            return None;
        }
        match (&mut self.phase, ended) {
            (Phase::Closed, Ended::Well) => {
                self.failed_ms.clear();
                self.failures = 0;
                None
            }
            (Phase::Closed, Ended::Failed(why)) => {
                self.fail(breaking, why, now_ms);
                let most = usize::try_from(breaking.failures.max(1)).unwrap_or(usize::MAX);
                let first_ms = *self.failed_ms.front()?;
                let in_time = now_ms.saturating_sub(first_ms) <= ms(breaking.within);
                (self.failed_ms.len() >= most && in_time).then(|| {
                    self.since_ms = now_ms;
                    self.open(breaking, now_ms);
                    Turn::Opened
                })
            }
            (Phase::Open { .. }, Ended::Well) => {
                self.phase = Phase::Closed;
                self.era += 1;
                (self.failures, self.spans) = (0, 0);
                self.failed_ms.clear();
                Some(Turn::Closed)
            }
            (Phase::Open { .. }, Ended::Failed(why)) => {
                self.fail(breaking, why, now_ms);
                self.open(breaking, now_ms);
                None
            }
            (Phase::Open { probing, .. }, Ended::Neither) => {
                *probing = false;
                None
            }
            (Phase::Closed, Ended::Neither) => None,
        }
    }

    fn fail(&mut self, breaking: &Breaking, why: String, now_ms: u64) {
        let most = usize::try_from(breaking.failures.max(1)).unwrap_or(usize::MAX);
        self.failed_ms.push_back(now_ms);
        while self.failed_ms.len() > most {
            self.failed_ms.pop_front();
        }
        self.failures = self.failures.saturating_add(1);
        self.why = why;
    }

    fn open(&mut self, breaking: &Breaking, now_ms: u64) {
        let until_ms = now_ms.saturating_add(breaking.span_ms(self.spans));
        self.phase = Phase::Open { until_ms, probing: false };
        self.spans = self.spans.saturating_add(1);
        self.era += 1;
    }
}
