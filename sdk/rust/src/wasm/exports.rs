//! A connector as a component: each role of the contract, answered by the trait of that name.

use std::marker::PhantomData;

use super::WasmHost;
use super::bindings::host::jackfield::connector::types as wit;
use super::bindings::{account, actions, authenticator, records, subscriptions, webhooks};
use crate::roles::{self, Verdict};
use crate::{Subscription, Tenant};

/// The component of the connector `T`.
pub struct Component<T>(PhantomData<T>);

impl<T: roles::Webhooks> webhooks::exports::jackfield::connector::webhooks::Guest for Component<T> {
    fn parse(delivery: wit::Delivery) -> Result<Vec<wit::Event>, wit::Problem> {
        let events = T::parse(&WasmHost, delivery.into())?;
        Ok(events.into_iter().map(Into::into).collect())
    }
}

impl<T: roles::Actions> actions::exports::jackfield::connector::actions::Guest for Component<T> {
    fn invoke(call: wit::Call) -> Result<wit::Json, wit::Problem> {
        Ok(T::invoke(&WasmHost, call.into())?.to_string())
    }

    fn recall(call: wit::Call) -> Result<Option<wit::Json>, wit::Problem> {
        Ok(T::recall(&WasmHost, call.into())?.map(|output| output.to_string()))
    }
}

impl<T: roles::Records> records::exports::jackfield::connector::records::Guest for Component<T> {
    fn changes(query: wit::Query) -> Result<wit::Page, wit::Problem> {
        Ok(T::changes(&WasmHost, query.into())?.into())
    }

    fn find(entity: String, keys: Vec<(String, String)>) -> Result<Vec<wit::Json>, wit::Problem> {
        let found = T::find(&WasmHost, &entity, &keys)?;
        Ok(found.iter().map(ToString::to_string).collect())
    }
}

type WitTenant = account::exports::jackfield::connector::account::Tenant;

impl<T: roles::Account> account::exports::jackfield::connector::account::Guest for Component<T> {
    fn check() -> Result<String, wit::Problem> {
        Ok(T::check(&WasmHost)?)
    }

    fn tenants() -> Result<Vec<WitTenant>, wit::Problem> {
        let tenants = T::tenants(&WasmHost)?;
        Ok(tenants.into_iter().map(|Tenant { id, label }| WitTenant { id, label }).collect())
    }
}

type WitSubscription = subscriptions::exports::jackfield::connector::subscriptions::Subscription;

/// The contract's record of a subscription.
fn wit_subscription(subscription: Subscription) -> WitSubscription {
    let Subscription { id, url, kinds, expires_at_ms } = subscription;
    WitSubscription { id, url, kinds, expires_at_ms }
}

impl<T: roles::Subscriptions> subscriptions::exports::jackfield::connector::subscriptions::Guest
    for Component<T>
{
    fn ensure(url: String, kinds: Vec<String>) -> Result<Vec<WitSubscription>, wit::Problem> {
        let ensured = T::ensure(&WasmHost, &url, &kinds)?;
        Ok(ensured.into_iter().map(wit_subscription).collect())
    }

    fn list_all(url: String) -> Result<Vec<WitSubscription>, wit::Problem> {
        let listed = T::list_all(&WasmHost, &url)?;
        Ok(listed.into_iter().map(wit_subscription).collect())
    }

    fn remove(id: String) -> Result<(), wit::Problem> {
        Ok(T::remove(&WasmHost, &id)?)
    }
}

type WitVerdict = authenticator::exports::jackfield::connector::authenticator::Verdict;

impl<T: roles::Authenticator> authenticator::exports::jackfield::connector::authenticator::Guest
    for Component<T>
{
    fn authenticate(delivery: wit::Delivery) -> Result<WitVerdict, wit::Problem> {
        Ok(match T::authenticate(&WasmHost, delivery.into())? {
            Verdict::Genuine => WitVerdict::Genuine,
            Verdict::Forged => WitVerdict::Forged,
        })
    }
}
