//! `invoice.create` and `invoice.get`: sales invoices (`ACCREC`). A creation is a PUT, which
//! never changes an invoice that is there; the host adds the `Idempotency-Key`, so that the same
//! intention makes one invoice however often it is sent.

use jackfield_sdk::{Host, Problem, Request, code};
use serde::Deserialize;

use crate::record::Invoice;
use crate::{api, map, wire};

/// The setting that says in which state invoices are created.
const STATUS: &str = "invoice_status";

/// The setting that names the ledger account of lines that name none.
const ACCOUNT: &str = "account_code";

/// The states in which Xero creates an invoice.
const STATUSES: [&str; 3] = ["DRAFT", "SUBMITTED", "AUTHORISED"];

/// The input of `invoice.get`.
#[derive(Debug, Deserialize)]
pub(crate) struct Get {
    id: String,
}

/// Creates a sales invoice and answers it with its id, number and sums.
pub(crate) fn create(host: &dyn Host, wanted: &Invoice) -> Result<Invoice, Problem> {
    check(wanted)?;
    let settings = host.settings();
    let status = settings.get(STATUS).unwrap_or(STATUSES[0]);
    if !STATUSES.contains(&status) {
        let allowed = STATUSES.join("`, `");
        let message = format!("the setting `{STATUS}` is `{status}`; make it one of `{allowed}`");
        return Err(Problem::invalid(message));
    }
    let invoice = map::new_invoice(wanted, status, settings.get(ACCOUNT));
    let request = Request::put(format!("{}/Invoices", api::ACCOUNTING))
        // Four digits after the point of unit amounts; Xero else rounds them to two.
        .query("unitdp", 4)
        .json(&wire::Invoices { invoices: vec![invoice] })?;
    map::invoice(&first(api::call(host, request)?)?)
}

/// Reads one sales invoice.
pub(crate) fn get(host: &dyn Host, wanted: &Get) -> Result<Invoice, Problem> {
    let id = &wanted.id;
    let missing = || Problem::not_found(format!("xero has no sales invoice `{id}`; check the id"));
    if id.is_empty() {
        return Err(Problem::invalid("the `id` is empty; give the id of an invoice"));
    }
    let request = Request::get(api::record_url("Invoices", id)).query("unitdp", 4);
    let reply = api::call(host, request)
        .map_err(|problem| if problem.is(code::NOT_FOUND) { missing() } else { problem })?;
    let invoice = first(reply)?;
    if invoice.r#type == map::SALES { map::invoice(&invoice) } else { Err(missing()) }
}

/// Refuses what Xero could not do as asked, or would do otherwise than asked.
fn check(wanted: &Invoice) -> Result<(), Problem> {
    if wanted.id.as_deref().is_some_and(|id| !id.is_empty()) {
        let message = "the invoice has an `id`, so it is there already; leave it out to create one";
        return Err(Problem::invalid(message));
    }
    if wanted.contact.trim().is_empty() {
        return Err(Problem::invalid("the invoice has no `contact`; give the id of one"));
    }
    if wanted.lines.is_empty() {
        return Err(Problem::invalid("the invoice has no `lines`; give at least one"));
    }
    if let Some(index) = wanted.lines.iter().position(|line| line.description.trim().is_empty()) {
        let message = format!("`lines[{index}]` has no `description`; xero needs one");
        return Err(Problem::invalid(message));
    }
    match wanted.status.as_deref() {
        None | Some("draft" | "submitted" | "open") => Ok(()),
        Some(status) => Err(Problem::invalid(format!(
            "an invoice cannot be created as `{status}`; use `draft`, `submitted` or `open`"
        ))),
    }
}

fn first(reply: wire::Invoices) -> Result<wire::Invoice, Problem> {
    let invoice = reply.invoices.into_iter().next();
    invoice.ok_or_else(|| Problem::unavailable("xero answered without the invoice"))
}

#[cfg(test)]
#[path = "invoices_tests.rs"]
mod tests;
