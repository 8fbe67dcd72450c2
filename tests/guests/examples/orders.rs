//! The connector of `jackfield_guests::orders` as a component.

use jackfield_guests::orders::Orders;

jackfield_sdk::connector!(Orders: webhooks, actions);
