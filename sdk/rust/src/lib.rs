//! Write a Jackfield connector in Rust.
//!
//! A connector is a type that implements the roles that its system has, and one line that
//! exports them. Everything that reaches outwards goes through [`Host`], so that the same code
//! runs in the sandbox and, with [`FakeHost`], in plain `cargo test`.
//!
//! ```
//! use jackfield_sdk::prelude::*;
//!
//! /// A system whose webhooks carry a whole order.
//! pub struct Shop;
//!
//! impl Webhooks for Shop {
//!     fn parse(_host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
//!         #[derive(Deserialize)]
//!         struct Order { id: u64, total: Decimal }
//!
//!         let order: Order = delivery.json()?;
//!         let record = json!({ "id": order.id.to_string(), "total": order.total });
//!         Ok(vec![Event::new("order.paid", format!("order:{}:paid", order.id)).value(record)])
//!     }
//! }
//!
//! jackfield_sdk::connector!(Shop: webhooks);
//!
//! let delivery = Delivery::post(r#"{"id": 7, "total": 10.50}"#);
//! let events = Shop::parse(&FakeHost::new(), delivery).unwrap();
//! assert_eq!(events[0].key, "order:7:paid");
//! assert_eq!(events[0].record["total"], "10.5");
//! ```
//!
//! Where to look: [`roles`] is what a connector can be, [`Host`] what it is offered,
//! [`Request`] and [`Reply`] are HTTP, [`Problem`] is every failure, [`Decimal`] is money.
//!
//! What a connector never does: hold a credential (the host attaches it), look at the system
//! clock (ask [`Host::now_ms`]), or keep money in a float.

mod decimal;
mod delivery;
mod encoding;
mod event;
#[cfg(not(target_family = "wasm"))]
mod fake;
mod header;
mod host;
mod macros;
mod problem;
mod records;
mod reply;
mod request;
pub mod roles;
mod settings;
mod time;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod wasm;

pub use decimal::{Decimal, DecimalError, as_number};
pub use delivery::Delivery;
pub use encoding::encode;
pub use event::{Call, Event};
#[cfg(not(target_family = "wasm"))]
pub use fake::{FakeHost, LogLine};
pub use header::Header;
pub use host::{Algorithm, Host, Level};
pub use problem::{Problem, code};
pub use records::{Page, Query, Subscription, Tenant};
pub use reply::Reply;
pub use request::Request;
pub use settings::Settings;
pub use time::{rfc3339, rfc3339_ms};

/// Reading and writing types as data.
pub use serde;
/// JSON values and text.
pub use serde_json;

/// What nearly every connector uses.
pub mod prelude {
    #[cfg(not(target_family = "wasm"))]
    pub use crate::FakeHost;
    pub use crate::roles::{
        Account, Actions, Authenticator, Records, Subscriptions, Verdict, Webhooks,
    };
    pub use crate::{
        Algorithm, Call, Decimal, Delivery, Event, Host, Level, Page, Problem, Query, Reply,
        Request, Settings, Subscription, Tenant,
    };
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::{Value, json};
}
