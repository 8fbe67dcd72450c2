//! Traps on every delivery, as a connector with a bug does.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_sdk::prelude::*;

pub struct Trapping;

impl Webhooks for Trapping {
    fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let nowhere = delivery.body.len() + 1;
        let byte = delivery.body[nowhere];
        Err(Problem::invalid(format!("read {byte} where nothing is")))
    }
}

jackfield_sdk::connector!(Trapping: webhooks);
