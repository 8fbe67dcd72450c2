//! Mapping there and back, to the digit.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::assert_keeps;

fn wire_contact() -> wire::Contact {
    let page: wire::Contacts =
        serde_json::from_str(include_str!("../fixtures/contact.json")).unwrap();
    page.contacts[0].clone()
}

fn wire_invoice() -> wire::Invoice {
    let page: wire::Invoices =
        serde_json::from_str(include_str!("../fixtures/invoice.json")).unwrap();
    page.invoices[0].clone()
}

#[test]
fn a_contact_becomes_the_canonical_record() {
    let record = serde_json::to_value(contact(&wire_contact()).unwrap()).unwrap();
    assert_keeps("contact", &record);
    assert_eq!(
        record,
        json!({
            "id": "5cc8cf28-567e-4d43-b287-687cfcaec47c",
            "name": "Example Works Ltd",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "phone": "+44 20 7946 0000",
            "address": {
                "line1": "1 High Street",
                "line2": "Floor 2, Room 3",
                "city": "Leeds",
                "postal_code": "LS1 1AA",
                "country": "United Kingdom"
            },
            "registration_number": "01234567",
            "currency": "GBP",
            "status": "active",
            "updated_at": "2026-01-31T09:30:00.250Z",
            "ext": {"AccountNumber": "A-17"}
        })
    );
}

#[test]
fn an_invoice_becomes_the_canonical_record_to_the_last_digit() {
    let record = serde_json::to_value(invoice(&wire_invoice()).unwrap()).unwrap();
    assert_keeps("invoice", &record);
    assert_eq!(record["total"], "9007199254741233.01");
    assert_eq!(record["lines"][0]["unit_amount"], "9007199254740993.01");
    assert_eq!(record["lines"][0]["quantity"], "1");
    assert_eq!(record["contact"], "5cc8cf28-567e-4d43-b287-687cfcaec47c");
    assert_eq!(record["date"], "2026-01-31");
    assert_eq!(record["due_date"], "2026-02-28");
    assert_eq!(record["status"], "draft");
    assert_eq!(record["tax"], "exclusive");
    assert_eq!(record.get("reference"), None);
}

#[test]
fn a_state_that_is_not_known_is_left_out() {
    let from = wire::Invoice { status: Some("QUANTUM".into()), ..wire_invoice() };
    assert_eq!(invoice(&from).unwrap().status, None);
}

#[test]
fn a_record_without_an_id_is_worth_another_try_and_never_invented() {
    let from = wire::Invoice { invoice_id: Some(String::new()), ..wire_invoice() };
    assert!(invoice(&from).is_err());
    let from = wire::Contact { contact_id: None, ..wire_contact() };
    assert!(contact(&from).is_err());
}

#[test]
fn the_record_that_is_there_needs_no_change() {
    let current = wire_contact();
    let wanted = contact(&current).unwrap();
    assert_eq!(changes(&current, &wanted), wire::Contact::default());
}

#[test]
fn only_what_differs_is_sent_and_neighbours_are_kept() {
    let current = wire_contact();
    let wanted = Contact {
        name: "Another Name".into(),
        email: Some("other@example.com".into()),
        mobile: Some("+44 7700 900000".into()),
        address: Some(Address { city: Some("Hull".into()), ..Address::default() }),
        ..Contact::default()
    };
    let sent = changes(&current, &wanted);
    assert_eq!((&sent.name, &sent.email_address), (&None, &None), "the match keys stay");
    let phones = sent.phones.unwrap();
    assert!(phones.iter().any(|phone| phone.phone_type == "DEFAULT"));
    assert!(phones.iter().any(|phone| phone.phone_number.as_deref() == Some("+44 7700 900000")));
    let addresses = sent.addresses.unwrap();
    let kinds: Vec<_> = addresses.iter().map(|address| address.address_type.as_str()).collect();
    assert_eq!(kinds, ["STREET", "POBOX"]);
    assert_eq!(addresses[1].address_line1, None);
}

#[test]
fn a_new_invoice_is_written_with_numbers_and_without_sums() {
    let wanted: Invoice = serde_json::from_value(json!({
        "contact": "c", "currency": "GBP", "total": "1", "status": null,
        "lines": [
            {"description": "Website", "unit_amount": "9007199254740993.0100"},
            {"description": "Bolt", "quantity": "2.5", "unit_amount": "0.1234", "item_code": "B"},
            {"description": "With thanks"}
        ]
    }))
    .unwrap();
    let text = serde_json::to_string(&new_invoice(&wanted, "DRAFT", Some("200"))).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"Type":"ACCREC","Contact":{"ContactID":"c"},"Status":"DRAFT","LineItems":["#,
            r#"{"Description":"Website","Quantity":1,"UnitAmount":9007199254740993.01,"#,
            r#""AccountCode":"200"},"#,
            r#"{"Description":"Bolt","Quantity":2.5,"UnitAmount":0.1234,"ItemCode":"B"},"#,
            r#"{"Description":"With thanks","AccountCode":"200"}],"CurrencyCode":"GBP"}"#
        )
    );
}

#[test]
fn a_state_that_is_named_wins_over_the_setting() {
    let wanted = Invoice { status: Some("open".into()), ..Invoice::default() };
    assert_eq!(new_invoice(&wanted, "DRAFT", None).status.as_deref(), Some("AUTHORISED"));
}

proptest! {
    #[test]
    fn an_amount_survives_the_way_there_and_back(units in any::<i64>(), scale in 0u32..=10) {
        let amount = Decimal::from_minor(units.into(), scale).unwrap();
        let wanted = Line { unit_amount: Some(amount), ..Line::default() };
        let text = serde_json::to_string(&new_line(&wanted, None)).unwrap();
        let back: LineItem = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(line(&back).unit_amount, Some(amount));
    }

    #[test]
    fn what_was_set_is_found_set(name in "[a-zA-Z ]{1,20}", phone in "[0-9+ ]{0,12}", line1 in "\\PC{0,12}") {
        let address = Some(Address { line1: text(&Some(line1)), ..Address::default() });
        let wanted =
            Contact { name: name.clone(), phone: Some(phone), address, ..Contact::default() };
        let there = new_contact(&wanted);
        prop_assert_eq!(changes(&there, &wanted), wire::Contact::default());
    }
}

#[test]
fn every_fixture_with_records_keeps_the_schemas() {
    let contacts: wire::Contacts =
        serde_json::from_str(include_str!("../fixtures/contacts.json")).unwrap();
    for from in &contacts.contacts {
        assert_keeps("contact", &serde_json::to_value(contact(from).unwrap()).unwrap());
    }
    let invoices: wire::Invoices =
        serde_json::from_str(include_str!("../fixtures/invoices_paid_and_bill.json")).unwrap();
    for from in &invoices.invoices {
        let record: Value = serde_json::to_value(invoice(from).unwrap()).unwrap();
        assert_keeps("invoice", &record);
    }
}
