//! The records that a description tells of: paths that belong together, and what each operation on
//! them does.
//!
//! A path that ends in a name is a list, one that ends in a parameter after it is a record in it.
//! Promises names that a manifest takes, each once, those with the most operations first.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    document::{Document, Operation},
    toml::{name, singular},
};

/// The most further actions of one resource.
const ACTIONS_MAX: usize = 6;
/// Words in a path that name no record.
const NO_RECORDS: [&str; 6] = ["api", "rest", "v", "me", "search", "json"];
/// Other words for canonical records.
const SYNONYMS: [(&str, &str); 8] = [
    ("company", "organisation"),
    ("customer", "contact"),
    ("opportunity", "deal"),
    ("organization", "organisation"),
    ("people", "contact"),
    ("person", "contact"),
    ("stock", "stock_level"),
    ("timesheet", "time_entry"),
];

/// A kind of record, and what can be done with it.
#[derive(Debug)]
pub(super) struct Resource<'d> {
    /// Such as `contact`.
    pub(super) name: String,
    pub(super) list: Option<Operation<'d>>,
    pub(super) get: Option<Operation<'d>>,
    pub(super) create: Option<Operation<'d>>,
    pub(super) update: Option<Operation<'d>>,
    pub(super) delete: Option<Operation<'d>>,
    /// What else is done with one of them, by its verb.
    pub(super) more: Vec<(String, Operation<'d>)>,
}

impl Resource<'_> {
    /// How much the description tells of it.
    fn weight(&self) -> usize {
        [self.list, self.get, self.create, self.update, self.delete].iter().flatten().count()
    }
}

/// Every resource, those of which the description tells the most first.
pub(super) fn resources(document: &Document) -> Vec<Resource<'_>> {
    let mut by_place: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for operation in document.operations() {
        let place = collection(operation.path).unwrap_or_default();
        by_place.entry(place).or_default().push(operation);
    }
    let mut by_name: BTreeMap<String, Resource<'_>> = BTreeMap::new();
    for (place, operations) in by_place {
        let Some(name) = record_name(place) else { continue };
        let found = resource(name.clone(), place, &operations);
        // What the description has at several places is best where it has the most.
        let is_better = by_name.get(&name).is_none_or(|one| {
            let depth = |one: &Resource<'_>| {
                one.list.or(one.get).map_or(0, |operation| operation.path.matches('{').count())
            };
            (found.weight(), usize::MAX - depth(&found)) > (one.weight(), usize::MAX - depth(one))
        });
        if found.get.or(found.list).is_some() && is_better {
            by_name.insert(name, found);
        }
    }
    let mut all: Vec<_> = by_name.into_values().collect();
    let canonical = |one: &Resource<'_>| jackfield_model::schema(&one.name).is_some();
    all.sort_by(|a, b| {
        (b.weight(), canonical(b), &a.name).cmp(&(a.weight(), canonical(a), &b.name))
    });
    all
}

/// The list to which a path belongs: the path up to the last segment without a parameter that has
/// one after it, or up to its end.
fn collection(path: &str) -> Option<&str> {
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
    let is_hole = |segment: &&str| segment.contains('{');
    let last = segments.last()?;
    let take = match segments.iter().rposition(is_hole) {
        _ if segments.iter().all(is_hole) => return None,
        // A record in a list.
        Some(at) if at + 1 == segments.len() => at,
        // Something done with a record: a verb after it belongs to the record's list.
        Some(at) if at > 0 && is_verb(last) => at,
        _ => segments.len(),
    };
    let bytes: usize = segments[..take].iter().map(|segment| segment.len() + 1).sum();
    path.get(..bytes)
}

/// Whether a word names something that is done, and no list.
fn is_verb(word: &str) -> bool {
    let word = word.split(':').next_back().unwrap_or(word);
    !word.contains('{') && !word.trim_end_matches(".json").ends_with('s')
}

/// What a record in a list is called.
fn record_name(place: &str) -> Option<String> {
    let last = place.rsplit('/').find(|segment| !segment.is_empty())?;
    if last.contains('{') {
        return None;
    }
    let word = last.trim_end_matches(".json").trim_end_matches(".xml");
    let word = singular(&name(word.rsplit('.').next()?)?);
    let known = SYNONYMS.iter().find(|(other, _)| *other == word);
    let word = known.map_or(word, |(_, canonical)| (*canonical).to_owned());
    (!NO_RECORDS.contains(&word.as_str())).then_some(word)
}

fn resource<'d>(name: String, place: &str, operations: &[Operation<'d>]) -> Resource<'d> {
    let at = |method: &str, is_one: bool| {
        operations.iter().copied().find(|operation| {
            let rest = &operation.path[place.len()..];
            let one = rest.starts_with("/{") && rest.matches('/').count() == 1;
            let list = rest.trim_end_matches('/').is_empty();
            operation.method == method && if is_one { one } else { list }
        })
    };
    let mut resource = Resource {
        name,
        list: at("GET", false),
        get: at("GET", true),
        create: at("POST", false),
        update: at("PATCH", true).or_else(|| at("PUT", true)).or_else(|| at("POST", true)),
        delete: at("DELETE", true),
        more: Vec::new(),
    };
    let done = operations.iter().filter(|operation| {
        operation.method == "POST" && operation.path[place.len()..].matches('/').count() == 2
    });
    for operation in done {
        let verb = operation.path.rsplit('/').next().and_then(name_of_verb);
        let taken = ["get", "find", "list", "create", "update", "upsert", "delete"];
        if let Some(verb) = verb.filter(|verb| !taken.contains(&verb.as_str()))
            && resource.more.len() < ACTIONS_MAX
            && !resource.more.iter().any(|(known, _)| *known == verb)
        {
            resource.more.push((verb, *operation));
        }
    }
    resource
}

fn name_of_verb(word: &str) -> Option<String> {
    name(word.trim_end_matches(".json"))
}

/// What stands around the records in a list's answer, and the schema of one: `.data`.
pub(super) fn items_in<'d>(
    document: &'d Document,
    answer: &'d Value,
) -> Option<(String, &'d Value)> {
    if answer["items"].is_object() {
        return Some((".".into(), document.follow(&answer["items"])));
    }
    let own = answer["properties"].as_object()?;
    let lists = own.iter().filter_map(|(name, of)| {
        let items = &document.follow(of)["items"];
        items.is_object().then(|| (super::schema::path(name), document.follow(items)))
    });
    // An array of objects, before one of texts.
    let mut lists: Vec<_> = lists.collect();
    lists.sort_by_key(|(_, items)| document.members(items).is_empty());
    lists.into_iter().next()
}

/// What stands around the record in an answer, and its schema: `.data`, or nothing.
pub(super) fn item_in<'d>(
    document: &'d Document,
    answer: &'d Value,
    name: &str,
) -> (Option<String>, &'d Value) {
    let Some(own) = answer["properties"].as_object() else { return (None, answer) };
    let wraps = |key: &str| ["data", "resource", "result", "item", name].contains(&key);
    let found = own.iter().find_map(|(key, of)| {
        let inner = document.follow(of);
        let is_object = !document.members(inner).is_empty();
        (wraps(&super::toml::name(key)?) && is_object).then(|| (super::schema::path(key), inner))
    });
    match found {
        Some((path, inner)) if own.len() <= 4 => (Some(path), inner),
        _ => (None, answer),
    }
}
