//! Where in a list one is, and where it goes on.

use jackfield_sdk::Problem;
use jackfield_vocabulary::{Jq, Paging, Request};
use serde::{Deserialize, Serialize};

use crate::{
    desk::{Desk, Vars},
    json,
    reply::Read,
    send,
};

/// A list that comes in pages.
pub(crate) struct Paged<'a> {
    /// The key of the manifest that says where the items are.
    pub(crate) what: &'a str,
    pub(crate) request: &'a Request,
    pub(crate) items: Option<&'a Jq>,
    pub(crate) paging: Option<&'a Paging>,
}

/// The items of a page, and where the list goes on.
pub(crate) type Items = (Vec<String>, Option<At>);

impl Paged<'_> {
    /// The items of the page at `at`, and where the list goes on; none where the system has no
    /// such list.
    pub(crate) fn fetch(
        &self,
        desk: &Desk<'_>,
        at: &At,
        vars: Vars<'_>,
    ) -> Result<Option<Items>, Problem> {
        let page = at.vars(self.paging);
        let vars: Vec<_> = vars.iter().copied().chain([("page", page.as_str())]).collect();
        let mut request = send::made(desk, self.request, None, "null", &vars)?;
        if let Some(url) = &at.url {
            request.url.clone_from(url);
        }
        let read = send::answered(desk, desk.host.send(request)?, &[])?;
        let Some(read) = read else { return Ok(None) };
        let items = desk.maybe(self.what, self.items, ".", &read.body, &vars)?;
        let items = json::items(&items, &format!("`{}`", self.what))?;
        let next = at.next(desk, self.paging, &read, items.len())?;
        Ok(Some((items, next)))
    }
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct At {
    /// What the reply before named, as JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) cursor: Option<String>,
    /// The URL of the page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) url: Option<String>,
    /// How many records, or pages, are before it.
    #[serde(default)]
    pub(crate) passed: u64,
}

impl At {
    /// `$page`.
    pub(crate) fn vars(&self, paging: Option<&Paging>) -> String {
        let size = paging.and_then(Paging::size).map_or("null".to_owned(), |size| size.to_string());
        let passed = self.passed.to_string();
        let number = match paging {
            Some(Paging::Page { first, .. }) => (u64::from(*first) + self.passed).to_string(),
            _ => "null".to_owned(),
        };
        let offset = match paging {
            Some(Paging::Offset { .. }) => passed.as_str(),
            _ => "null",
        };
        json::object([
            ("cursor", self.cursor.as_deref().unwrap_or("null")),
            ("offset", offset),
            ("number", number.as_str()),
            ("size", size.as_str()),
        ])
    }

    /// Where the list goes on after a page of `count` records; none at its end.
    pub(crate) fn next(
        &self,
        desk: &Desk<'_>,
        paging: Option<&Paging>,
        read: &Read,
        count: usize,
    ) -> Result<Option<Self>, Problem> {
        let (about, page) = (read.about(), self.vars(paging));
        let vars = [("reply", about.as_str()), ("page", page.as_str())];
        let named = |next| desk.value("paging.next", next, &read.body, &vars);
        let next = match paging {
            None => return Ok(None),
            Some(Paging::Cursor { next, .. }) => {
                let cursor = named(next)?;
                json::some(&cursor).map(|_| Self { cursor: Some(cursor), ..Self::default() })
            }
            Some(Paging::Url { next, .. }) => {
                json::some(&named(next)?).map(|url| Self { url: Some(url), ..Self::default() })
            }
            Some(Paging::Link { .. }) => {
                let url = read.reply.get_header("link").and_then(next_link);
                url.map(|url| Self { url: Some(url), ..Self::default() })
            }
            Some(Paging::Offset { size, more } | Paging::Page { size, more, .. }) => {
                let is_more = match more {
                    Some(more) => {
                        json::holds(&desk.value("paging.more", more, &read.body, &vars)?)
                    }
                    None => count >= *size as usize,
                };
                let by = if matches!(paging, Some(Paging::Page { .. })) { 1 } else { count as u64 };
                // A page without records, or one that ends nothing, would go on for ever.
                (is_more && count > 0).then(|| Self { passed: self.passed + by, ..Self::default() })
            }
        };
        if next.as_ref() == Some(self) {
            let message = "the system names the same page again as the next one";
            return Err(Problem::unavailable(message));
        }
        Ok(next)
    }
}

/// The URL of `rel="next"` in a header `link` (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (url, after) = after.split_once('>')?;
        // The parameters of this link end where the next one begins.
        let parameters = after.split_once(",<").or_else(|| after.split_once(", <"));
        let parameters = parameters.map_or(after, |(this, _)| this);
        let is_next = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.trim().split_once('=').unwrap_or_default();
            let value = value.trim().trim_matches('"');
            name.trim() == "rel" && value.split(' ').any(|one| one.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(url.to_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let header =
            r#"<https://a.example/x?page=1>; rel="prev", <https://a.example/x?p=3,4>; rel="next""#;
        assert_eq!(next_link(header).as_deref(), Some("https://a.example/x?p=3,4"));
        assert_eq!(next_link(r#"<https://a.example/>; rel="last""#), None);
        assert_eq!(next_link("nonsense <"), None);
    }
}
