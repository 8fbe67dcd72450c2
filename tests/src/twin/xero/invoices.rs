//! Writing invoices.
//!
//! Promises the vendor's checks that a connector can run into (contact, lines, codes, tax,
//! currency, status, number) and exact sums. Wordings of problems are not published and only
//! resemble the vendor's.

use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{Ask, Reply},
    XeroAccount,
    books::{Books, Fields, HeldInvoice, INVOICES_MAX, text},
    contacts::{self, Problems},
    money, wording,
};

mod lines;

/// How the invoice names its contact.
enum Customer {
    Known(usize),
    New(String),
}

/// An invoice whose fields are good.
struct Draft {
    fields: Fields,
    customer: Customer,
}

/// `PUT /Invoices`, `POST /Invoices` and `POST /Invoices/{InvoiceID}`.
pub fn write(
    books: &mut Books,
    account: &XeroAccount,
    ask: &Ask,
    creates: bool,
    id: Option<&str>,
) -> Reply {
    let Some(elements) = contacts::elements_of(&ask.body, "Invoices") else {
        return wording::unreadable("PostDataInvalidException", "the body has no `Invoices`");
    };
    let mut numbers = Vec::new();
    let drafts: Vec<_> = elements
        .iter()
        .map(|element| {
            let old = old_of(books, element, creates, id)?;
            let draft = draft(books, account, ask, element, old)?;
            let number = text(&draft.fields, "InvoiceNumber").to_owned();
            if !number.is_empty() && numbers.contains(&number) {
                return Err(vec!["Invoice # must be unique.".to_owned()]);
            }
            numbers.push(number);
            Ok(draft)
        })
        .collect();
    let mut made = Vec::new();
    let (reply, places) = contacts::finish(ask, "Invoices", &elements, drafts, |draft| {
        let fields = complete(books, draft, ask.at_ms);
        let json = Value::Object(fields.clone()).to_string();
        made.push(fields);
        json
    });
    // What is kept shares the bytes of the answer, which the idempotency keys keep as well.
    for (fields, place) in made.iter().zip(places) {
        books.put_invoice(held(fields, reply.body.slice(place), ask.at_ms));
    }
    reply
}

/// Marks an authorised invoice as paid; false if there is none.
pub fn pay(books: &mut Books, id: &str, at_ms: u64) -> bool {
    let Some(old) = books.invoice_by_id(id).map(|place| books.invoice(place)) else {
        return false;
    };
    let (true, Value::Object(mut fields)) = (old.status == "AUTHORISED", old.value()) else {
        return false;
    };
    let total = fields.get("Total").cloned().unwrap_or_default();
    let (paid_on, _) = wording::date_pair(wording::date_of(at_ms));
    fields.insert("Status".to_owned(), "PAID".into());
    fields.insert("AmountDue".to_owned(), 0.into());
    fields.insert("AmountPaid".to_owned(), total);
    fields.insert("FullyPaidOnDate".to_owned(), paid_on.into());
    fields.insert("UpdatedDateUTC".to_owned(), wording::moment(at_ms).into());
    let json = Value::Object(fields.clone()).to_string();
    books.put_invoice(held(&fields, json.into(), at_ms));
    true
}

fn held(fields: &Fields, json: bytes::Bytes, updated_ms: u64) -> HeldInvoice {
    let contact_id = fields.get("Contact").and_then(|contact| contact["ContactID"].as_str());
    HeldInvoice {
        id: text(fields, "InvoiceID").to_owned(),
        number: text(fields, "InvoiceNumber").to_owned(),
        reference: text(fields, "Reference").to_owned(),
        contact_id: contact_id.unwrap_or_default().to_owned(),
        status: text(fields, "Status").to_owned(),
        updated_ms,
        json,
    }
}

/// The invoice that is to be changed; none for a new one.
fn old_of(
    books: &Books,
    element: &Value,
    creates: bool,
    id: Option<&str>,
) -> Result<Option<Fields>, Problems> {
    let field = |name: &str| element.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    let number = field("InvoiceNumber").and_then(|number| books.invoice_by_number(number));
    if creates {
        let taken = vec!["Invoice # must be unique.".to_owned()];
        return if number.is_some() { Err(taken) } else { Ok(None) };
    }
    let place = match id.or_else(|| field("InvoiceID")) {
        Some(id) => Some(
            books
                .invoice_by_id(id)
                .ok_or_else(|| vec!["The invoice could not be found.".to_owned()])?,
        ),
        None => number,
    };
    let Some(old) = place.map(|place| books.invoice(place)) else { return Ok(None) };
    if matches!(old.status.as_str(), "PAID" | "VOIDED" | "DELETED") {
        return Err(vec!["Invoice not of valid status for modification.".to_owned()]);
    }
    match old.value() {
        Value::Object(fields) => Ok(Some(fields)),
        _ => Ok(None),
    }
}

fn draft(
    books: &Books,
    account: &XeroAccount,
    ask: &Ask,
    element: &Value,
    old: Option<Fields>,
) -> Result<Draft, Problems> {
    let Value::Object(sent) = element else {
        return Err(vec!["An invoice must be an object.".to_owned()]);
    };
    let mut problems = Vec::new();
    if old.is_none() && books.invoices().len() >= INVOICES_MAX {
        problems.push("The twin holds no more invoices.".to_owned());
    }
    let mut fields = old.unwrap_or_default();
    fields.extend(sent.clone());
    fields.retain(|_, value| !value.is_null());
    check_head(&mut fields, account, &mut problems);
    check_dates(&mut fields, ask.at_ms, &mut problems);
    let customer = customer(books, &fields, &mut problems);
    let places = if ask.param("unitdp") == Some("4") { 4 } else { 2 };
    lines::settle(&mut fields, &account.account_codes, places, &mut problems);
    match customer {
        Some(customer) if problems.is_empty() => Ok(Draft { fields, customer }),
        _ => Err(problems),
    }
}

fn check_head(fields: &mut Fields, account: &XeroAccount, problems: &mut Problems) {
    if !matches!(text(fields, "Type"), "ACCREC" | "ACCPAY") {
        problems.push("Invoice type must be ACCREC or ACCPAY.".to_owned());
    }
    let default = |fields: &mut Fields, name: &str, value: &str| {
        fields.entry(name).or_insert_with(|| value.into());
    };
    default(fields, "Status", "DRAFT");
    default(fields, "LineAmountTypes", "Exclusive");
    default(fields, "CurrencyCode", &account.base_currency);
    default(fields, "Reference", "");
    let status = text(fields, "Status");
    if !matches!(status, "DRAFT" | "SUBMITTED" | "AUTHORISED" | "VOIDED" | "DELETED") {
        problems.push(format!("Invoice status {status} is not valid here."));
    }
    if !matches!(text(fields, "LineAmountTypes"), "Exclusive" | "Inclusive" | "NoTax") {
        problems.push("LineAmountTypes must be Exclusive, Inclusive or NoTax.".to_owned());
    }
    let currency = text(fields, "CurrencyCode");
    if !account.currencies.iter().any(|known| known == currency) {
        problems.push(format!("Organisation is not subscribed to currency {currency}."));
    }
}

fn check_dates(fields: &mut Fields, at_ms: u64, problems: &mut Problems) {
    let today = wording::date_of(at_ms);
    for (name, default) in [("Date", Some(today)), ("DueDate", None)] {
        let date = match fields.get(name).map(|value| value.as_str().and_then(wording::read_date)) {
            Some(Some(date)) => Some(date),
            Some(None) => {
                problems.push(format!("{name} is not a date."));
                None
            }
            None => default,
        };
        if let Some(date) = date {
            let (machine, person) = wording::date_pair(date);
            fields.insert(name.to_owned(), machine.into());
            fields.insert(format!("{name}String"), person.into());
        }
    }
    if text(fields, "Status") == "AUTHORISED" && !fields.contains_key("DueDate") {
        problems.push("Invoice Due Date must be specified.".to_owned());
    }
}

fn customer(books: &Books, fields: &Fields, problems: &mut Problems) -> Option<Customer> {
    let named = |name: &str| {
        let value = fields.get("Contact").and_then(|contact| contact.get(name));
        value.and_then(Value::as_str).filter(|text| !text.is_empty())
    };
    if let Some(id) = named("ContactID") {
        let place = books.contact_by_id(id);
        if place.is_none() {
            problems
                .push("The Contact with the specified ContactID could not be found.".to_owned());
        }
        return place.map(Customer::Known);
    }
    if let Some(number) = named("ContactNumber")
        && let Some(place) = books.contact_by_number(number)
    {
        return Some(Customer::Known(place));
    }
    let Some(name) = named("Name") else {
        problems.push("A Contact must be specified for this type of transaction.".to_owned());
        return None;
    };
    // The vendor makes a contact out of a name that it does not know.
    let known = books.contact_by_name(name.trim()).map(Customer::Known);
    Some(known.unwrap_or_else(|| Customer::New(name.trim().to_owned())))
}

/// Fills in what the vendor adds.
fn complete(books: &mut Books, draft: Draft, at_ms: u64) -> Fields {
    let mut fields = draft.fields;
    let place = match draft.customer {
        Customer::Known(place) => place,
        Customer::New(name) => {
            let sent = Fields::from_iter([("Name".to_owned(), name.into())]);
            contacts::put(books, None, sent, at_ms)
        }
    };
    let contact = &books.contact(place).fields;
    let summary = ["ContactID", "ContactStatus", "Name", "EmailAddress"]
        .map(|name| (name.to_owned(), contact.get(name).cloned().unwrap_or_default()));
    fields.insert("Contact".to_owned(), Value::Object(Fields::from_iter(summary)));
    if text(&fields, "InvoiceNumber").is_empty() {
        let receivable = text(&fields, "Type") == "ACCREC";
        let number = if receivable { books.next_invoice_number() } else { String::new() };
        fields.insert("InvoiceNumber".to_owned(), number.into());
    }
    fields.entry("InvoiceID").or_insert_with(|| Uuid::new_v4().to_string().into());
    for name in ["Payments", "Prepayments", "Overpayments", "CreditNotes"] {
        fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    }
    for name in ["SentToContact", "HasAttachments", "HasErrors", "IsDiscounted"] {
        fields.entry(name).or_insert(false.into());
    }
    fields.entry("CurrencyRate").or_insert(1.into());
    let total = fields.get("Total").cloned().unwrap_or_default();
    fields.insert("AmountDue".to_owned(), total);
    fields.insert("AmountPaid".to_owned(), money::write(0.into()));
    fields.insert("AmountCredited".to_owned(), money::write(0.into()));
    fields.insert("UpdatedDateUTC".to_owned(), wording::moment(at_ms).into());
    fields
}
