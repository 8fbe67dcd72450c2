//! Financial: approved hours become an invoice, an invoice that is not paid is reminded of, and
//! each month ends with a report.

use std::time::Duration;

use jackfield::clock::VirtualClock;
use jackfield_tests::{house::until, patterns::Patterns};
use serde_json::json;

use super::{DAY, NOON_MS, business_at, counts, stories::hours};

/// An open invoice that fell due on the day on which the clock begins.
async fn billed(scene: &Patterns) {
    let customer = json!({ "id": "c-1", "name": "Ada Mills", "email": "ada@milllane.example" });
    scene.twin.give("books", "contact", customer);
    scene.twin.give("books", "invoice", super::stories::due());
    scene.tell("books", "invoice.created", &super::stories::due()).await;
    scene.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_invoice_is_reminded_of_after_a_week_a_fortnight_and_a_month() {
    let clock = VirtualClock::at(NOON_MS);
    let scene = business_at(&clock, &["invoice-reminders"]).await;
    billed(&scene).await;
    let mut reminded_on = Vec::new();
    for day in 1..=40 {
        clock.advance(DAY);
        scene.settle().await;
        while reminded_on.len() < scene.twin.done("mail", "message.send").len() {
            reminded_on.push(day);
        }
    }
    assert_eq!(reminded_on, [7, 14, 30]);
    let subjects = scene.twin.done("mail", "message.send");
    assert_eq!(subjects[0]["subject"], "Invoice I-9: a reminder");
    assert_eq!(subjects[2]["subject"], "Invoice I-9: last reminder");
    assert!(scene.house.is_idle());
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_paid_is_not_spoken_of_again() {
    let clock = VirtualClock::at(NOON_MS);
    let scene = business_at(&clock, &["invoice-reminders"]).await;
    billed(&scene).await;
    clock.advance(10 * DAY);
    scene.settle().await;
    assert_eq!(scene.twin.done("mail", "message.send").len(), 1);
    scene.tell("books", "invoice.paid", &super::stories::due()).await;
    until("the run has ended", || scene.house.is_idle()).await;
    clock.advance(60 * DAY);
    scene.settle().await;
    assert_eq!(scene.twin.counts(), counts(&[("mail message.send", 1)]));
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_have_the_last_word_where_the_event_of_a_payment_was_lost() {
    let clock = VirtualClock::at(NOON_MS);
    let scene = business_at(&clock, &["invoice-reminders"]).await;
    billed(&scene).await;
    let mut paid = super::stories::due();
    paid["status"] = "paid".into();
    scene.twin.give("books", "invoice", paid);
    for _ in 0..40 {
        clock.advance(DAY);
        scene.settle().await;
    }
    assert_eq!(scene.twin.effects(), []);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_approved_by_the_sheet_become_one_invoice_for_each_project() {
    let clock = VirtualClock::at(NOON_MS);
    let scene = business_at(&clock, &["time-approved"]).await;
    for (id, project) in [("t-1", "p-1"), ("t-2", "p-1"), ("t-3", "p-2")] {
        scene.twin.give("projects", "time_entry", hours(id, project));
    }
    let mut ours = hours("t-4", "p-1");
    ours["is_billable"] = json!(false);
    scene.twin.give("projects", "time_entry", ours.clone());
    for entry in [hours("t-1", "p-1"), hours("t-2", "p-1"), hours("t-3", "p-2"), ours] {
        scene.tell("projects", "time.approved", &entry).await;
        scene.settle().await;
        clock.advance(Duration::from_secs(60));
    }
    assert_eq!(scene.twin.effects(), [], "more may be approved");
    clock.advance(Duration::from_secs(600));
    scene.settle().await;
    let expected = counts(&[("books invoice.create", 2), ("projects time_entry.update", 3)]);
    assert_eq!(scene.twin.counts(), expected);
    let mut totals: Vec<_> = scene
        .twin
        .records("books", "invoice")
        .iter()
        .map(|invoice| (invoice["reference"].clone(), invoice["total"].clone()))
        .collect();
    totals.sort_by_key(|(project, _)| project.to_string());
    assert_eq!(totals, [(json!("p-1"), json!("270.00")), (json!("p-2"), json!("135.00"))]);

    // Approved once more, they are in an invoice already.
    scene.tell("projects", "time.approved", &hours("t-1", "p-1")).await;
    scene.settle().await;
    clock.advance(DAY);
    scene.settle().await;
    assert_eq!(scene.twin.counts(), expected);
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_ends_with_its_figures_in_somebody_s_mail() {
    // 2026-03-31 at noon in UTC, which is one o'clock in London.
    let clock = VirtualClock::at(NOON_MS + 29 * 86_400_000);
    let scene = business_at(&clock, &["month-end-report"]).await;
    for (id, date, currency, total) in [
        ("i-1", "2026-03-01", "GBP", "100.50"),
        ("i-2", "2026-03-31", "GBP", "200.00"),
        ("i-3", "2026-03-15", "EUR", "999.00"),
        ("i-4", "2026-02-28", "GBP", "999.00"),
    ] {
        let invoice = json!({
            "id": id, "contact": "c-1", "lines": [], "date": date, "currency": currency,
            "total": total, "amount_due": total,
        });
        scene.twin.give("books", "invoice", invoice);
    }
    let payment =
        json!({ "id": "p-1", "amount": "80.00", "currency": "GBP", "date": "2026-03-09" });
    scene.twin.give("books", "payment", payment);
    scene.settle().await;
    assert_eq!(scene.twin.effects(), []);
    clock.advance(DAY);
    until("the report is there", || scene.twin.effects().len() == 2).await;
    scene.settle().await;
    let report = &scene.twin.records("books", "report")[0];
    assert_eq!((&report["from"], &report["to"]), (&json!("2026-03-01"), &json!("2026-03-31")));
    assert_eq!(report["lines"][0], json!({ "label": "Invoiced", "amount": "300.50" }));
    let mail = &scene.twin.done("mail", "message.send")[0];
    let text = "Invoiced: 300.50\nInvoices: 2\nReceived: 80.00\nPayments: 1\nStill to come: 300.50";
    assert_eq!(mail["text"], text);
    // The next one is for the month after.
    clock.advance(30 * DAY);
    until("the next report is there", || scene.twin.effects().len() == 4).await;
    assert_eq!(scene.twin.records("books", "report")[1]["to"], "2026-04-30");
    scene.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_killed_again_and_again_while_it_waits_forgets_no_reminder() {
    let clock = VirtualClock::at(NOON_MS);
    let mut scene = business_at(&clock, &["invoice-reminders"]).await;
    billed(&scene).await;
    for _ in 0..11 {
        scene.house.kill();
        clock.advance(3 * DAY);
        scene.house.start().await;
        scene.settle().await;
    }
    assert_eq!(scene.twin.counts(), counts(&[("mail message.send", 3)]));
    scene.strike().await;
}
