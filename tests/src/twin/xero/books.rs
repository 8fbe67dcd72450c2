//! What the organisation holds.
//!
//! Owns contacts and invoices and the ways to find them. Promises bounded memory: beyond its
//! bounds it takes nothing more. Never judges what is put in; the files beside do.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value};

/// How many contacts the twin holds.
pub const CONTACTS_MAX: usize = 200_000;

/// How many invoices the twin holds.
pub const INVOICES_MAX: usize = 500_000;

/// The fields of an object.
pub type Fields = Map<String, Value>;

/// One contact.
#[derive(Debug)]
pub struct HeldContact {
    /// In the vendor's shape.
    pub fields: Fields,
    /// Its searchable texts in lower case, one a line.
    pub haystack: String,
    /// When it last changed, in milliseconds since 1970.
    pub updated_ms: u64,
}

/// One invoice. It is kept as the bytes that were answered: there are many of them.
#[derive(Debug)]
pub struct HeldInvoice {
    /// `InvoiceID`.
    pub id: String,
    /// `InvoiceNumber`.
    pub number: String,
    /// `Reference`, empty if it has none.
    pub reference: String,
    /// `Contact.ContactID`.
    pub contact_id: String,
    /// `Status`.
    pub status: String,
    /// When it last changed, in milliseconds since 1970.
    pub updated_ms: u64,
    /// In the vendor's shape, as JSON.
    pub json: Bytes,
}

impl HeldInvoice {
    /// The invoice as JSON values.
    pub fn value(&self) -> Value {
        // The bytes were written by this twin.
        serde_json::from_slice(&self.json).unwrap_or_default()
    }
}

/// The organisation's contacts and invoices.
#[derive(Debug, Default)]
pub struct Books {
    contacts: Vec<HeldContact>,
    contact_by_id: HashMap<String, usize>,
    contact_by_name: HashMap<String, usize>,
    contact_by_number: HashMap<String, usize>,
    invoices: Vec<HeldInvoice>,
    invoice_by_id: HashMap<String, usize>,
    invoice_by_number: HashMap<String, usize>,
    invoices_by_reference: HashMap<String, Vec<usize>>,
    last_number: u64,
}

impl Books {
    pub fn contacts(&self) -> impl ExactSizeIterator<Item = &Fields> {
        self.contacts.iter().map(|contact| &contact.fields)
    }

    pub fn contact(&self, at: usize) -> &HeldContact {
        &self.contacts[at]
    }

    pub fn contact_by_id(&self, id: &str) -> Option<usize> {
        self.contact_by_id.get(&id.to_ascii_lowercase()).copied()
    }

    pub fn contact_by_name(&self, name: &str) -> Option<usize> {
        self.contact_by_name.get(name).copied()
    }

    pub fn contact_by_number(&self, number: &str) -> Option<usize> {
        self.contact_by_number.get(number).copied()
    }

    /// Adds a contact, or puts it in the place of an old one, and answers its place.
    pub fn put_contact(&mut self, at: Option<usize>, fields: Fields, updated_ms: u64) -> usize {
        let place = at.unwrap_or(self.contacts.len());
        if let Some(old) = self.contacts.get(place) {
            self.contact_by_name.remove(text(&old.fields, "Name"));
            self.contact_by_number.remove(text(&old.fields, "ContactNumber"));
        }
        self.contact_by_id.insert(text(&fields, "ContactID").to_owned(), place);
        self.contact_by_name.insert(text(&fields, "Name").to_owned(), place);
        let number = text(&fields, "ContactNumber");
        if !number.is_empty() {
            self.contact_by_number.insert(number.to_owned(), place);
        }
        let haystack = haystack(&fields);
        let held = HeldContact { fields, haystack, updated_ms };
        match self.contacts.get_mut(place) {
            Some(old) => *old = held,
            None => self.contacts.push(held),
        }
        place
    }

    pub fn invoices(&self) -> std::slice::Iter<'_, HeldInvoice> {
        self.invoices.iter()
    }

    pub fn invoice(&self, at: usize) -> &HeldInvoice {
        &self.invoices[at]
    }

    /// By `InvoiceID` or by `InvoiceNumber`, which the vendor takes in the same place.
    pub fn invoice_by_id(&self, id: &str) -> Option<usize> {
        let by_id = self.invoice_by_id.get(&id.to_ascii_lowercase());
        by_id.or_else(|| self.invoice_by_number.get(id)).copied()
    }

    pub fn invoice_by_number(&self, number: &str) -> Option<usize> {
        self.invoice_by_number.get(number).copied()
    }

    pub fn invoices_by_reference(&self, reference: &str) -> &[usize] {
        self.invoices_by_reference.get(reference).map_or(&[], Vec::as_slice)
    }

    /// The next free number, such as `INV-0001`.
    pub fn next_invoice_number(&mut self) -> String {
        loop {
            self.last_number += 1;
            let number = format!("INV-{:04}", self.last_number);
            if !self.invoice_by_number.contains_key(&number) {
                return number;
            }
        }
    }

    /// Adds an invoice, or puts it in the place of the one with the same id.
    pub fn put_invoice(&mut self, held: HeldInvoice) {
        let place = self.invoice_by_id.get(&held.id).copied().unwrap_or(self.invoices.len());
        if let Some(old) = self.invoices.get(place) {
            self.invoice_by_number.remove(&old.number);
            if let Some(places) = self.invoices_by_reference.get_mut(&old.reference) {
                places.retain(|&other| other != place);
            }
        }
        self.invoice_by_id.insert(held.id.clone(), place);
        if !held.number.is_empty() {
            self.invoice_by_number.insert(held.number.clone(), place);
        }
        if !held.reference.is_empty() {
            self.invoices_by_reference.entry(held.reference.clone()).or_default().push(place);
        }
        match self.invoices.get_mut(place) {
            Some(old) => *old = held,
            None => self.invoices.push(held),
        }
    }
}

/// The text of a field; empty if it is absent or no text.
pub fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The fields that `searchTerm` looks at, from the vendor's documentation of contacts.
fn haystack(fields: &Fields) -> String {
    let names = ["Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress"];
    let texts: Vec<_> = names.iter().map(|name| text(fields, name).to_lowercase()).collect();
    texts.join("\n")
}
