//! Which part of a delivery is for which account, where one URL gets those of all.
//!
//! Owns the division. Promises that each item goes to one account and stays as it was written,
//! byte for byte. Never looks for a connection.

use std::collections::BTreeMap;

use jackfield_registry::manifest::webhook::{Route, RouteAt};
use serde_json::{Value, value::RawValue};

use crate::contract::Delivery;

/// The most accounts of one delivery.
const TENANTS_MAX: usize = 1000;

/// The parts of a delivery's body, by the id of the account; items that name none are under the
/// empty one. None where there are more accounts than a vendor would put together.
pub(super) fn parts(route: &Route, delivery: &Delivery) -> Option<BTreeMap<String, Vec<u8>>> {
    let whole = |tenant: String| Some(BTreeMap::from([(tenant, delivery.body.clone())]));
    let pointer = match &route.at {
        RouteAt::Header(name) => {
            let header =
                delivery.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name.as_str()));
            return whole(header.map(|header| header.value.clone()).unwrap_or_default());
        }
        RouteAt::Json(pointer) => pointer.as_str(),
    };
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(&delivery.body) else {
        let body = String::from_utf8_lossy(&delivery.body);
        return whole(tenant(&body, pointer));
    };
    let mut parts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for item in items {
        parts.entry(tenant(item.get(), pointer)).or_default().push(item.get());
    }
    let array = |items: Vec<&str>| format!("[{}]", items.join(",")).into_bytes();
    let parts: BTreeMap<_, _> =
        parts.into_iter().map(|(tenant, items)| (tenant, array(items))).collect();
    (parts.len() <= TENANTS_MAX).then_some(parts)
}

/// The id of the account in an item; empty where it names none.
fn tenant(item: &str, pointer: &str) -> String {
    let item: Value = serde_json::from_str(item).unwrap_or_default();
    match item.pointer(pointer) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    }
}

/// Whether a setting names this account: a delivery that names none is for the connection at whose
/// endpoint it arrived.
pub(super) fn is_own(setting: Option<&String>, tenant: &str) -> bool {
    tenant.is_empty() || setting.is_none_or(|own| own.is_empty() || own == tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        let text = "param = \"portal\"\njson = \"/portalId\"";
        toml::from_str(text).unwrap()
    }

    fn delivery(body: &str) -> Delivery {
        Delivery {
            id: "d".into(),
            received_at_ms: 0,
            method: "POST".into(),
            path: String::new(),
            query: String::new(),
            headers: Vec::new(),
            body: body.into(),
            ext: Vec::new(),
        }
    }

    #[test]
    fn each_item_goes_to_its_account_as_it_was_written() {
        let body = r#"[{"portalId": 1,"n":1.50}, {"portalId":"2"},{"portalId":1}, {}]"#;
        let parts = parts(&route(), &delivery(body)).unwrap();
        let shown: Vec<_> = parts
            .iter()
            .map(|(tenant, body)| (tenant.as_str(), String::from_utf8_lossy(body).into_owned()))
            .collect();
        assert_eq!(
            shown,
            [
                ("", "[{}]".to_owned()),
                ("1", r#"[{"portalId": 1,"n":1.50},{"portalId":1}]"#.to_owned()),
                ("2", r#"[{"portalId":"2"}]"#.to_owned()),
            ]
        );
    }

    #[test]
    fn what_is_no_array_is_for_one_account_and_what_is_no_json_for_none_by_name() {
        let one = parts(&route(), &delivery(r#"{"portalId": 7}"#)).unwrap();
        assert_eq!(one.keys().collect::<Vec<_>>(), ["7"]);
        let none = parts(&route(), &delivery("{")).unwrap();
        assert_eq!(none.keys().collect::<Vec<_>>(), [""]);
    }
}
