//! The same connector for a system at which a person signs in: it can tell whose account it is.

use jackfield_guests::orders::Orders;

jackfield_sdk::connector!(Orders: webhooks, actions, account);
