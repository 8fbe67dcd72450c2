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
    connections::{Choice, Live, Query, SignedIn},
    oauth::{CALLBACK, Progress, Tenant},
};

/// The longest query that is read, in bytes: codes of some vendors are long.
const QUERY_BYTES_MAX: usize = 16 << 10;

/// The most organisations that the page names.
const TENANTS_SHOWN: usize = 20;

/// Whether a request is of somebody who comes back.
pub(super) fn is_for(request: &Request<Body>) -> bool {
    request.uri().path() == CALLBACK
}

impl Ingress {
    /// Takes somebody back, and says on a page what became of it.
    pub(super) async fn come_back(&self, request: Request<Body>) -> Reply {
        let query = request.uri().query().unwrap_or_default();
        if request.method() != Method::GET || query.len() > QUERY_BYTES_MAX {
            let text = "A sign-in ends with a GET and a short query.";
            return Reply::page(StatusCode::BAD_REQUEST, "That is no sign-in", text);
        }
        let query: Query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // What a vendor gives for a code it gives once: whoever came back may close the page.
        let ingress = self.clone();
        let taken = tokio::spawn(async move { ingress.take_back(query).await });
        taken.await.unwrap_or_else(|_| {
            let text = "The host broke off. Begin again.";
            Reply::page(StatusCode::INTERNAL_SERVER_ERROR, "Not signed in", text)
        })
    }

    async fn take_back(&self, query: Query) -> Reply {
        match self.0.connections.come_back(&query).await {
            Ok(signed_in) => self.welcome(signed_in).await,
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

    /// Sees what the sign-in opens, proves that the connection works now, where its connector can
    /// tell, and says whose account it is.
    async fn welcome(&self, signed_in: SignedIn) -> Reply {
        let name = signed_in.live.connection.name.clone();
        let before = signed_in.live.account();
        let (live, unsettled) = self.settled(signed_in).await;
        let (account, trouble) = match live.choice() {
            Some(choice) => (None, Some(unsettled.unwrap_or_else(|| told(&name, &choice)))),
            None => self.checked(&live).await,
        };
        let was = before.filter(|was| account.as_ref().is_some_and(|now| now != was));
        let other = was.as_ref().map(|was| format!(" Before it was {was}.")).unwrap_or_default();
        let text = match (&account, &trouble) {
            (Some(label), _) => format!("`{name}` is connected to {label}.{other}"),
            (None, None) => format!("`{name}` is connected."),
            (None, Some(why)) => format!("`{name}` is signed in, but does not work yet: {why}."),
        };
        tracing::info!(connection = name, account, was, trouble, "signed in");
        self.0.connections.note(&name, Progress::Done { account, was, trouble });
        Reply::page(StatusCode::OK, "Signed in", &format!("{text} You can close this page."))
    }

    /// Has the connector list what the sign-in opens, where there is something to choose: the
    /// connection as it is then, and why that is not known.
    async fn settled(&self, signed_in: SignedIn) -> (Arc<Live>, Option<String>) {
        let SignedIn { live, auth, look } = signed_in;
        if look.is_none() {
            return (live, None);
        }
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let listed = match self.0.runtime.tenants(package, live.window(), limits).await.result {
            Ok(listed) => listed,
            Err(fault) => return (live, Some(fault.to_string())),
        };
        let listed = listed.into_iter().map(|one| Tenant { id: one.id, label: one.label });
        let name = &live.connection.name;
        match self.0.connections.settle(name, &auth, listed.collect()).await {
            Ok(settled) => (settled, None),
            Err(error) => (live, Some(error.to_string())),
        }
    }

    /// The account's own name, or why the connection does not work.
    async fn checked(&self, live: &Arc<Live>) -> (Option<String>, Option<String>) {
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let label = match self.0.runtime.check(package, live.window(), limits).await.result {
            Ok(label) => label,
            Err(fault) if fault.code == "no-role" => return (None, None),
            Err(fault) => return (None, Some(fault.to_string())),
        };
        if let Err(error) = live.label(&label).await {
            let name = &live.connection.name;
            tracing::warn!(connection = name, %error, "the account's name is not kept");
        }
        (Some(label), None)
    }
}

/// Why a person has to choose, among what, and how.
fn told(name: &str, choice: &Choice) -> String {
    let why = choice.why();
    let tenants = choice.tenants.as_deref().unwrap_or_default();
    if tenants.is_empty() {
        return why;
    }
    let shown: Vec<String> = tenants
        .iter()
        .take(TENANTS_SHOWN)
        .map(|one| format!("{} ({})", one.label, one.id))
        .collect();
    let more = if tenants.len() > shown.len() { ", and more" } else { "" };
    let (param, shown) = (&choice.param, shown.join(", "));
    format!(
        "{why}. It opens {shown}{more}. Say which: `jackfield connection set {name} --set \
         {param}=ID`"
    )
}
