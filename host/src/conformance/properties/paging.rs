//! Lists and their pages: walked to the end, without a record lost or a walk that never ends.
//!
//! The pages are those of the cases, changed: empty, named again as the next one, longer than what
//! was asked for, with data that changes underneath.

use serde_json::{Value, json};

use super::{
    super::{
        bench::{BenchError, Ran, Way},
        diff,
        fixture::{Ask, Case, Exchange},
        outcome::Outcome,
    },
    Trying, mutate,
    replies::{good, place, replaced, status},
};

/// The most pages that a walk here may have: more is one that never ends.
const PAGES_MAX: u32 = 50;

impl Trying<'_> {
    /// Tries each list that was read.
    pub(super) async fn paging(&mut self) -> Result<(), BenchError> {
        for index in 0..self.samples.len() {
            let case = self.samples[index].case;
            match &case.ask {
                Ask::Changes { .. } => self.walked(case).await?,
                Ask::Find(..) => self.found(index).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn walked(&mut self, case: &Case) -> Result<(), BenchError> {
        let Ask::Changes { entity, pages, .. } = &case.ask else { return Ok(()) };
        let short = format!("`{}`", diff::short(&case.name));
        let first = self.run(case, Way::FREELY).await?;
        let again = self.run(case, Way::FREELY).await?;
        let held = if first.outcome == again.outcome && first.asked == again.asked {
            Ok(())
        } else {
            Err("the second walk is another".into())
        };
        self.ledger.keep("list.same", &short, held);
        self.ledger.keep("list.reads-only", &short, reads_only(&first));
        self.ledger.keep("list.cursor", &short, cursor(&first.outcome));
        self.ledger.keep("list.pages-differ", &short, pages_differ(&first));
        for (number, exchange) in case.exchanges.iter().enumerate() {
            let Some(said) = exchange.reply.as_json().filter(|_| good(exchange)) else { continue };
            let Some(at) = mutate::list(&said) else { continue };
            self.page(case, number, &said, &at, &first).await?;
        }
        if *pages > 1 && case.exchanges.len() > 1 {
            self.resumed(case, entity, &first).await?;
        }
        Ok(())
    }

    /// One page changed: empty, twice as long, and the same for ever.
    async fn page(
        &mut self,
        case: &Case,
        number: usize,
        said: &Value,
        at: &str,
        first: &Ran,
    ) -> Result<(), BenchError> {
        let exchange = &case.exchanges[number];
        let reply = |json: &Value| {
            let reply = exchange.reply.with_json(json);
            replaced(case, number, Exchange { reply, ..exchange.clone() })
        };
        // What is listed need not be a record each: there may be no fewer than there were.
        let count = first.outcome.values().len();
        let listed = said.pointer(at).and_then(Value::as_array).map_or(0, Vec::len);
        let ran = self.run(&reply(&mutate::with(said, at, json!([]))), Way::FREELY).await?;
        let held = match &ran.outcome {
            Outcome::Page { .. } => Ok(()),
            other => Err(format!("an empty page becomes {}", other.shown())),
        };
        self.ledger.keep("list.empty-page", &place(case, number), held);
        let items = said.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
        let twice: Vec<_> = items.iter().chain(&items).cloned().collect();
        let ran = self.run(&reply(&mutate::with(said, at, json!(twice))), Way::FREELY).await?;
        let held = match &ran.outcome {
            Outcome::Page { records, .. } if records.len() >= count.min(listed) => Ok(()),
            other => Err(format!("a page with repeats becomes {}", other.shown())),
        };
        self.ledger.keep("list.repeats", &place(case, number), held);
        // The system gives this very page for ever, whatever it is asked for.
        let mut forever = reply(said);
        forever.exchanges = (0..PAGES_MAX).map(|_| exchange.clone()).collect();
        if let Ask::Changes { pages, .. } = &mut forever.ask {
            *pages = PAGES_MAX;
        }
        let ran = self.run(&forever, Way::FREELY).await?;
        let same = ran.asked.windows(2).filter(|two| two[0] == two[1]).count();
        let held = match ran.outcome.is_broken() || same > 1 {
            true => Err(format!("the same page is asked for {} times", same + 1)),
            false => Ok(()),
        };
        self.ledger.keep("list.same-page-for-ever", &place(case, number), held);
        Ok(())
    }

    /// The walk stops in the middle and goes on from the last cursor: nothing is lost.
    async fn resumed(&mut self, case: &Case, entity: &str, whole: &Ran) -> Result<(), BenchError> {
        let Outcome::Page { records: all, .. } = &whole.outcome else { return Ok(()) };
        let Ask::Changes { cursor, pages, .. } = &case.ask else { return Ok(()) };
        let ask = |cursor: Option<String>, pages| {
            let entity = entity.to_owned();
            Case { ask: Ask::Changes { entity, cursor, pages }, ..case.clone() }
        };
        let short = format!("`{}`", diff::short(&case.name));
        let first = self.run(&ask(cursor.clone(), 1), Way::FREELY).await?;
        let Outcome::Page { records, cursor: Some(next), more: true } = &first.outcome else {
            return Ok(());
        };
        // The second page fails; then it is asked for again with the same cursor.
        let mut rest = ask(Some(next.clone()), pages - 1);
        rest.exchanges.drain(..first.asked.len().min(rest.exchanges.len()));
        if let Some(second) = rest.exchanges.first() {
            let ill = replaced(&rest, 0, status(second, 401));
            let failed = self.run(&ill, Way::FREELY).await?;
            let held = match failed.outcome.code() {
                Some(_) => Ok(()),
                None => Err(format!("a 401 on the second page becomes {}", failed.outcome.shown())),
            };
            self.ledger.keep("list.401-in-the-middle", &short, held);
        }
        let went_on = self.run(&rest, Way::FREELY).await?;
        let held = match &went_on.outcome {
            Outcome::Page { records: after, .. } => {
                let together: Vec<Value> = records.iter().chain(after).cloned().collect();
                let (expected, got) = (Value::from(all.clone()), Value::from(together));
                let wrong = diff::between("records", &expected, &got);
                if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
            }
            other => Err(format!("from the second page on it is {}", other.shown())),
        };
        self.ledger.keep("list.resumed", &short, held);
        Ok(())
    }

    /// Nothing is found, and a failure is not taken for that.
    async fn found(&mut self, index: usize) -> Result<(), BenchError> {
        let case = self.samples[index].case;
        let count = self.samples[index]
            .ran
            .outcome
            .values()
            .first()
            .map_or(0, |(_, found)| found.as_array().map_or(0, Vec::len));
        let mut searched = false;
        for (number, exchange) in case.exchanges.iter().enumerate() {
            if !good(exchange) {
                continue;
            }
            let ill = replaced(case, number, status(exchange, 500));
            let ran = self.run(&ill, Way::FREELY).await?;
            let held = match &ran.outcome {
                Outcome::Output(Value::Array(none)) if none.is_empty() => {
                    Err("a failure is taken for `there is none`".into())
                }
                _ => Ok(()),
            };
            self.ledger.keep("find.failure", &place(case, number), held);
            let Some(said) = exchange.reply.as_json() else { continue };
            // The search is what first lists as many as were found; a record that is then read
            // has lists of its own.
            let lists = |at: &String| {
                let items = said.pointer(at).and_then(Value::as_array);
                !searched && items.is_some_and(|items| items.len() >= count)
            };
            let Some(at) = mutate::list(&said).filter(lists) else { continue };
            searched = true;
            let reply = exchange.reply.with_json(&mutate::with(&said, &at, json!([])));
            let none = replaced(case, number, Exchange { reply, ..exchange.clone() });
            let ran = self.run(&none, Way::FREELY).await?;
            let held = match &ran.outcome {
                Outcome::Output(Value::Array(none)) if none.is_empty() => Ok(()),
                other => Err(format!("expected no records, got {}", other.shown())),
            };
            self.ledger.keep("find.none", &place(case, number), held);
        }
        Ok(())
    }
}

fn reads_only(ran: &Ran) -> Result<(), String> {
    let write = ran.asked.iter().find(|asked| asked.mutates);
    write.map_or(Ok(()), |one| Err(format!("`{} {}` may change something", one.method, one.url)))
}

/// Whoever says that there is more must say where.
fn cursor(outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Page { cursor: None, more: true, .. } => {
            Err("there is more, and no cursor says where".into())
        }
        _ => Ok(()),
    }
}

/// Each page is another request: one that ignores where it is reads the first page for ever.
fn pages_differ(ran: &Ran) -> Result<(), String> {
    let reads = || ran.asked.iter().filter(|asked| !asked.mutates);
    let twice = reads().zip(reads().skip(1)).find(|(one, other)| one == other);
    twice.map_or(Ok(()), |(one, _)| {
        Err(format!("`{} {}` is asked twice in a row", one.method, one.url))
    })
}
