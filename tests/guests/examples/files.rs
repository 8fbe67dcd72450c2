//! Wants to read a file, which no connector can.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

pub struct Files;

impl Webhooks for Files {
    fn parse(_host: &dyn Host, _delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let text = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        Err(Problem::invalid(text))
    }
}

jackfield_sdk::connector!(Files: webhooks);
