//! Reading contacts and invoices.
//!
//! Owns the query parameters of lists: `IDs`, `where`, `searchTerm`, `order`, pages and
//! `If-Modified-Since`. Promises that looking something up by an id, a name or a reference stays
//! cheap with many records.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    super::{Ask, Reply},
    books::{Books, text},
    filter::Filter,
    wording,
};

/// The size of a page for which none is asked.
const PAGE_SIZE_DEFAULT: usize = 100;

/// The largest page that the vendor gives.
const PAGE_SIZE_MAX: usize = 1000;

/// Fields that `summaryOnly` leaves out, and lists of invoices without a page too, from the
/// vendor's documentation.
const CONTACT_DETAILS: &[&str] = &["Addresses", "Phones", "ContactPersons", "ContactGroups"];
const INVOICE_DETAILS: &[&str] = &["LineItems", "Payments", "Prepayments", "Overpayments"];

/// `GET /Contacts`.
pub fn contacts(books: &Books, ask: &Ask) -> Reply {
    let plan = match Plan::read(ask, CONTACT_DETAILS) {
        Ok(plan) => plan,
        Err(refusal) => return refusal,
    };
    let archived = ask.param("includeArchived") == Some("true");
    let by_name = plan.filter.equals("Name").map(|name| books.contact_by_name(name));
    let places: Vec<usize> = match (list(ask, "IDs"), by_name) {
        (Some(ids), _) => ids.iter().filter_map(|id| books.contact_by_id(id)).collect(),
        (None, Some(place)) => place.into_iter().collect(),
        (None, None) => (0..books.contacts().len()).collect(),
    };
    let found = places.into_iter().map(|place| books.contact(place)).filter(|contact| {
        contact.updated_ms > plan.since_ms
            && (archived || text(&contact.fields, "ContactStatus") != "ARCHIVED")
            && plan.term.as_ref().is_none_or(|term| contact.haystack.contains(term.as_str()))
    });
    plan.answer("Contacts", found.map(|contact| Value::Object(contact.fields.clone())), ask)
}

/// `GET /Contacts/{ContactID}`, which also takes a ContactNumber.
pub fn contact(books: &Books, ask: &Ask, id: &str) -> Reply {
    let place = books.contact_by_id(id).or_else(|| books.contact_by_number(id));
    let Some(place) = place else { return wording::not_found() };
    let contact = Value::Object(books.contact(place).fields.clone());
    wording::listed("Contacts", &[contact.to_string()], None, ask.at_ms).reply()
}

/// `GET /Invoices`.
pub fn invoices(books: &Books, ask: &Ask) -> Reply {
    let mut plan = match Plan::read(ask, INVOICE_DETAILS) {
        Ok(plan) => plan,
        Err(refusal) => return refusal,
    };
    if plan.page.is_none() {
        plan.left_out = INVOICE_DETAILS;
    }
    let by_reference = plan.filter.equals("Reference").filter(|text| !text.is_empty());
    let places: Vec<usize> = if let Some(ids) = list(ask, "IDs") {
        ids.iter().filter_map(|id| books.invoice_by_id(id)).collect()
    } else if let Some(numbers) = list(ask, "InvoiceNumbers") {
        numbers.iter().filter_map(|number| books.invoice_by_number(number)).collect()
    } else if let Some(reference) = by_reference {
        books.invoices_by_reference(reference).to_vec()
    } else {
        (0..books.invoices().len()).collect()
    };
    let contacts = list(ask, "ContactIDs");
    let statuses = list(ask, "Statuses");
    let found = places.into_iter().map(|place| books.invoice(place)).filter(|invoice| {
        let term = plan.term.as_ref().is_none_or(|term| {
            invoice.number.to_lowercase().contains(term)
                || invoice.reference.to_lowercase().contains(term)
        });
        let one_of = |list: &Option<Vec<&str>>, value: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|one| one.eq_ignore_ascii_case(value)))
        };
        term && invoice.updated_ms > plan.since_ms
            && one_of(&contacts, &invoice.contact_id)
            && one_of(&statuses, &invoice.status)
    });
    plan.answer("Invoices", found.map(super::books::HeldInvoice::value), ask)
}

/// `GET /Invoices/{InvoiceID}`, which also takes an InvoiceNumber.
pub fn invoice(books: &Books, ask: &Ask, id: &str) -> Reply {
    let Some(place) = books.invoice_by_id(id) else { return wording::not_found() };
    wording::listed("Invoices", &[&books.invoice(place).json], None, ask.at_ms).reply()
}

/// What lists of all kinds have in common.
struct Plan {
    filter: Filter,
    term: Option<String>,
    since_ms: u64,
    order: Option<(String, bool)>,
    page: Option<usize>,
    page_size: usize,
    left_out: &'static [&'static str],
}

impl Plan {
    fn read(ask: &Ask, details: &'static [&'static str]) -> Result<Self, Reply> {
        let filter = Filter::parse(ask.param("where").unwrap_or_default())
            .map_err(|message| wording::unreadable("QueryParseException", &message))?;
        let since = match ask.header("if-modified-since") {
            Some(text) => wording::read_moment(text).ok_or_else(|| {
                wording::titled(StatusCode::BAD_REQUEST, "If-Modified-Since is not a date")
            })?,
            None => 0,
        };
        let order = ask.param("order").filter(|order| !order.is_empty()).map(|order| {
            let mut words = order.split_whitespace();
            let field = words.next().unwrap_or_default().to_owned();
            (field, words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc")))
        });
        let number = |name: &str| ask.param(name).and_then(|text| text.parse::<usize>().ok());
        Ok(Self {
            filter,
            term: ask.param("searchTerm").filter(|s| !s.is_empty()).map(str::to_lowercase),
            since_ms: since,
            order,
            page: number("page").map(|page| page.max(1)),
            page_size: number("pageSize").unwrap_or(PAGE_SIZE_DEFAULT).clamp(1, PAGE_SIZE_MAX),
            left_out: if ask.param("summaryOnly") == Some("true") { details } else { &[] },
        })
    }

    fn answer(&self, kind: &str, found: impl Iterator<Item = Value>, ask: &Ask) -> Reply {
        let mut found: Vec<_> = found.filter(|record| self.filter.matches(record)).collect();
        if let Some((field, descending)) = &self.order {
            found.sort_by_key(|record| record[field.as_str()].to_string());
            if *descending {
                found.reverse();
            }
        }
        let pagination = self.page.map(|page| {
            let items = found.len();
            found = found.split_off(items.min((page - 1) * self.page_size));
            found.truncate(self.page_size);
            json!({
                "page": page,
                "pageSize": self.page_size,
                "pageCount": items.div_ceil(self.page_size),
                "itemCount": items,
            })
        });
        let rendered: Vec<_> = found.into_iter().map(|record| self.render(record)).collect();
        wording::listed(kind, &rendered, pagination.as_ref(), ask.at_ms).reply()
    }

    fn render(&self, mut record: Value) -> String {
        if let Value::Object(fields) = &mut record {
            fields.retain(|name, _| !self.left_out.contains(&name.as_str()));
        }
        record.to_string()
    }
}

/// A parameter with values between commas; none if it is absent or empty.
fn list<'a>(ask: &'a Ask, name: &str) -> Option<Vec<&'a str>> {
    let text = ask.param(name).filter(|text| !text.is_empty())?;
    Some(text.split(',').map(str::trim).collect())
}
