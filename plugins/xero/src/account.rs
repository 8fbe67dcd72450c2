//! Whose account it is. `GET /connections` is the cheapest authorised read: it needs no scope and
//! shows at once whether the token is good and whether it opens the chosen organisation.

use jackfield_sdk::{Host, Problem, Request, Tenant};
use serde::Deserialize;

use crate::api;

/// The setting that holds the organisation.
pub(crate) const TENANT: &str = "tenant_id";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    tenant_id: String,
    /// `ORGANISATION` or `PRACTICE`.
    #[serde(default)]
    tenant_type: Option<String>,
    #[serde(default)]
    tenant_name: Option<String>,
}

/// The name of the organisation that the connection is for.
pub(crate) fn check(host: &dyn Host) -> Result<String, Problem> {
    let settings = host.settings();
    let wanted = settings.need(TENANT)?;
    let tenant = tenants(host)?.into_iter().find(|one| one.id.eq_ignore_ascii_case(wanted));
    tenant.map(|tenant| tenant.label).ok_or_else(|| {
        Problem::invalid(format!(
            "the token does not open the organisation `{wanted}`; choose another `{TENANT}`, or \
             connect with a login that has it"
        ))
    })
}

/// The organisations that the token opens; practices have no invoices and are left out.
pub(crate) fn tenants(host: &dyn Host) -> Result<Vec<Tenant>, Problem> {
    let connections: Vec<Connection> = api::call(host, Request::get(api::CONNECTIONS))?;
    let organisations = connections
        .into_iter()
        .filter(|one| one.tenant_type.as_deref().is_none_or(|kind| kind == "ORGANISATION"));
    let tenant = |one: Connection| {
        let label = one.tenant_name.unwrap_or_else(|| one.tenant_id.clone());
        Tenant { id: one.tenant_id, label }
    };
    Ok(organisations.map(tenant).collect())
}

#[cfg(test)]
mod tests {
    use jackfield_sdk::{FakeHost, Reply, code};

    use super::*;

    fn host(tenant: &str) -> FakeHost {
        let body = include_str!("../fixtures/connections.json");
        FakeHost::new().setting(TENANT, tenant).on_reply(
            "GET",
            api::CONNECTIONS,
            Reply::new(200).body(body),
        )
    }

    #[test]
    fn the_label_is_the_name_of_the_chosen_organisation() {
        let host = host("7B2D4D0E-3C38-4F0F-9E39-2F5F0B7B8A11");
        assert_eq!(check(&host).unwrap(), "Example Trading Ltd");
    }

    #[test]
    fn a_token_for_other_organisations_is_told_from_a_bad_token() {
        let problem = check(&host("00000000-0000-0000-0000-000000000000")).unwrap_err();
        assert!(problem.is(code::INVALID));
        let refused = FakeHost::new().setting(TENANT, "any").on_reply(
            "GET",
            api::CONNECTIONS,
            Reply::new(401).body(r#"{"Title":"Unauthorized","Status":401}"#),
        );
        assert!(check(&refused).unwrap_err().is(code::UNAUTHORIZED));
    }

    #[test]
    fn a_sign_in_that_opens_nothing_lists_nothing() {
        let none = FakeHost::new().on_reply("GET", api::CONNECTIONS, Reply::new(200).body("[]"));
        assert!(tenants(&none).unwrap().is_empty());
    }

    #[test]
    fn what_is_listed_needs_no_choice_before() {
        let body = include_str!("../fixtures/connections.json");
        let reply = Reply::new(200).body(body);
        let host = FakeHost::new().on_reply("GET", api::CONNECTIONS, reply);
        let ids: Vec<_> = tenants(&host).unwrap().into_iter().map(|tenant| tenant.id).collect();
        assert!(ids.contains(&"7b2d4d0e-3c38-4f0f-9e39-2f5f0b7b8a11".to_owned()), "{ids:?}");
    }

    #[test]
    fn practices_are_left_out() {
        let labels: Vec<_> =
            tenants(&host("any")).unwrap().into_iter().map(|tenant| tenant.label).collect();
        assert_eq!(labels, ["Example Trading Ltd", "Example Holdings Ltd"]);
    }

    #[test]
    fn no_organisation_chosen_is_said_before_anything_is_sent() {
        let host = FakeHost::new();
        assert!(check(&host).unwrap_err().is(code::INVALID));
        assert!(host.sent().is_empty());
    }
}
