//! The records of all accounts, and what was done to them.
//!
//! Promises that a repeat which its kind takes for a repeat leaves no second effect, and that
//! every other one does.

use std::collections::HashMap;

use http::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    Effect,
    acts::{Act, Way},
};
use crate::twin::{Ask, Reply};

/// The header that carries a key.
const KEY_HEADER: &str = "idempotency-key";
/// The field that carries a key.
const KEY_FIELD: &str = "idempotency_key";

/// Everything that the vendor holds.
#[derive(Debug, Default)]
pub struct Shelf {
    records: HashMap<(String, String), Vec<Value>>,
    /// What was answered under a key of an account, and to what.
    answered: HashMap<(String, String), (Value, Value)>,
    /// What was done, in order.
    pub effects: Vec<Effect>,
}

impl Shelf {
    /// The records of an account.
    pub fn all(&self, account: &str, entity: &str) -> &[Value] {
        self.records.get(&of(account, entity)).map_or(&[], Vec::as_slice)
    }

    /// Adds a record, or replaces the one with its id.
    pub fn put(&mut self, account: &str, entity: &str, record: Value) {
        let records = self.records.entry(of(account, entity)).or_default();
        match records.iter_mut().find(|kept| kept["id"] == record["id"]) {
            Some(kept) => *kept = record,
            None => records.push(record),
        }
    }

    /// Answers a read, or the search for what an action made.
    pub fn read(&self, account: &str, act: &Act, ask: &Ask) -> Reply {
        let all = self.all(account, act.entity);
        match act.way {
            Way::Search(fields) => {
                let asked = |field: &str| ask.param(field).unwrap_or_default().to_owned();
                let is = |record: &&Value| {
                    fields.iter().all(|f| record[*f].as_str().unwrap_or_default() == asked(f))
                };
                good(&all.iter().filter(is).cloned().collect())
            }
            Way::Get(field) => {
                let input = input(ask);
                let found = all.iter().find(|record| record[field] == input[field]);
                found.map_or_else(missing, good)
            }
            _ => {
                let input = input(ask);
                good(&all.iter().filter(|record| is_listed(record, &input)).cloned().collect())
            }
        }
    }

    /// Does what changes something, or finds that it was done.
    pub fn change(&mut self, account: &str, act: &Act, ask: &Ask) -> Reply {
        let mut input = input(ask);
        let Some(fields) = input.as_object_mut() else {
            return bad("the body is no object");
        };
        let in_body = fields.remove(KEY_FIELD);
        let key = match act.way {
            Way::Header => ask.header(KEY_HEADER).map(str::to_owned),
            Way::Field => in_body.and_then(|key| key.as_str().map(str::to_owned)),
            _ => return self.keyless(account, act, input),
        };
        let Some(key) = key else { return bad("this action needs an idempotency key") };
        let place = (format!("{account} {}", act.name), key);
        match self.answered.get(&place) {
            Some((before, answer)) if *before == input => return good(answer),
            Some(_) => return bad("the key was used for something else"),
            None => {}
        }
        let made = self.make(account, act, &input);
        self.answered.insert(place, (input, made.clone()));
        good(&made)
    }

    fn keyless(&mut self, account: &str, act: &Act, input: Value) -> Reply {
        let same = |fields: &[&str], record: &Value| fields.iter().all(|f| record[*f] == input[*f]);
        let all = self.all(account, act.entity);
        let found = match act.way {
            Way::Upsert(fields) => all.iter().find(|record| same(fields, record)),
            Way::Change => match all.iter().find(|record| record["id"] == input["id"]) {
                None => return missing(),
                found => found,
            },
            _ => None,
        };
        let Some(before) = found.cloned() else { return good(&self.make(account, act, &input)) };
        let mut after = before.clone();
        merge(&mut after, &input);
        if act.way == Way::Change
            && let Some(status) = act.status
        {
            after["status"] = status.into();
        }
        if after != before {
            self.put(account, act.entity, after.clone());
            self.note(account, act, input);
        }
        good(&after)
    }

    /// Makes a record of an input, whatever is there already.
    fn make(&mut self, account: &str, act: &Act, input: &Value) -> Value {
        let number = self.all(account, act.entity).len() + 1;
        let mut record = input.clone();
        if record["id"].is_null() {
            record["id"] = format!("{}-{number}", act.entity).into();
        }
        if record["status"].is_null()
            && let Some(status) = act.status
        {
            record["status"] = status.into();
        }
        match act.entity {
            "invoice" | "bill" | "purchase_order" => {
                let total = total(&record["lines"]);
                if act.entity != "purchase_order" {
                    record["amount_due"] = total.as_str().into();
                }
                record["total"] = total.into();
                if record["number"].is_null() {
                    record["number"] = format!("{}-{number:04}", act.entity).into();
                }
            }
            "order" => self.allocate(account, &mut record),
            _ => {}
        }
        self.records.entry(of(account, act.entity)).or_default().push(record.clone());
        self.note(account, act, input.clone());
        record
    }

    /// Puts the stock of an order aside, once more each time.
    fn allocate(&mut self, account: &str, order: &mut Value) {
        let levels = self.records.entry(of(account, "stock_level")).or_default();
        let mut is_short = false;
        for line in order["lines"].as_array_mut().into_iter().flatten() {
            let wanted = decimal(&line["quantity"]);
            let level = levels.iter_mut().find(|level| level["product"] == line["product"]);
            let there = level.as_ref().map_or(Decimal::ZERO, |level| decimal(&level["available"]));
            let taken = wanted.min(there.max(Decimal::ZERO));
            if let Some(level) = level {
                level["available"] = (there - taken).to_string().into();
                level["allocated"] = (decimal(&level["allocated"]) + taken).to_string().into();
            }
            line["allocated"] = taken.to_string().into();
            is_short |= taken < wanted;
        }
        if is_short {
            order["status"] = "short".into();
        }
    }

    fn note(&mut self, account: &str, act: &Act, input: Value) {
        let (account, action) = (account.to_owned(), act.name.to_owned());
        self.effects.push(Effect { account, action, input });
    }
}

fn of(account: &str, entity: &str) -> (String, String) {
    (account.to_owned(), entity.to_owned())
}

fn input(ask: &Ask) -> Value {
    serde_json::from_slice(&ask.body).unwrap_or_default()
}

/// Whether a record is among those that a list asks for.
fn is_listed(record: &Value, asked: &Value) -> bool {
    let date = record["date"].as_str().unwrap_or_default();
    asked.as_object().into_iter().flatten().all(|(field, wanted)| match field.as_str() {
        // Days as ISO 8601 writes them are in the order of their letters.
        "from" => wanted.as_str().is_some_and(|from| date >= from),
        "to" => wanted.as_str().is_some_and(|to| date <= to),
        field => record[field] == *wanted,
    })
}

/// What is absent or null in the input stays as it was.
fn merge(record: &mut Value, input: &Value) {
    for (field, value) in input.as_object().into_iter().flatten() {
        if !value.is_null() {
            record[field] = value.clone();
        }
    }
}

/// The sum of lines, in cents.
fn total(lines: &Value) -> String {
    let sum = |line: &Value| {
        let quantity = line["quantity"].as_str().unwrap_or("1").parse::<Decimal>();
        quantity.unwrap_or_default() * decimal(&line["unit_amount"])
    };
    let total: Decimal = lines.as_array().into_iter().flatten().map(sum).sum();
    format!("{:.2}", total.round_dp(2))
}

/// A decimal as records have it; none counts as 0.
fn decimal(value: &Value) -> Decimal {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn good(body: &Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

fn missing() -> Reply {
    Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "there is no such record" }))
}

fn bad(why: &str) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": why }))
}
