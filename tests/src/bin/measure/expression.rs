//! Expression: a mapping of ten fields, in an instance that keeps what it has compiled.
//!
//! The yardstick is the same mapping in a fresh instance each time, which compiles it each time.

use std::hint::black_box;

use jackfield::flows::Expressions;
use jackfield_tests::house::House;
use serde_json::json;

use super::{
    call::turn,
    install::resident_mib,
    report::{Report, Side, Turns},
};

/// What a flow from a deal to an invoice says, about.
const MAPPING: &str = r#"{
    contact: .steps.customer.id,
    reference: (.event.record.title | truncate(40)),
    currency: (.event.record.value.currency // "EUR"),
    date: (.event.record.won_at | date_only),
    due_date: (.event.record.won_at | date_add_days(30)),
    name: (.event.record.person | join_name),
    email: (.event.record.person.email | normalise_email),
    stage: (.event.record.stage | map_value({won: "closed", lost: "dropped"}; "open")),
    tax: (.event.record.value.amount | dec_percent("20"; 2)),
    lines: [.event.record.lines[] | {description: .title, quantity: (.count | tostring), unit_amount: .price}]
}"#;

pub async fn measure(turns: Turns) -> anyhow::Result<Report> {
    let house = House::open().await;
    let rooms = house.rooms();
    let kept = rooms.expressions.of_flow("measured");
    let fresh = Expressions::load_keeping(&rooms.runtime, rooms.tables.clone(), 0)?;
    let input = json!({
        "steps": { "customer": { "id": "c-1" } },
        "event": { "record": {
            "title": "Ten chairs and what belongs to them", "stage": "won",
            "value": { "amount": "1250.00", "currency": "GBP" },
            "won_at": "2026-01-31T09:30:00Z",
            "person": { "first": "Ada", "last": "Lovelace", "email": "Ada@Example.com" },
            "lines": [
                { "title": "Chair", "count": 10, "price": "100.00" },
                { "title": "Table", "count": 1, "price": "250.00" },
            ],
        } },
    });
    let (mut ours, mut yardstick) = (Side::default(), Side::default());
    for round in 1..=turns.rounds {
        eprintln!("round {round} of {} …", turns.rounds);
        for (expressions, side) in [(&fresh, &mut yardstick), (&kept, &mut ours)] {
            turn(turns.seconds, side, async || {
                let value = expressions.evaluate(MAPPING, black_box(&input)).await?;
                anyhow::ensure!(value["tax"] == "250.00", "the mapping fails: {value}");
                Ok(())
            })
            .await?;
        }
    }
    let kib_each = memory(&rooms.expressions, &input).await?;
    let (kept_us, fresh_us) = (ours.quantile_us(0.5), yardstick.quantile_us(0.5));
    Ok(Report {
        name: "expression",
        ratio: kept_us / fresh_us,
        lines: vec![
            format!("ten fields, compiled before: {kept_us:.1} µs at the median"),
            format!("in a fresh instance, compiled each time: {fresh_us:.1} µs"),
            format!("{kib_each:.0} KiB for each instance that is kept"),
        ],
        more: json!({
            "kept": { "p50_us": kept_us, "p99_us": ours.quantile_us(0.99) },
            "kept_kib_each": kib_each.round(),
            "yardstick": { "p50_us": fresh_us, "p99_us": yardstick.quantile_us(0.99) },
            "durability": "none: nothing is written",
        }),
    })
}

/// The memory of each instance that is kept, in KiB.
async fn memory(expressions: &Expressions, input: &serde_json::Value) -> anyhow::Result<f64> {
    const INSTANCES: u32 = 60;
    let before_mib = resident_mib()?;
    for n in 0..INSTANCES {
        expressions.of_flow(&n.to_string()).evaluate(MAPPING, input).await?;
    }
    Ok((resident_mib()? - before_mib) * 1024.0 / f64::from(INSTANCES))
}
