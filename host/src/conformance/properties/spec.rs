//! Requests held against the vendor's own description.

use super::{
    super::{description::Description, diff},
    Trying,
    replies::good,
};

impl Trying<'_> {
    /// Holds each request of the cases, and each reply that says that all went well, against it.
    pub(super) fn described(&mut self, spec: Option<&Description>) {
        let Some(spec) = spec else { return };
        for sample in &self.samples {
            let place = format!("`{}`", diff::short(&sample.case.name));
            let about = sample.ran.asked.iter().enumerate();
            for (number, asked) in about.filter(|(_, asked)| spec.is_about(asked)) {
                let line = |wrong: Vec<String>| match wrong.is_empty() {
                    true => Ok(()),
                    false => Err(format!("{} {}: {}", asked.method, asked.url, wrong.join("; "))),
                };
                self.ledger.keep("request.described", &place, line(spec.check_ask(asked)));
                let exchange = sample.case.exchanges.get(number).filter(|one| good(one));
                if let Some(exchange) = exchange {
                    let (status, body) = (exchange.reply.status, exchange.reply.body());
                    let held = line(spec.check_reply(asked, status, &body));
                    self.ledger.keep("reply.described", &place, held);
                }
            }
        }
    }
}
