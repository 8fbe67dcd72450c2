//! Roles: what a connector that fills one must have, so that a flow can go through another of the
//! same role by changing one name.
//!
//! A contract grows with the connectors that fill its role; it has what each of them can do, and
//! nothing that one vendor alone has. `connector test` holds connectors to it.

/// The contract of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// Such as `accounting`.
    pub name: &'static str,
    /// What it can do.
    pub actions: &'static [Promise],
    /// What it tells of: the kind of event, and the canonical record that it carries.
    pub events: &'static [(&'static str, &'static str)],
}

/// An action that a role promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Such as `invoice.create`.
    pub action: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The canonical record that it gives.
    pub gives: &'static str,
}

/// What a promised action takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// The canonical record that it gives.
    Record,
    /// `{ id }` of one.
    Id,
}

const fn takes(action: &'static str, takes: Takes, gives: &'static str) -> Promise {
    Promise { action, takes, gives }
}

/// Every contract, in the order of the names. A role that is not here has none yet, since no
/// connector has shown what it should be.
pub const ROLES: [Role; 5] = [
    Role {
        name: "accounting",
        actions: &[
            takes("contact.upsert", Takes::Record, "contact"),
            takes("invoice.create", Takes::Record, "invoice"),
            takes("invoice.get", Takes::Id, "invoice"),
        ],
        events: &[],
    },
    Role {
        name: "commerce",
        actions: &[
            takes("contact.get", Takes::Id, "contact"),
            takes("contact.upsert", Takes::Record, "contact"),
            takes("order.get", Takes::Id, "order"),
            takes("product.get", Takes::Id, "product"),
            takes("stock_level.set", Takes::Record, "stock_level"),
        ],
        events: &[("order.created", "order"), ("order.paid", "order")],
    },
    Role {
        name: "crm",
        actions: &[
            takes("contact.get", Takes::Id, "contact"),
            takes("contact.upsert", Takes::Record, "contact"),
            takes("deal.create", Takes::Record, "deal"),
            takes("deal.get", Takes::Id, "deal"),
            takes("deal.update", Takes::Record, "deal"),
            takes("organisation.get", Takes::Id, "organisation"),
            takes("organisation.upsert", Takes::Record, "organisation"),
        ],
        events: &[
            ("contact.updated", "contact"),
            ("deal.updated", "deal"),
            ("deal.won", "deal"),
            ("organisation.updated", "organisation"),
        ],
    },
    Role {
        name: "messaging",
        actions: &[takes("message.send", Takes::Record, "message")],
        events: &[("message.received", "message")],
    },
    Role {
        name: "projects",
        actions: &[
            takes("project.create", Takes::Record, "project"),
            takes("project.get", Takes::Id, "project"),
            takes("task.create", Takes::Record, "task"),
            takes("task.get", Takes::Id, "task"),
            takes("task.upsert", Takes::Record, "task"),
        ],
        events: &[("task.updated", "task")],
    },
];

/// The contract of a role; none if it has none yet.
///
/// ```
/// let crm = jackfield_model::role("crm").unwrap();
/// assert!(crm.events.contains(&("deal.won", "deal")));
/// assert_eq!(jackfield_model::role("files"), None);
/// ```
#[must_use]
pub fn role(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name == name)
}
