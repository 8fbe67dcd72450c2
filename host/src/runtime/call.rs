//! One call: a fresh store, the limits set, the export run, and what the windows saw handed back.

use tokio::time;
use wasmtime::{Store, component::Instance};

use super::{
    Package, Runtime, RuntimeError,
    fault::{too_slow, trapped},
    limits::{Limits, on_tick},
    sandbox::Sandbox,
};
use crate::{
    backoff::Backoff,
    capabilities::Window,
    contract::{
        Call, Delivery, Event, Page, Problem, Query,
        roles::{account, authenticator::Verdict, subscriptions::Subscription},
    },
    fault::Fault,
    text::{cut, one_line},
};

/// The longest name of an account that is shown, in bytes.
const LABEL_BYTES_MAX: usize = 256;

/// A call that has ended: what came of it, and the windows with what they saw.
#[derive(Debug)]
pub struct Called<T> {
    /// The guest's answer, or why there is none.
    pub result: Result<T, Fault>,
    /// The windows through which the guest looked; none if it was stopped in the middle of a
    /// host function, or never began.
    pub window: Option<Window>,
}

impl<T> Called<T> {
    fn never_began(error: RuntimeError) -> Self {
        Self { result: Err(error.into()), window: None }
    }

    /// A failure knows how what failed is tried again.
    fn tried_by(mut self, backoff: Option<Backoff>) -> Self {
        self.result = self.result.map_err(|fault| fault.tried_by(backoff));
        self
    }
}

/// The body of every method below: find the role or say that it is not there, then run its
/// export in a sandbox.
macro_rules! call {
    ($self:ident, $package:ident . $role:ident, $window:ident, $limits:ident, $export:ident($($arg:expr),*)) => {{
        let Some(indices) = &$package.roles.$role else {
            return Called::never_began(RuntimeError::NoRole(stringify!($role)));
        };
        $self
            .run($package, $window, $limits, async |store: &mut Store<Sandbox>, instance: Instance| {
                indices.load(&mut *store, &instance)?.$export(&mut *store, $($arg),*).await
            })
            .await
    }};
}

impl Runtime {
    /// What a delivery means.
    pub async fn parse(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        delivery: &Delivery,
    ) -> Called<Vec<Event>> {
        call!(self, package.webhooks, window, limits, call_parse(delivery))
    }

    /// Whether a vendor sent a delivery, where data cannot say it.
    pub async fn authenticate(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        delivery: &Delivery,
    ) -> Called<Verdict> {
        call!(self, package.authenticator, window, limits, call_authenticate(delivery))
    }

    /// Does an action.
    pub async fn invoke(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        call: &Call,
    ) -> Called<String> {
        let backoff = window.backoff(&call.action);
        let called = call!(self, package.actions, window, limits, call_invoke(call));
        called.tried_by(backoff)
    }

    /// Asks whether an action already took effect.
    pub async fn recall(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        call: &Call,
    ) -> Called<Option<String>> {
        let backoff = window.backoff(&call.action);
        let called = call!(self, package.actions, window, limits, call_recall(call));
        called.tried_by(backoff)
    }

    /// Proves that a connection works; answers the account's own name, on one line.
    pub async fn check(&self, package: &Package, window: Window, limits: Limits) -> Called<String> {
        let mut called = call!(self, package.account, window, limits, call_check());
        called.result = called.result.map(|label| one_line(&cut(label, LABEL_BYTES_MAX)));
        called
    }

    /// The organisations that a credential opens.
    pub async fn tenants(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
    ) -> Called<Vec<account::Tenant>> {
        call!(self, package.account, window, limits, call_tenants())
    }

    /// The records of an entity that changed since a cursor.
    pub async fn changes(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        query: &Query,
    ) -> Called<Page> {
        call!(self, package.records, window, limits, call_changes(query))
    }

    /// The records of an entity that have all of the given match keys.
    pub async fn find(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        entity: &str,
        keys: &[(String, String)],
    ) -> Called<Vec<String>> {
        call!(self, package.records, window, limits, call_find(entity, keys))
    }

    /// Has the vendor call `url` for some kinds of events; what it then has.
    pub async fn ensure(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        url: &str,
        kinds: &[String],
    ) -> Called<Vec<Subscription>> {
        call!(self, package.subscriptions, window, limits, call_ensure(url, kinds))
    }

    /// What at the vendor calls `url`.
    pub async fn subscriptions(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        url: &str,
    ) -> Called<Vec<Subscription>> {
        call!(self, package.subscriptions, window, limits, call_list_all(url))
    }

    /// Has the vendor call no more by one of those.
    pub async fn unsubscribe(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        id: &str,
    ) -> Called<()> {
        call!(self, package.subscriptions, window, limits, call_remove(id))
    }

    /// Whether a text is an expression, and in which tables it looks something up.
    pub async fn check_expression(
        &self,
        package: &Package,
        limits: Limits,
        expression: String,
    ) -> Called<Vec<String>> {
        let window = Window::shut();
        call!(self, package.expressions, window, limits, call_check(&expression))
    }

    /// Makes one sandbox, so that what a component does as it begins is done within its limits
    /// before anybody relies on it.
    pub async fn try_out(&self, package: &Package, limits: Limits) -> Result<(), RuntimeError> {
        let begun = self.run(package, Window::shut(), limits, async |_, _| Ok(Ok(()))).await;
        begun.result.map_err(|fault| RuntimeError::Begin(fault.to_string()))
    }

    /// A store for one instance, with its limits set.
    pub(super) fn store(&self, window: Window, limits: Limits) -> Store<Sandbox> {
        let mut store = Store::new(&self.0.engine, Sandbox::new(window, limits));
        store.limiter(|sandbox| &mut sandbox.meter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(on_tick);
        store
    }

    /// Runs one export in a sandbox of its own, within its limits.
    async fn run<T>(
        &self,
        package: &Package,
        window: Window,
        limits: Limits,
        export: impl AsyncFnOnce(&mut Store<Sandbox>, Instance) -> wasmtime::Result<Result<T, Problem>>,
    ) -> Called<T> {
        let mut store = self.store(window, limits);
        let call = async {
            let instance = package.roles.instance.instantiate_async(&mut store).await?;
            export(&mut store, instance).await
        };
        let ended = time::timeout(std::time::Duration::from_millis(limits.wall_ms), call).await;
        let result = match ended {
            Err(_elapsed) => Err(too_slow(limits)),
            Ok(Err(error)) => Err(trapped(&error, store.data(), limits)),
            Ok(Ok(answer)) => answer.map_err(Fault::from),
        };
        package.count(&result);
        let mut sandbox = store.into_data();
        sandbox.window.http.close();
        sandbox.tell_stderr();
        Called { result, window: Some(sandbox.window) }
    }
}
