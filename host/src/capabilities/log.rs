//! `log`: lines for the operator, bounded in number and length, without secrets.

use std::sync::Arc;

use super::Means;
use crate::{
    contract::log::{Host, Level},
    text::{cut, one_line},
};

/// Lines that one call may write.
const LINES_MAX: u32 = 200;
/// Bytes of a line; what is over is cut.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Fields of a line; what is over is dropped.
const FIELDS_MAX: usize = 16;
/// Bytes of a field's value; what is over is cut.
const FIELD_BYTES_MAX: usize = 1 << 10;

/// Where a guest's lines go: the host's own log, marked with the connection.
#[derive(Debug)]
pub struct Log {
    connection: Option<Arc<str>>,
    scrub: Option<crate::egress::Client>,
    lines: u32,
    /// How many lines came after the last that was taken.
    pub dropped: u32,
}

impl Log {
    pub(super) fn open(means: &Means) -> Self {
        Self {
            connection: Some(means.connection.clone()),
            scrub: Some(means.egress.clone()),
            lines: 0,
            dropped: 0,
        }
    }

    pub(super) fn shut() -> Self {
        Self { connection: None, scrub: None, lines: 0, dropped: 0 }
    }

    /// A text of a guest, as it may stand in a log: short, on one line, without credentials.
    fn clean(&self, text: &str, bytes_max: usize) -> String {
        let text = one_line(&cut(text.to_owned(), bytes_max));
        match &self.scrub {
            Some(client) => client.scrub(&text),
            None => text,
        }
    }

    /// Whether one more line of the call may be written; if not, it is counted.
    fn takes_one_more(&mut self) -> bool {
        let takes = self.lines < LINES_MAX;
        *(if takes { &mut self.lines } else { &mut self.dropped }) += 1;
        takes
    }

    /// A line that the guest wrote to standard error; one of those that the call may write.
    pub fn stderr(&mut self, line: &str) {
        if !self.takes_one_more() {
            return;
        }
        let connection = self.connection.as_deref().unwrap_or("-");
        tracing::warn!(target: "guest", connection, "{}", self.clean(line, LINE_BYTES_MAX));
    }
}

impl Host for Log {
    async fn write(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        if !self.takes_one_more() {
            return Ok(());
        }
        let connection = self.connection.as_deref().unwrap_or("-");
        let message = self.clean(&message, LINE_BYTES_MAX);
        let fields: Vec<String> = fields
            .iter()
            .take(FIELDS_MAX)
            .map(|(name, value)| {
                format!("{}={}", self.clean(name, 64), self.clean(value, FIELD_BYTES_MAX))
            })
            .collect();
        let fields = fields.join(" ");
        match level {
            Level::Debug => tracing::debug!(target: "guest", connection, fields, "{message}"),
            Level::Info => tracing::info!(target: "guest", connection, fields, "{message}"),
            Level::Warn => tracing::warn!(target: "guest", connection, fields, "{message}"),
            Level::Error => tracing::error!(target: "guest", connection, fields, "{message}"),
        }
        Ok(())
    }
}
