//! What stands in the place of a credential: nothing but the headers that it fills, so that a
//! connector which fills one of them itself is refused as it is in a host.

use std::sync::Arc;

use jackfield_registry::manifest::{Auth, Placement};

use crate::egress::{self, EgressError, Issued, Issuer, Issuing};

/// The headers of an `[auth.NAME]`.
#[derive(Debug)]
struct Held(Vec<String>);

/// The stand-in of an `[auth.NAME]`; none where it fills no header that is known beforehand.
pub(super) fn held(auth: &Auth) -> Option<egress::Auth> {
    let header = match auth {
        Auth::Bearer { .. } | Auth::Basic { .. } | Auth::OAuth1(_) => "authorization",
        Auth::ApiKey { placement: Placement::Header, name, .. } => name,
        _ => return None,
    };
    Some(egress::Auth::Issued(Arc::new(Held(vec![header.to_ascii_lowercase()]))))
}

impl Issuer for Held {
    fn headers(&self) -> Vec<String> {
        self.0.clone()
    }

    fn refuses(&self, _status: u16) -> bool {
        false
    }

    /// Nobody asks: what is answered within the process is shown no credential.
    fn issue(&self) -> Issuing<'_, Issued> {
        Box::pin(async { Err(EgressError::Credential) })
    }

    fn anew(&self, _refused: &Issued) -> Issuing<'_, Option<Issued>> {
        Box::pin(async { Ok(None) })
    }
}
