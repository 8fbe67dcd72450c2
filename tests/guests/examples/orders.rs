//! The connector of `jackfield_guests::orders` as a component.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use jackfield_guests::orders::Orders;

jackfield_sdk::connector!(Orders: webhooks, actions);
