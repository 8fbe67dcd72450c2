//! Moments: when the host is killed, so that each step of a wish has its turn.

use std::{thread, time::Duration};

use tokio::time::Instant;

use super::{
    disk::{Disk, Made},
    wish::Kind,
};
use crate::chance::Chance;

/// How often it is looked whether the moment has come. Some steps take less than a millisecond.
const GLANCE: Duration = Duration::from_micros(100);
/// The longest time before code is compiled: then something else is wrong.
const COMPILED_MAX: Duration = Duration::from_secs(60);

/// How long wishes take where nobody is killed, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Letting a release in, from the command to its answer.
    pub letting_us: u64,
    /// The part of it that follows the compiler.
    pub gates_us: u64,
    /// What lets nothing in.
    pub short_us: u64,
}

impl Measured {
    /// A moment within a wish, or a little after it.
    pub fn moment(&self, kind: Kind, chance: &mut Chance) -> Moment {
        let up_to = |whole_us: u64, chance: &mut Chance| chance.below(whole_us * 5 / 4 + 1);
        match kind.lets_in() {
            false => Moment { once_compiled: false, delay_us: up_to(self.short_us, chance) },
            // Compiling takes nearly all of the time, and what follows must have its turn too.
            true if chance.below(2) == 0 => {
                Moment { once_compiled: true, delay_us: up_to(self.gates_us, chance) }
            }
            true => Moment { once_compiled: false, delay_us: up_to(self.letting_us, chance) },
        }
    }
}

/// When a host is killed.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Whether the delay begins when the compiled code is there, and not with the wish.
    once_compiled: bool,
    delay_us: u64,
}

impl Moment {
    /// The moment at which compiled code is there.
    pub const COMPILED: Self = Self { once_compiled: true, delay_us: 0 };

    /// Waits for it, on a thread of its own.
    pub async fn come(self, disk: &Disk, made: Option<&Made>) -> anyhow::Result<()> {
        let (disk, made) = (disk.clone(), made.cloned());
        let waited = tokio::task::spawn_blocking(move || {
            let begin = Instant::now();
            if let Some(made) = made.filter(|_| self.once_compiled) {
                while !disk.is_compiled(&made) && begin.elapsed() < COMPILED_MAX {
                    thread::sleep(GLANCE);
                }
            }
            let end = Instant::now() + Duration::from_micros(self.delay_us);
            while Instant::now() < end {
                thread::sleep(GLANCE.min(end - Instant::now()));
            }
        });
        Ok(waited.await?)
    }
}
