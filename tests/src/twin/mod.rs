//! Twins: little servers that behave as a vendor's API does, on 127.0.0.1.
//!
//! Owns what all twins share: the port, the record of what was asked, and faults on demand.
//! Promises that a request which the twin does not know, or which breaks the vendor's own
//! description, is remembered until a test asks. Never leaves the machine.

pub mod authority;
pub mod entries;
mod exchange;
mod fault;
mod generic;
pub mod identity;
mod journal;
mod openapi;
mod pipedrive;
mod server;
mod xero;

use std::{fmt, io, sync::Arc};

use http::{Method, StatusCode};

pub use exchange::{Ask, Reply, Vendor};
pub use generic::{Effect, Generic, GenericTwin, Moment};
pub use journal::{Asked, Outcome, REQUESTS_KEPT};
pub use openapi::{Description, SpecError, specs_dir};
pub use pipedrive::{
    Notice, PIPEDRIVE_RETRIES_MS, Pipedrive, PipedriveAccount, PipedriveTwin, WonDeal,
};
pub use xero::{
    Change, XERO_RETRIES_MS, Xero, XeroAccount, XeroEvent, XeroTwin, intent_to_receive, sign,
};

use exchange::Exchange;
use server::Server;

/// A running twin of the vendor `V`. It stops when it is dropped.
pub struct Twin<V> {
    exchange: Arc<Exchange<V>>,
    server: Server<V>,
}

impl<V: Vendor> Twin<V> {
    /// Starts the vendor on a port of 127.0.0.1; 0 takes a free one.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn launch(vendor: V, port: u16) -> io::Result<Self> {
        let exchange = Arc::new(Exchange::new(vendor));
        let server = Server::start(port, Arc::clone(&exchange)).await?;
        Ok(Self { exchange, server })
    }

    /// Where the twin is, such as `http://127.0.0.1:40123`; it stays the same while it lives.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The vendor's own side: what it holds and its settings.
    pub fn vendor(&self) -> &V {
        &self.exchange.vendor
    }

    /// The next `n` requests are answered `status`, in the vendor's shape, and change nothing.
    ///
    /// # Panics
    /// `status` is not a status of HTTP.
    pub fn fail_next(&self, n: u32, status: u16) {
        // A wrong number is a mistake in the test, which should see it at once.
        let status = StatusCode::from_u16(status).expect("`status` must be from 100 to 999");
        self.exchange.faults.fail_next(n, status);
    }

    /// The next `n` requests are done, and then the connection is closed without an answer.
    pub fn drop_answers(&self, n: u32) {
        self.exchange.faults.drop_answers(n);
    }

    /// The next `n` requests are done, and answered 200 with a body that is not JSON.
    pub fn garbage(&self, n: u32) {
        self.exchange.faults.garbage(n);
    }

    /// From now on every answer waits this long; 0 ends it.
    pub fn delay(&self, delay_ms: u64) {
        self.exchange.faults.delay(delay_ms);
    }

    /// Faults that are counted hit only requests with this method and a path that begins so.
    pub fn aim(&self, method: Method, path_prefix: &str) {
        self.exchange.faults.aim(Some((method, path_prefix.to_owned())));
    }

    /// Faults that are counted hit any request again, and those still to come are forgotten.
    pub fn calm(&self) {
        self.exchange.faults.calm();
    }

    /// Cuts all connections and refuses new ones; what it holds stays.
    pub async fn down(&self) {
        self.server.down().await;
    }

    /// Accepts connections again, on the same port.
    pub async fn up(&self) {
        self.server.up().await;
    }

    /// The last [`REQUESTS_KEPT`] requests, oldest first.
    pub fn requests(&self) -> Vec<Asked> {
        self.exchange.journal.requests()
    }

    /// How many requests came since the start.
    pub fn request_count(&self) -> u64 {
        self.exchange.journal.count()
    }

    /// Forgets the requests so far; what was unexpected or a violation stays.
    pub fn forget_requests(&self) {
        self.exchange.journal.forget();
    }

    /// Requests that matched no route, each as one line.
    pub fn unexpected(&self) -> Vec<String> {
        self.exchange.journal.unexpected()
    }

    /// Where requests or the twin's own answers broke the vendor's description.
    pub fn violations(&self) -> Vec<String> {
        self.exchange.journal.violations()
    }

    /// # Panics
    /// A request matched no route of the twin.
    pub fn assert_no_unexpected(&self) {
        let unexpected = self.unexpected();
        assert!(unexpected.is_empty(), "unexpected requests: {unexpected:#?}");
    }

    /// # Panics
    /// A request or an answer broke the vendor's description.
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "against the vendor's description: {violations:#?}");
    }

    /// From now on holds each request and each answer against the vendor's own description, and
    /// answers whether that is there: without the folder of descriptions it says so and goes on.
    ///
    /// # Panics
    /// A description is there and cannot be read.
    pub fn check_requests(&self) -> bool {
        match Description::load(V::SPECS) {
            Ok(Some(description)) => {
                self.exchange.hold_against(description);
                true
            }
            Ok(None) => false,
            // A broken description would let every test pass.
            Err(error) => panic!("{error}"),
        }
    }
}

impl<V> fmt::Debug for Twin<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twin").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
