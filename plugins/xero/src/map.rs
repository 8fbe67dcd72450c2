//! Between Xero's JSON and the canonical records. Pure: it asks nobody and changes no amount.
//! Xero's empty texts become absent members; a state that is not known is left out.

use jackfield_sdk::{Decimal, Problem};
use serde_json::Map;

use crate::record::{Address, Contact, Invoice, Line};
use crate::wire::{self, Number};
use crate::{dates, wire::LineItem};

/// The address that Xero prints on invoices.
const POSTAL: &str = "POBOX";

/// The address where the contact is.
const STREET: &str = "STREET";

/// The type of a sales invoice; the others are bills and credits.
pub(crate) const SALES: &str = "ACCREC";

/// Canonical states of an invoice and Xero's.
const STATES: [(&str, &str); 6] = [
    ("draft", "DRAFT"),
    ("submitted", "SUBMITTED"),
    ("open", "AUTHORISED"),
    ("paid", "PAID"),
    ("void", "VOIDED"),
    ("deleted", "DELETED"),
];

/// Canonical ways to hold tax and Xero's.
const TAXES: [(&str, &str); 3] =
    [("exclusive", "Exclusive"), ("inclusive", "Inclusive"), ("none", "NoTax")];

/// The canonical record of a contact.
pub(crate) fn contact(from: &wire::Contact) -> Result<Contact, Problem> {
    let (Some(id), Some(name)) = (text(&from.contact_id), text(&from.name)) else {
        return Err(Problem::unavailable("xero sent a contact without `ContactID` or `Name`"));
    };
    let extras = [
        ("AccountNumber", &from.account_number),
        ("ContactNumber", &from.contact_number),
        ("MergedToContactID", &from.merged_to),
    ];
    let ext: Map<_, _> = extras
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), text(value)?.into())))
        .collect();
    let status = match from.contact_status.as_deref() {
        Some("ACTIVE") => Some("active".into()),
        Some("ARCHIVED") => Some("archived".into()),
        _ => None,
    };
    Ok(Contact {
        id: Some(id),
        name,
        first_name: text(&from.first_name),
        last_name: text(&from.last_name),
        email: text(&from.email_address),
        phone: phone(from, "DEFAULT"),
        mobile: phone(from, "MOBILE"),
        website: text(&from.website),
        address: [POSTAL, STREET].into_iter().find_map(|kind| address(from, kind)),
        registration_number: text(&from.company_number),
        tax_number: text(&from.tax_number),
        currency: text(&from.default_currency),
        status,
        updated_at: from.updated.as_deref().and_then(dates::ms_date).map(dates::instant),
        ext: (!ext.is_empty()).then_some(ext),
    })
}

/// A contact as Xero takes it for creation.
pub(crate) fn new_contact(from: &Contact) -> wire::Contact {
    wire::Contact { name: Some(from.name.clone()), ..changes(&wire::Contact::default(), from) }
}

/// Those members of `wanted` that `current` does not have so, as Xero takes them, without the
/// match keys (name and e-mail). What `wanted` leaves out is not touched. All are none if there
/// is nothing to change.
pub(crate) fn changes(current: &wire::Contact, wanted: &Contact) -> wire::Contact {
    let other = |wanted: &Option<String>, current: &Option<String>| {
        text(wanted).filter(|wanted| text(current).as_ref() != Some(wanted))
    };
    let addresses = wanted.address.as_ref().and_then(|wanted| new_addresses(current, wanted));
    wire::Contact {
        first_name: other(&wanted.first_name, &current.first_name),
        last_name: other(&wanted.last_name, &current.last_name),
        email_address: match text(&current.email_address) {
            None => text(&wanted.email),
            Some(_) => None,
        },
        company_number: other(&wanted.registration_number, &current.company_number),
        tax_number: other(&wanted.tax_number, &current.tax_number),
        default_currency: other(&wanted.currency, &current.default_currency),
        addresses,
        phones: new_phones(current, wanted),
        ..wire::Contact::default()
    }
}

/// All addresses of the contact with the wanted one in its place; none if it is there already.
fn new_addresses(current: &wire::Contact, wanted: &Address) -> Option<Vec<wire::Address>> {
    let there = [POSTAL, STREET].into_iter().find_map(|kind| address(current, kind));
    if *wanted == Address::default() || there.as_ref() == Some(wanted) {
        return None;
    }
    let all = current.addresses.iter().flatten();
    let mut all: Vec<_> = all.filter(|one| one.address_type != POSTAL).cloned().collect();
    all.push(wire::Address {
        address_type: POSTAL.into(),
        address_line1: wanted.line1.clone(),
        address_line2: wanted.line2.clone(),
        city: wanted.city.clone(),
        region: wanted.region.clone(),
        postal_code: wanted.postal_code.clone(),
        country: wanted.country.clone(),
        ..wire::Address::default()
    });
    Some(all)
}

/// All telephones of the contact with the wanted ones in their places; none if they are there.
fn new_phones(current: &wire::Contact, wanted: &Contact) -> Option<Vec<wire::Phone>> {
    let wanted = [("DEFAULT", &wanted.phone), ("MOBILE", &wanted.mobile)];
    let mut all: Vec<wire::Phone> = current.phones.iter().flatten().cloned().collect();
    let mut changed = false;
    for (kind, number) in wanted {
        let Some(number) = text(number).filter(|n| phone(current, kind).as_ref() != Some(n)) else {
            continue;
        };
        all.retain(|phone| phone.phone_type != kind);
        let phone_type = kind.into();
        all.push(wire::Phone { phone_type, phone_number: Some(number), ..Default::default() });
        changed = true;
    }
    changed.then_some(all)
}

/// The number of one type, with what Xero keeps apart joined by spaces.
fn phone(from: &wire::Contact, kind: &str) -> Option<String> {
    let phone = from.phones.iter().flatten().find(|phone| phone.phone_type == kind)?;
    let number = text(&phone.phone_number)?;
    let parts = [text(&phone.phone_country_code), text(&phone.phone_area_code), Some(number)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// The address of one type, unless all of it is empty.
fn address(from: &wire::Contact, kind: &str) -> Option<Address> {
    let from = from.addresses.iter().flatten().find(|address| address.address_type == kind)?;
    let rest = [&from.address_line2, &from.address_line3, &from.address_line4];
    let rest: Vec<String> = rest.into_iter().filter_map(text).collect();
    let address = Address {
        line1: text(&from.address_line1),
        line2: (!rest.is_empty()).then(|| rest.join(", ")),
        city: text(&from.city),
        region: text(&from.region),
        postal_code: text(&from.postal_code),
        country: text(&from.country),
    };
    (address != Address::default()).then_some(address)
}

/// The canonical record of a sales invoice.
pub(crate) fn invoice(from: &wire::Invoice) -> Result<Invoice, Problem> {
    let (Some(id), Some(contact)) = (text(&from.invoice_id), text(&from.contact.contact_id)) else {
        return Err(Problem::unavailable("xero sent an invoice without `InvoiceID` or contact"));
    };
    let day = |date: &Option<String>| date.as_deref().and_then(dates::ms_date).map(dates::day);
    Ok(Invoice {
        id: Some(id),
        number: text(&from.invoice_number),
        reference: text(&from.reference),
        contact,
        contact_name: text(&from.contact.name),
        status: from.status.as_deref().and_then(|status| canonical(&STATES, status)),
        lines: from.line_items.iter().map(line).collect(),
        currency: text(&from.currency_code),
        tax: from.line_amount_types.as_deref().and_then(|tax| canonical(&TAXES, tax)),
        date: day(&from.date),
        due_date: day(&from.due_date),
        subtotal: decimal(from.sub_total),
        total_tax: decimal(from.total_tax),
        total: decimal(from.total),
        amount_paid: decimal(from.amount_paid),
        amount_due: decimal(from.amount_due),
        paid_date: day(&from.fully_paid_on_date),
        url: text(&from.url),
        updated_at: from.updated.as_deref().and_then(dates::ms_date).map(dates::instant),
    })
}

fn line(from: &LineItem) -> Line {
    Line {
        id: text(&from.line_item_id),
        description: from.description.clone().unwrap_or_default(),
        quantity: decimal(from.quantity),
        unit_amount: decimal(from.unit_amount),
        item_code: text(&from.item_code),
        account_code: text(&from.account_code),
        tax_code: text(&from.tax_type),
        discount_percent: decimal(from.discount_rate),
        tax_amount: decimal(from.tax_amount),
        amount: decimal(from.line_amount),
    }
}

/// A sales invoice as Xero takes it for creation. `status` is Xero's, for an invoice that names
/// none, and `account` the ledger account for lines that name neither one nor an item. Sums are
/// left for Xero to work out.
pub(crate) fn new_invoice(from: &Invoice, status: &str, account: Option<&str>) -> wire::Invoice {
    let named = from.status.as_deref().and_then(|status| xero(&STATES, status));
    wire::Invoice {
        r#type: SALES.into(),
        contact: wire::Contact { contact_id: Some(from.contact.clone()), ..Default::default() },
        invoice_number: text(&from.number),
        reference: text(&from.reference),
        status: Some(named.unwrap_or_else(|| status.into())),
        line_amount_types: from.tax.as_deref().and_then(|tax| xero(&TAXES, tax)),
        line_items: from.lines.iter().map(|line| new_line(line, account)).collect(),
        currency_code: text(&from.currency),
        date: text(&from.date),
        due_date: text(&from.due_date),
        url: text(&from.url),
        ..wire::Invoice::default()
    }
}

fn new_line(from: &Line, account: Option<&str>) -> LineItem {
    let quantity = from.quantity.or_else(|| from.unit_amount.map(|_| Decimal::from(1)));
    let account = account.filter(|_| from.item_code.is_none()).map(str::to_owned);
    LineItem {
        description: Some(from.description.clone()),
        quantity: quantity.map(Number),
        unit_amount: from.unit_amount.map(Number),
        item_code: text(&from.item_code),
        account_code: text(&from.account_code).or(account),
        tax_type: text(&from.tax_code),
        tax_amount: from.tax_amount.map(Number),
        discount_rate: from.discount_percent.map(Number),
        ..LineItem::default()
    }
}

/// The text, unless it is empty or blank.
fn text(value: &Option<String>) -> Option<String> {
    value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn decimal(number: Option<Number>) -> Option<Decimal> {
    number.map(|Number(decimal)| decimal)
}

/// The canonical word for Xero's.
fn canonical(pairs: &[(&str, &str)], xero: &str) -> Option<String> {
    pairs.iter().find(|(_, theirs)| *theirs == xero).map(|(ours, _)| (*ours).to_owned())
}

/// Xero's word for the canonical one.
fn xero(pairs: &[(&str, &str)], canonical: &str) -> Option<String> {
    pairs.iter().find(|(ours, _)| *ours == canonical).map(|(_, theirs)| (*theirs).to_owned())
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
