//! Where a person comes back to after a sign-in at a vendor.
//!
//! Promises that whoever comes back with what was not begun here changes nothing, and that
//! nothing of what they brought is shown back to them as it was.

use std::sync::Arc;

use http::{Method, Request, StatusCode};
use hyper::body::Incoming as Body;
use url::form_urlencoded;

use super::{Ingress, Reply};
use crate::{
    capabilities::{Particulars, Window},
    connections::{Live, Query},
    oauth::{CALLBACK, Progress},
};

/// The longest query that is read, in bytes: codes of some vendors are long.
const QUERY_BYTES_MAX: usize = 16 << 10;

/// Whether a request is of somebody who comes back.
pub(super) fn is_for(request: &Request<Body>) -> bool {
    request.uri().path() == CALLBACK
}

impl Ingress {
    /// Takes somebody back, and says on a page what became of it.
    ///
    /// In a task of its own: what was begun is ended, even if the browser does not wait.
    pub(super) async fn come_back(&self, request: Request<Body>) -> Reply {
        let ingress = self.clone();
        let taken = tokio::spawn(async move { ingress.take_back(request).await });
        taken.await.unwrap_or_else(|_| Reply::unavailable())
    }

    async fn take_back(&self, request: Request<Body>) -> Reply {
        let query = request.uri().query().unwrap_or_default();
        if request.method() != Method::GET || query.len() > QUERY_BYTES_MAX {
            let text = "A sign-in ends with a GET and a short query.";
            return Reply::page(StatusCode::BAD_REQUEST, "That is no sign-in", text);
        }
        let query: Query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        match self.0.connections.come_back(&query).await {
            Ok(live) => self.welcome(&live).await,
            Err((name, error)) => {
                let why = error.to_string();
                tracing::warn!(connection = name, why, "a sign-in came to nothing");
                if let Some(name) = name {
                    self.0.connections.note(&name, Progress::Failed { why: why.clone() });
                }
                Reply::page(StatusCode::BAD_REQUEST, "Not signed in", &why)
            }
        }
    }

    /// Proves that the connection works now, where its connector can tell, and says whose account
    /// it is.
    async fn welcome(&self, live: &Arc<Live>) -> Reply {
        let name = &live.connection.name;
        let particulars = Particulars { attempt: 1, ..Particulars::default() };
        let window = Window::open(&live.means, &particulars);
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let (account, trouble) = match self.0.runtime.check(package, window, limits).await.result {
            Ok(label) => (Some(label), None),
            Err(fault) if fault.code == "no-role" => (None, None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        if let Some(label) = &account
            && let Err(error) = live.label(label).await
        {
            tracing::warn!(connection = name, %error, "the account's name is not kept");
        }
        let text = match (&account, &trouble) {
            (Some(label), _) => format!("`{name}` is connected to {label}."),
            (None, None) => format!("`{name}` is connected."),
            (None, Some(why)) => format!("`{name}` is signed in, but does not work yet: {why}"),
        };
        tracing::info!(connection = name, account, trouble, "signed in");
        self.0.connections.note(name, Progress::Done { account, trouble });
        Reply::page(StatusCode::OK, "Signed in", &format!("{text} You can close this page."))
    }
}
