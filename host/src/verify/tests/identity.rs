//! When two deliveries are the same.

use proptest::prelude::*;

use super::*;

const UNSIGNED: &str = "[verify]\nkind = \"none\"\nwhy = \"a test\"\n";

fn by_header() -> Webhook {
    webhook(&format!("delivery_id = {{ header = \"x-id\" }}\n{UNSIGNED}"))
}

#[test]
fn a_vendors_own_id_is_the_name() {
    assert_eq!(delivery_id(Some(&by_header()), &post(&[("x-id", "e1")], "a")), "e1");
    let by_json = webhook(&format!("delivery_id = {{ json = \"/meta/id\" }}\n{UNSIGNED}"));
    assert_eq!(delivery_id(Some(&by_json), &post(&[], r#"{"meta":{"id":17}}"#)), "17");
}

#[test]
fn two_ids_that_only_floating_point_confuses_stay_two() {
    let webhook = webhook(&format!("delivery_id = {{ json = \"/id\" }}\n{UNSIGNED}"));
    let name = |id: &str| delivery_id(Some(&webhook), &post(&[], &format!(r#"{{"id":{id}}}"#)));
    assert_ne!(name("100000000000000000001"), name("100000000000000000002"));
    assert_eq!(name("18446744073709551615"), "18446744073709551615");
}

#[test]
fn without_a_usable_id_the_digest_is_the_name() {
    let webhook = by_header();
    let long = "a".repeat(300);
    let digest = delivery_id(None, &post(&[], "a"));
    assert_eq!(digest.len(), 64);
    for headers in [&[][..], &[("x-id", "")], &[("x-id", &*long)], &[("x-id", "1"), ("x-id", "2")]]
    {
        assert_eq!(delivery_id(Some(&webhook), &post(headers, "a")), digest);
    }
}

proptest! {
    #[test]
    fn two_requests_have_one_name_only_if_they_are_the_same(
        a in proptest::array::uniform3("[ab]{0,3}"),
        b in proptest::array::uniform3("[ab]{0,3}"),
    ) {
        let name = |[path, query, body]: &[String; 3]| {
            let (path, query) = (path.clone(), query.clone());
            delivery_id(None, &Incoming { path, query, ..post(&[], body) })
        };
        prop_assert_eq!(name(&a) == name(&b), a == b);
    }
}
