//! Whose account it is, and which organisations a sign-in opens.

use jackfield_sdk::{Problem, Tenant};
use jackfield_vocabulary::{Health, Paging, Request, Tenants};

use crate::{
    desk::Desk,
    json,
    page::{At, Paged},
    send,
};

/// The most pages of a list that is read as a whole.
pub(crate) const PAGES_MAX: usize = 20;

/// Proves that the connection works; answers what the account is called.
pub(crate) fn check(desk: &Desk<'_>) -> Result<String, Problem> {
    #[derive(serde::Deserialize)]
    struct Connector {
        title: String,
    }
    let title = desk.block::<Connector>(&["connector"])?.map_or_else(String::new, |c| c.title);
    let Some(health) = desk.block::<Health>(&["health"])? else { return Ok(title) };
    let request = match (health.request, health.path) {
        (Some(request), _) => send::made(desk, &request, None, "null", &[])?,
        (None, Some(path)) => {
            jackfield_sdk::Request::get(format!("{}{path}", desk.first_origin()?))
        }
        (None, None) => return Ok(title),
    };
    let read = send::answered(desk, desk.host.send(request)?, &[])?;
    let body = read.map_or("null".into(), |read| read.body);
    let label = match &health.label {
        Some(label) => json::some(&desk.value("label` in `[health]", label, &body, &[])?),
        None => None,
    };
    Ok(label.unwrap_or(title))
}

/// The organisations that the sign-in opens.
pub(crate) fn tenants(desk: &Desk<'_>) -> Result<Vec<Tenant>, Problem> {
    let Some(tenants) = desk.block::<Tenants>(&["tenants"])? else { return Ok(Vec::new()) };
    let Some(request) = &tenants.request else { return Ok(Vec::new()) };
    let items = all(desk, "tenants", request, tenants.items.as_ref(), tenants.paging.as_ref())?;
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        let id = desk.maybe("id` in `[tenants]", tenants.id.as_ref(), ".id", &item, &[])?;
        let label = tenants.label.as_ref();
        let label = desk.maybe("label` in `[tenants]", label, ".name", &item, &[])?;
        let id = json::some(&id).ok_or_else(|| {
            Problem::unavailable("the system lists an organisation without an id; try again")
        })?;
        let label = json::some(&label).unwrap_or_else(|| id.clone());
        found.push(Tenant { id, label });
    }
    Ok(found)
}

/// All items of a list that is short.
pub(crate) fn all(
    desk: &Desk<'_>,
    block: &str,
    request: &Request,
    items: Option<&jackfield_vocabulary::Jq>,
    paging: Option<&Paging>,
) -> Result<Vec<String>, Problem> {
    let what = format!("items` in `[{block}]");
    let paged = Paged { what: &what, request, items, paging };
    let mut all = Vec::new();
    let mut at = At::default();
    for _ in 0..PAGES_MAX {
        let Some((some, next)) = paged.fetch(desk, &at, &[])? else { return Ok(all) };
        all.extend(some);
        match next {
            Some(next) => at = next,
            None => return Ok(all),
        }
    }
    Err(Problem::rejected(format!("the list of `[{block}]` has more than {PAGES_MAX} pages")))
}
