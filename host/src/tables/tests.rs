//! What is a table, and what is kept of it.

use std::sync::Arc;

use serde_json::json;

use super::{BYTES_MAX, Form, TABLES_MAX, Table, TableError, Tables, Unfit};
use crate::{
    audit::{self, Actor},
    clock::SystemClock,
    store,
};

fn me() -> Actor {
    Actor::Operator("anna".into())
}

#[test]
fn a_csv_file_is_rows_by_their_first_column() {
    let text = "\u{feff}category, code ,note\r\ntravel,493,\"by \"\"rail\"\", or air\"\r\n\r\n\
                meals,420,\r\n\"two\nlines\",1, x \n";
    let table = Table::read(Form::Csv, text.as_bytes()).unwrap();
    assert_eq!(table.columns(), ["category", "code", "note"]);
    assert_eq!(table.keys().collect::<Vec<_>>(), ["meals", "travel", "two\nlines"]);
    let row = table.row("travel").unwrap();
    assert_eq!(row, json!({ "code": "493", "note": "by \"rail\", or air" }));
    assert_eq!(table.row("meals").unwrap(), json!({ "code": "420", "note": null }));
    assert_eq!(table.row("two\nlines").unwrap(), json!({ "code": "1", "note": "x" }));
    assert_eq!(table.row("Travel"), None);
}

#[test]
fn a_json_object_is_whatever_its_members_are() {
    let table = Table::read(Form::Json, br#"{"CHF": "1.04", "EUR": {"rate": 1.10}}"#).unwrap();
    assert_eq!(table.row("CHF").unwrap(), json!("1.04"));
    assert_eq!(table.row("EUR").unwrap(), json!({ "rate": 1.10 }));
    assert!(table.columns().is_empty() && table.len() == 2);
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    let refused = |form, text: &[u8]| Table::read(form, text).unwrap_err().to_string();
    for (text, why) in [
        ("", "it is empty"),
        ("a,b\n1\n", "line 2: 1 cells where the headings are 2"),
        ("a,b\n\n\"x\ny\",1\nx,2\nx,3\n", "line 6: the key `x` is there already"),
        ("a,b\n,1\n", "line 2: the key is empty"),
        ("a,a\n1,2\n", "line 1: the heading of column 2 is empty or taken"),
        ("a,b\nx,\"1\n", "line 2: a quote that is not closed"),
        ("a,b\nx,1\"\n", "line 2: a quote within a cell"),
        ("a,b\n\"x\"y,1\n", "line 2: something follows a closing quote"),
    ] {
        let got = refused(Form::Csv, text.as_bytes());
        assert!(got.starts_with(why), "{text:?}: {got}");
    }
    assert!(refused(Form::Csv, b"a,b\n\xff,1").contains("UTF-8"));
    assert!(refused(Form::Json, b"[1]").contains("hint: a table in JSON is one object"));
    let rows: String = (0..20_001).map(|n| format!("{n},x\n")).collect();
    let many = Table::read(Form::Csv, format!("a,b\n{rows}").as_bytes()).unwrap_err();
    assert_eq!(many, Unfit::TooMany { what: "rows", count: 20_001, most: 20_000 });
}

#[tokio::test]
async fn a_table_is_there_until_it_is_removed_and_the_trail_tells_of_it() {
    let (_dir, store) = store::scratch();
    let tables = Tables::open(store.clone(), Arc::new(SystemClock)).unwrap();
    let set = async |text: &str| tables.set("rates", Form::Csv, text.into(), me()).await.unwrap();
    set("currency,rate\nCHF,1.04\n").await;
    let first = tables.get("rates").unwrap();
    assert_eq!(set("currency,rate\nCHF,1.05\nEUR,1\n").await.rows, 2);
    assert_eq!(first.row("CHF").unwrap()["rate"], "1.04", "who has it keeps it");
    assert_eq!(tables.get("rates").unwrap().row("CHF").unwrap()["rate"], "1.05");
    let again = Tables::open(store.clone(), Arc::new(SystemClock)).unwrap();
    assert_eq!(again.get("rates").unwrap().row("EUR").unwrap()["rate"], "1");
    let needed = tables.remove("rates", vec!["won-deal".into()], me()).await.unwrap_err();
    assert!(needed.to_string().starts_with("the table `rates` is used by `won-deal`"), "{needed}");
    tables.remove("rates", vec![], me()).await.unwrap();
    assert!(matches!(tables.get("rates"), Err(TableError::Unknown { .. })));
    let trail = audit::list(&store, &audit::Filter::default(), 10).unwrap();
    let words: Vec<&str> = trail.iter().map(|entry| entry.line.what.text()).collect();
    assert_eq!(words, ["table.removed", "table.set", "table.set"]);
}

#[tokio::test]
async fn a_table_has_its_bounds() {
    let (_dir, store) = store::scratch();
    let tables = Tables::open(store, Arc::new(SystemClock)).unwrap();
    let set = async |name: &str, text: Vec<u8>| tables.set(name, Form::Csv, text, me()).await;
    for name in ["", "Rates", "a/b", "a b", "ü", &"x".repeat(49)] {
        let refused = set(name, b"a\n1\n".to_vec()).await;
        assert!(matches!(refused, Err(TableError::Name(_))), "{name}");
    }
    let big = set("big", vec![b'x'; BYTES_MAX + 1]).await;
    assert!(matches!(big, Err(TableError::TooBig(_))));
    for n in 0..TABLES_MAX {
        set(&format!("t-{n}"), b"a\n1\n".to_vec()).await.unwrap();
    }
    assert!(matches!(set("one-more", b"a\n1\n".to_vec()).await, Err(TableError::TooMany)));
    set("t-0", b"a\n2\n".to_vec()).await.unwrap();
    let meant = tables.get("t-1999").unwrap_err().to_string();
    assert!(meant.contains("did you mean `t-199`?"), "{meant}");
}

proptest::proptest! {
    #[test]
    fn whatever_is_quoted_comes_back(cells in proptest::collection::vec("[^\r]{1,20}", 1..6)) {
        let quoted: Vec<String> =
            cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let heads: Vec<String> = (0..cells.len()).map(|n| format!("c{n}")).collect();
        let text = format!("key,{}\nk,{}", heads.join(","), quoted.join(","));
        let row = Table::read(Form::Csv, text.as_bytes()).unwrap().row("k").unwrap();
        for (head, cell) in heads.iter().zip(&cells) {
            assert_eq!(row[head], cell.as_str());
        }
    }

    #[test]
    fn any_text_is_a_table_or_is_refused(text in "[a,\"\r\n ]{0,60}") {
        let _ = Table::read(Form::Csv, text.as_bytes());
    }
}
