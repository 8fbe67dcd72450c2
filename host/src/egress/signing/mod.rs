//! Signatures on the way out: over an assertion about who asks, or over each request.
//!
//! Pure functions of a request, a key and a time. Never shows a key.

mod jwt;
mod oauth1;
mod template;

pub use jwt::{Jwt, JwtIssuer};
pub use oauth1::OAuth1;
pub use template::Template;
