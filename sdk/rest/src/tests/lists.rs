//! Stories about lists, cursors, and what changed.

use super::*;

fn query(entity: &str, cursor: Option<&str>) -> Query {
    Query { entity: entity.into(), cursor: cursor.map(Into::into), limit: 100, ext: Vec::new() }
}

fn page(host: &FakeHost, entity: &str, cursor: Option<&str>) -> Page {
    Rest::changes(host, query(entity, cursor)).unwrap()
}

fn one(id: &str, changed: &str) -> Value {
    json!({"uid": id, "name": id, "changed": changed})
}

#[test]
fn a_list_goes_on_page_by_page_and_next_time_where_it_was() {
    let url = format!("{BASE}/contacts");
    let host = shop()
        .on(
            "GET",
            &url,
            json!({"data": [one("a", "2026-01-02"), one("b", "2026-01-09")], "next": "p2"}),
        )
        .on("GET", &url, json!({"data": [one("c", "2026-01-05")], "next": ""}))
        .on("GET", &url, json!({"data": [], "next": null}));
    let first = page(&host, "contact", None);
    assert!(first.more && first.records.len() == 2);
    let second = page(&host, "contact", first.cursor.as_deref());
    assert!(!second.more && second.records.len() == 1);
    let third = page(&host, "contact", second.cursor.as_deref());
    assert!(!third.more && third.records.is_empty());
    let urls: Vec<_> = host.sent().iter().map(|sent| sent.url.clone()).collect();
    assert_eq!(
        urls,
        [
            format!("{url}?limit=2"),
            format!("{url}?after=p2&limit=2"),
            format!("{url}?limit=2&since=2026-01-09"),
        ]
    );
    let fourth = page(&host, "contact", third.cursor.as_deref());
    assert_eq!(fourth.cursor, third.cursor, "nothing new leaves the place as it was");
}

#[test]
fn a_system_that_names_the_same_page_again_is_not_followed_for_ever() {
    let again = json!({"data": [one("a", "1")], "next": "p1"});
    let host = shop().on("GET", &format!("{BASE}/contacts"), again);
    let first = page(&host, "contact", None);
    let problem = Rest::changes(&host, query("contact", first.cursor.as_deref())).unwrap_err();
    assert!(problem.is(code::UNAVAILABLE), "{problem}");
}

#[test]
fn what_changed_is_told_by_a_token_that_was_had_before_the_first_list() {
    let lapsed = Reply::new(412).with_json(&json!({"sync": "t1"}));
    let contacts = format!("{BASE}/contacts");
    let host = shop()
        .on_reply("GET", &format!("{BASE}/changes"), lapsed.clone())
        .on("GET", &contacts, json!({"data": [one("a", "1"), one("b", "1")], "next": null}))
        .on("GET", &format!("{BASE}/contacts/a/notes"), json!([{"uid": "n1", "text": "x"}]))
        .on("GET", &format!("{BASE}/contacts/b/notes"), json!([{"uid": "n2", "text": "y"}]))
        .on("GET", &format!("{BASE}/changes?sync=t1"), json!({
            "items": [{"note": "n1"}, {"note": "n1"}, {"note": null}], "sync": "t2", "more": false,
        }))
        .on("GET", &format!("{BASE}/notes/n1"), json!({"uid": "n1", "text": "z"}))
        .on_reply("GET", &format!("{BASE}/changes?sync=t2"), lapsed);
    let first = page(&host, "note", None);
    assert_eq!((first.records, first.more), (vec![json!({"id": "n1", "text": "x"})], true));
    let second = page(&host, "note", first.cursor.as_deref());
    assert_eq!((second.records, second.more), (vec![json!({"id": "n2", "text": "y"})], false));
    let third = page(&host, "note", second.cursor.as_deref());
    assert_eq!((third.records, third.more), (vec![json!({"id": "n1", "text": "z"})], false));
    let again = page(&host, "note", third.cursor.as_deref());
    assert!(again.more, "a token that lapsed begins with the whole list again");
}

#[test]
fn a_search_that_the_manifest_has_not_is_refused_with_those_that_it_has() {
    let keys = [("phone".to_owned(), "1".to_owned())];
    let problem = Rest::find(&shop(), "contact", &keys).unwrap_err();
    assert!(problem.is(code::INVALID) && problem.message.contains("by email"), "{problem}");
}

#[test]
fn where_a_list_goes_on_may_depend_on_the_page_before() {
    let url = format!("{BASE}/orders");
    let host = shop()
        .on("GET", &url, json!({"orders": [], "next": "9", "last": "d9"}))
        .on("GET", &url, json!({"orders": [], "next": "3"}))
        .on("GET", &url, json!({"orders": []}));
    let mut cursor = None;
    for more in [true, true, false] {
        let page = page(&host, "order", cursor.as_deref());
        assert_eq!(page.more, more);
        cursor = page.cursor;
    }
    let urls: Vec<_> = host.sent().iter().map(|sent| sent.url.clone()).collect();
    let expected = ["", "?from=d9&after=9", "?from=d9&after=3"].map(|rest| format!("{url}{rest}"));
    assert_eq!(urls, expected);
}

#[test]
fn what_a_search_finds_in_short_is_read_in_full() {
    let hits = json!({"hits": [{"order": 7}, {"order": 8}, {"order": 7}]});
    let host = shop()
        .on("GET", &format!("{BASE}/search"), hits)
        .on("GET", &format!("{BASE}/orders/7"), json!({"order_id": 7, "sum": 3}))
        .on_reply("GET", &format!("{BASE}/orders/8"), Reply::new(404));
    let found = invoke(&host, "order.find", json!({"number": "n1"})).unwrap();
    assert_eq!(found, json!({"records": [{"id": "7", "total": "3"}]}));
}

#[test]
fn a_system_may_say_in_its_own_way_that_there_is_nothing() {
    let none = json!({"ok": false, "error": {"code": "no_such_order"}});
    let host = shop().on("GET", &format!("{BASE}/search"), none.clone());
    let found = invoke(&host, "order.find", json!({"number": "n1"})).unwrap();
    assert_eq!(found, json!({"records": []}));
    let host = shop().on("GET", &format!("{BASE}/orders/7"), none);
    let problem = invoke(&host, "order.get", json!({"id": "7"})).unwrap_err();
    assert!(problem.is(code::NOT_FOUND) && problem.message.contains("`7`"), "{problem}");
}
