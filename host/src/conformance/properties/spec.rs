//! Requests held against the vendor's own description.

use super::{
    super::{
        diff,
        openapi::{Answered, Asking, File},
    },
    Trying,
    replies::good,
};
use crate::egress::Asked;

impl Trying<'_> {
    /// Holds each request of the cases, and each reply that says that all went well, against it.
    pub(super) fn described(&mut self, spec: Option<&File>) {
        let Some(spec) = spec else { return };
        for sample in &self.samples {
            for (number, asked) in sample.ran.asked.iter().enumerate() {
                let place = format!("`{}`", diff::short(&sample.case.name));
                let Ok(url) = url::Url::parse(&asked.url) else { continue };
                if !spec.is_about(&url) {
                    continue;
                }
                let path = spec.path_of(&url);
                let query: Vec<_> = url.query_pairs().into_owned().collect();
                let asking = asking(asked, &query);
                let line = |wrong: Vec<String>| match wrong.is_empty() {
                    true => Ok(()),
                    false => Err(format!("{} {}: {}", asked.method, path, wrong.join("; "))),
                };
                let held = line(spec.check_ask(&asking, &path));
                self.ledger.keep("request.described", &place, held);
                let exchange = sample.case.exchanges.get(number).filter(|one| good(one));
                if let Some(exchange) = exchange {
                    let body = exchange.reply.body();
                    let answered = Answered { status: exchange.reply.status, body: &body };
                    let held = line(spec.check_reply(&asking, &path, &answered));
                    self.ledger.keep("reply.described", &place, held);
                }
            }
        }
    }
}

fn asking<'a>(asked: &'a Asked, query: &'a [(String, String)]) -> Asking<'a> {
    Asking { method: &asked.method, query, headers: &asked.headers, body: &asked.body }
}
