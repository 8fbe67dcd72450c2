//! What the twin can do: each action, the kind of record that it is about, and how a repeat of it
//! is taken.

/// How an action works, and what becomes of a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Reads the one record whose field is as in the input.
    Get(&'static str),
    /// Reads the records whose fields are as in the input; `from` and `to` are days.
    List,
    /// Makes one; the same key in the header gets the same answer.
    Header,
    /// Makes one; the same key in the body gets the same answer.
    Field,
    /// Makes one, or brings the one up to date whose fields are as in the input.
    Upsert(&'static [&'static str]),
    /// Changes the record with this id.
    Change,
    /// Makes one each time; what was made can be searched for by these fields.
    Search(&'static [&'static str]),
    /// Makes one each time.
    Bare,
}

impl Way {
    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get(_) | Self::List)
    }

    /// Whether what was made can be searched for.
    pub fn is_searched(self) -> bool {
        matches!(self, Self::Search(_))
    }
}

/// One action.
#[derive(Debug)]
pub struct Act {
    /// Its name.
    pub name: &'static str,
    /// The kind of record that it is about.
    pub entity: &'static str,
    /// How it works.
    pub way: Way,
    /// The state of what it makes; none where the record has none.
    pub status: Option<&'static str>,
}

const fn act(
    name: &'static str,
    entity: &'static str,
    way: Way,
    status: Option<&'static str>,
) -> Act {
    Act { name, entity, way, status }
}

/// Every action.
pub const ACTS: [Act; 26] = [
    act("contact.upsert", "contact", Way::Upsert(&["name", "email"]), None),
    act("contact.get", "contact", Way::Get("id"), None),
    act("deal.update", "deal", Way::Change, None),
    act("invoice.create", "invoice", Way::Header, Some("open")),
    act("invoice.get", "invoice", Way::Get("id"), None),
    act("invoice.list", "invoice", Way::List, None),
    act("payment.list", "payment", Way::List, None),
    act("bill.create", "bill", Way::Field, Some("open")),
    act("report.create", "report", Way::Header, None),
    act("time_entry.list", "time_entry", Way::List, None),
    act("time_entry.update", "time_entry", Way::Change, None),
    act("project.create", "project", Way::Search(&["reference"]), Some("active")),
    act("project.update", "project", Way::Change, None),
    act("team.assign", "place", Way::Upsert(&["project", "employee"]), None),
    act("task.create", "task", Way::Field, Some("open")),
    act("folder.create", "folder", Way::Search(&["parent", "name"]), Some("active")),
    act("file.list", "file", Way::List, None),
    act("file.archive", "file", Way::Change, Some("archived")),
    act("product.get", "product", Way::Get("code"), None),
    act("stock.get", "stock_level", Way::Get("product"), None),
    act("stock.allocate", "order", Way::Search(&["id"]), Some("allocated")),
    act("pick_list.create", "pick_list", Way::Upsert(&["order"]), Some("open")),
    act("purchase_order.create", "purchase_order", Way::Field, Some("sent")),
    act("message.send", "message", Way::Header, Some("sent")),
    act("message.post", "message", Way::Bare, Some("sent")),
    act("feedback.request", "feedback_request", Way::Bare, Some("sent")),
];

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.name == name)
}
