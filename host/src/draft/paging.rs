//! How a list goes on, guessed from the names of what it takes and gives.
//!
//! Promises words that a manifest takes. Where nothing is recognised, it says so.

use serde_json::Value;

use super::{
    document::{Document, Parameter},
    schema::path,
    toml::string,
};

/// The most records of a page that are asked for.
const SIZE_MAX: u64 = 100;
/// The names of how many records a page has.
const SIZES: [&str; 10] = [
    "limit",
    "pagesize",
    "perpage",
    "size",
    "count",
    "maxresults",
    "maxpagesize",
    "top",
    "take",
    "pagelimit",
];
/// The names of where a page begins, by the way in which the list goes on.
const CURSORS: [&str; 11] = [
    "cursor",
    "pagecursor",
    "pagetoken",
    "nexttoken",
    "nextpagetoken",
    "startingafter",
    "after",
    "continuationtoken",
    "nextcursor",
    "pagestoken",
    "marker",
];
const OFFSETS: [&str; 5] = ["offset", "skip", "start", "startat", "startindex"];
const PAGES: [&str; 4] = ["page", "pagenumber", "pageno", "pagenum"];
/// Where an answer has the name of the next page.
const NEXTS: [&str; 9] = [
    "next_cursor",
    "nextpagetoken",
    "next_page_token",
    "nexttoken",
    "next_token",
    "cursor",
    "next_page",
    "next",
    "after",
];
/// What an answer keeps such things in.
const AROUND: [&str; 8] = [
    "pagination",
    "paging",
    "meta",
    "links",
    "response_metadata",
    "_links",
    "page_info",
    "payload",
];

/// A guess.
#[derive(Debug, Default)]
pub(super) struct Paging {
    /// What the request takes: `after={$page.cursor}`, each with its name.
    pub(super) query: Vec<(String, String)>,
    /// `paging = { … }`, or what is to be decided.
    pub(super) line: String,
}

/// Guesses from a list's parameters, its answer, and where the records are in it.
pub(super) fn guess(
    document: &Document,
    parameters: &[Parameter<'_>],
    answer: &Value,
    items: &str,
) -> Paging {
    let named = |names: &[&str]| {
        let query = parameters.iter().filter(|one| one.place == "query" && is_plain(one.name));
        query.into_iter().find(|one| names.contains(&bare(one.name).as_str()))
    };
    let size = named(&SIZES);
    let most = size.and_then(|one| one.schema["maximum"].as_u64()).unwrap_or(SIZE_MAX);
    let most = most.clamp(1, SIZE_MAX);
    let mut query: Vec<(String, String)> = Vec::new();
    let next = next_in(document, answer);
    let sized = |size: Option<&Parameter<'_>>| match size {
        Some(_) => format!(", size = {most}"),
        None => String::new(),
    };
    let line = if let Some(cursor) = named(&CURSORS) {
        query.push((cursor.name.into(), "{$page.cursor}".into()));
        let next = match bare(cursor.name).as_str() {
            "startingafter" => {
                let items = if items == "." { "." } else { items };
                Some(format!("if .has_more then ({items} | last | .id) else null end"))
            }
            _ => next,
        };
        match next {
            Some(next) if next.contains("links") => {
                query.clear();
                url(&next, &sized(size))
            }
            Some(next) => {
                format!(
                    "paging = {{ kind = \"cursor\", next = {}{} }}\n",
                    string(&next),
                    sized(size)
                )
            }
            None => {
                let unknown = "# DECIDE: where the answer names the next page.\n";
                format!(
                    "{unknown}paging = {{ kind = \"cursor\", next = \".next\"{} }}\n",
                    sized(size)
                )
            }
        }
    } else if let Some(page) = named(&PAGES) {
        query.push((page.name.into(), "{$page.number}".into()));
        let first = page.schema["default"].as_u64().filter(|first| *first == 0);
        let first = first.map(|_| ", first = 0").unwrap_or_default();
        format!("paging = {{ kind = \"page\", size = {most}{first} }}\n")
    } else if let Some(offset) = named(&OFFSETS) {
        query.push((offset.name.into(), "{$page.offset}".into()));
        format!("paging = {{ kind = \"offset\", size = {most} }}\n")
    } else if let Some(next) = next.filter(|next| next.contains("link") || next == ".next") {
        url(&next, &sized(size))
    } else {
        return Paging {
            query: Vec::new(),
            line: "# DECIDE: how the list goes on; without `paging` its first page is all.\n"
                .into(),
        };
    };
    if let Some(size) = size {
        query.push((size.name.into(), "{$page.size}".into()));
    }
    Paging { query, line }
}

fn url(next: &str, size: &str) -> String {
    format!("paging = {{ kind = \"url\", next = {}{size} }}\n", string(next))
}

/// Where an answer has the name of the next page.
fn next_in(document: &Document, answer: &Value) -> Option<String> {
    let find = |members: &serde_json::Map<String, Value>| {
        let names = NEXTS.iter().filter_map(|name| {
            members.keys().find(|key| key.to_ascii_lowercase() == *name).cloned()
        });
        names.into_iter().next()
    };
    let members = document.members(answer);
    for around in AROUND {
        let Some((key, inner)) = members.iter().find(|(key, _)| key.to_lowercase() == around)
        else {
            continue;
        };
        if let Some(name) = find(&document.members(inner)) {
            return Some(format!("{}{}", path(key), path(&name)));
        }
    }
    find(&members).map(|name| path(&name))
}

/// A parameter's name without what is written differently everywhere.
fn bare(name: &str) -> String {
    let name = name.strip_prefix("page[").and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether a name can stand in a request as it is.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._$[]".contains(&b);
    !name.is_empty() && name.bytes().all(plain)
}
