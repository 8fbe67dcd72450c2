//! The canonical records: the JSON Schemas (draft 2020-12) that connectors speak, so that a flow
//! reads the same whichever system is behind it.
//!
//! Each schema is known as `model:<name>`, which is its `$id` and how others refer to it. Money
//! and quantities are decimal text, never JSON numbers; days are `YYYY-MM-DD`, instants RFC 3339
//! in UTC; a member that is null reads as absent; what a schema has no room for is under `ext`.
//! This crate holds the texts and does no validation.

mod roles;

pub use roles::{Promise, ROLES, Role, Takes, role};

/// What stands before a name wherever a schema is referred to: `model:contact`.
pub const SCHEME: &str = "model:";

/// Every schema, by name, in the order of the names.
const SCHEMAS: [(&str, &str); 21] = [
    ("bill", include_str!("../schemas/bill.json")),
    ("contact", include_str!("../schemas/contact.json")),
    ("deal", include_str!("../schemas/deal.json")),
    ("employee", include_str!("../schemas/employee.json")),
    ("feedback_request", include_str!("../schemas/feedback_request.json")),
    ("file", include_str!("../schemas/file.json")),
    ("folder", include_str!("../schemas/folder.json")),
    ("invoice", include_str!("../schemas/invoice.json")),
    ("message", include_str!("../schemas/message.json")),
    ("milestone", include_str!("../schemas/milestone.json")),
    ("order", include_str!("../schemas/order.json")),
    ("organisation", include_str!("../schemas/organisation.json")),
    ("payment", include_str!("../schemas/payment.json")),
    ("pick_list", include_str!("../schemas/pick_list.json")),
    ("product", include_str!("../schemas/product.json")),
    ("project", include_str!("../schemas/project.json")),
    ("purchase_order", include_str!("../schemas/purchase_order.json")),
    ("report", include_str!("../schemas/report.json")),
    ("stock_level", include_str!("../schemas/stock_level.json")),
    ("task", include_str!("../schemas/task.json")),
    ("time_entry", include_str!("../schemas/time_entry.json")),
];

/// The JSON text of the schema of this name, such as `contact`; with or without [`SCHEME`].
///
/// ```
/// assert!(jackfield_model::schema("invoice").is_some());
/// assert_eq!(jackfield_model::schema("model:deal"), jackfield_model::schema("deal"));
/// assert_eq!(jackfield_model::schema("wish"), None);
/// ```
#[must_use]
pub fn schema(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix(SCHEME).unwrap_or(name);
    SCHEMAS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all schemas, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests;
