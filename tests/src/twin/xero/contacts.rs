//! Writing contacts.
//!
//! PUT creates, POST updates or creates: the reverse of habit. Promises that a name is held by
//! one contact only, and that a request with one bad element changes nothing unless it asks for
//! `summarizeErrors=false`.

use std::ops::Range;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{Ask, Reply},
    books::{Books, CONTACTS_MAX, Fields, text},
    wording,
};

/// The longest texts, in characters, from the vendor's description.
const LENGTHS: &[(&str, usize)] = &[
    ("Name", 255),
    ("FirstName", 255),
    ("LastName", 255),
    ("EmailAddress", 255),
    ("ContactNumber", 50),
    ("AccountNumber", 50),
    ("CompanyNumber", 50),
    ("TaxNumber", 50),
];

/// Fields that the vendor sets and ignores when they are sent.
const READ_ONLY: &[&str] =
    &["ContactID", "UpdatedDateUTC", "HasAttachments", "HasValidationErrors", "ValidationErrors"];

/// What is wrong with an element, one line each.
pub type Problems = Vec<String>;

/// `PUT /Contacts`, `POST /Contacts` and `POST /Contacts/{ContactID}`.
pub fn write(books: &mut Books, ask: &Ask, creates: bool, id: Option<&str>) -> Reply {
    let Some(elements) = elements_of(&ask.body, "Contacts") else {
        return wording::unreadable("PostDataInvalidException", "the body has no `Contacts`");
    };
    let mut drafts = Vec::with_capacity(elements.len());
    for element in &elements {
        let place = if creates { Ok(None) } else { place_of(books, element, id) };
        drafts.push(place.and_then(|place| draft(books, element, place).map(|new| (place, new))));
    }
    finish(ask, "Contacts", &elements, drafts, |(place, fields)| {
        let place = put(books, place, fields, ask.at_ms);
        Value::Object(books.contact(place).fields.clone()).to_string()
    })
    .0
}

/// Adds one contact and answers its id.
pub fn add(books: &mut Books, element: &Value, at_ms: u64) -> Result<String, Problems> {
    let fields = draft(books, element, None)?;
    let place = put(books, None, fields, at_ms);
    Ok(text(&books.contact(place).fields, "ContactID").to_owned())
}

/// The list under `kind`, or the body itself as the only element, which the vendor takes too.
pub fn elements_of(body: &[u8], kind: &str) -> Option<Vec<Value>> {
    match serde_json::from_slice(body).ok()? {
        Value::Object(mut fields) => match fields.remove(kind) {
            Some(Value::Array(elements)) => Some(elements),
            Some(_) => None,
            None => Some(vec![Value::Object(fields)]),
        },
        _ => None,
    }
}

/// Carries out the drafts, or answers what is wrong with them. Beside the answer come the places
/// in its body of the elements that were carried out.
pub fn finish<D>(
    ask: &Ask,
    kind: &str,
    elements: &[Value],
    drafts: Vec<Result<D, Problems>>,
    mut put: impl FnMut(D) -> String,
) -> (Reply, Vec<Range<usize>>) {
    let summarize = ask.param("summarizeErrors") != Some("false");
    if summarize && drafts.iter().any(Result::is_err) {
        let outcomes = elements.iter().zip(&drafts).map(|(element, draft)| match draft {
            Ok(_) => wording::with_problems(element, &[]),
            Err(problems) => wording::with_problems(element, problems),
        });
        return (wording::invalid(outcomes.collect()), Vec::new());
    }
    let good: Vec<_> = drafts.iter().map(Result::is_ok).collect();
    let rendered: Vec<_> = elements
        .iter()
        .zip(drafts)
        .map(|(element, draft)| match draft {
            Ok(draft) => put(draft),
            Err(problems) => {
                let mut element = wording::with_problems(element, &problems);
                element["StatusAttributeString"] = "ERROR".into();
                element.to_string()
            }
        })
        .collect();
    let listed = wording::listed(kind, &rendered, None, ask.at_ms);
    let reply = listed.reply();
    let places = listed.elements.into_iter().zip(good).filter_map(|(at, good)| good.then_some(at));
    (reply, places.collect())
}

/// The contact that a POST means, by the keys that the vendor matches on; none for a new one.
fn place_of(books: &Books, element: &Value, id: Option<&str>) -> Result<Option<usize>, Problems> {
    let field = |name: &str| element.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    if let Some(id) = id.or_else(|| field("ContactID")) {
        // The wording is not published.
        let missing = || vec!["The contact with this ContactID could not be found.".to_owned()];
        return books.contact_by_id(id).map(Some).ok_or_else(missing);
    }
    let by_number = field("ContactNumber").and_then(|number| books.contact_by_number(number));
    Ok(by_number.or_else(|| books.contact_by_name(field("Name")?.trim())))
}

/// The fields that were sent, if they are good.
fn draft(books: &Books, element: &Value, place: Option<usize>) -> Result<Fields, Problems> {
    let Value::Object(sent) = element else {
        return Err(vec!["A contact must be an object.".to_owned()]);
    };
    let mut fields = sent.clone();
    fields.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
    let mut problems = Vec::new();
    if let Some(Value::String(name)) = fields.get_mut("Name") {
        *name = name.trim().to_owned();
    }
    let name = text(&fields, "Name");
    if name.is_empty() && (place.is_none() || fields.contains_key("Name")) {
        problems.push("The contact name must be specified.".to_owned());
    }
    if books.contact_by_name(name).is_some_and(|holder| place != Some(holder)) {
        problems.push(format!(
            "The contact name {name} is already assigned to another contact. \
             The contact name must be unique across all active contacts."
        ));
    }
    let number = text(&fields, "ContactNumber");
    if books.contact_by_number(number).is_some_and(|holder| place != Some(holder)) {
        problems.push(format!("The Contact Number {number} is already in use."));
    }
    for &(field, chars_max) in LENGTHS {
        if text(&fields, field).chars().count() > chars_max {
            problems.push(format!("{field} must not be longer than {chars_max} characters."));
        }
    }
    let email = text(&fields, "EmailAddress");
    if !email.is_empty() && (!email.contains('@') || email.contains(char::is_whitespace)) {
        problems.push("Email address must be valid.".to_owned());
    }
    if place.is_none() && books.contacts().len() >= CONTACTS_MAX {
        problems.push("The twin holds no more contacts.".to_owned());
    }
    if problems.is_empty() { Ok(fields) } else { Err(problems) }
}

/// Puts good fields over the old ones or over those of a new contact.
pub fn put(books: &mut Books, place: Option<usize>, sent: Fields, at_ms: u64) -> usize {
    // An element before this one in the same request may have made the contact meanwhile.
    let place = place.or_else(|| books.contact_by_name(text(&sent, "Name")));
    let mut fields = match place {
        Some(place) => books.contact(place).fields.clone(),
        None => fresh(),
    };
    fields.extend(sent);
    fields.insert("UpdatedDateUTC".to_owned(), wording::moment(at_ms).into());
    books.put_contact(place, fields, at_ms)
}

fn fresh() -> Fields {
    let contact = json!({
        "ContactID": Uuid::new_v4().to_string(),
        "ContactStatus": "ACTIVE",
        "Name": "",
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "IsSupplier": false,
        "IsCustomer": false,
        "HasAttachments": false,
        "HasValidationErrors": false,
    });
    match contact {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}
