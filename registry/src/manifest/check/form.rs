//! Checks `[connector]`, `[[param]]`, `[[secret]]` and `[limits]`: what a connector says of
//! itself and asks from a person.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use url::Url;

use super::{Check, plural};
use crate::manifest::{
    CATEGORIES, Limits, ROLES,
    document::Place,
    form::{Param, Secret},
    names,
};

/// The most params, and the most secrets, that a form has.
const FIELDS_MAX: usize = 50;

impl Check<'_, '_> {
    /// Who it is.
    pub(super) fn connector(&mut self) {
        let connector = &self.manifest.connector;
        let block = Place::block("connector");
        if !names::is_id(&connector.id) {
            let message = format!("`{}` is not a connector's id", connector.id.escape_debug());
            let hint = "begin with a letter, and use a-z, 0-9 and `-`, up to 48 of them";
            self.wrong(&block.key("id"), message, hint);
        }
        if let Err(error) = Version::parse(&connector.version) {
            let version = connector.version.escape_debug();
            let message = format!("`{version}` is not a semantic version: {error}");
            self.wrong(&block.key("version"), message, "write three numbers, such as `0.1.0`");
        }
        self.text(&block.key("title"), &connector.title);
        self.text(&block.key("vendor"), &connector.vendor);
        self.known(&block.key("category"), "category", &connector.category, &CATEGORIES);
        let mut seen = BTreeSet::new();
        for (index, role) in connector.roles.iter().enumerate() {
            let place = block.key("roles").item(index);
            self.known(&place, "role", role, &ROLES);
            if !seen.insert(role) {
                self.wrong(&place, format!("the role `{role}` is there twice"), "name it once");
            }
        }
        let is_https = |docs: &String| Url::parse(docs).is_ok_and(|url| url.scheme() == "https");
        if let Some(docs) = connector.docs.as_ref().filter(|docs| !is_https(docs)) {
            let message = format!("`{}` is not an https URL", docs.escape_debug());
            self.wrong(&block.key("docs"), message, "such as `https://developer.example.com/`");
        }
        if let Some(licence) = &connector.licence {
            self.text(&block.key("licence"), licence);
        }
    }

    /// The form that a person fills in, and what a call asks to use.
    pub(super) fn form(&mut self) {
        let (params, secrets) = (&self.manifest.params, &self.manifest.secrets);
        // One form shows both, so a name in it means one thing.
        let mut taken = BTreeMap::new();
        for (index, Param { name, title, default, .. }) in params.iter().enumerate() {
            let place = Place::block("param").item(index);
            self.field(&mut taken, "param", &place, name, title);
            let is_bad = |text: &String| text.is_empty() || text.chars().any(char::is_control);
            if default.as_ref().is_some_and(is_bad) {
                let message = format!("the default of the param `{name}` is not one line of text");
                self.wrong(&place.key("default"), message, "leave it out where there is none");
            }
        }
        for (index, Secret { name, title, .. }) in secrets.iter().enumerate() {
            let place = Place::block("secret").item(index);
            self.field(&mut taken, "secret", &place, name, title);
        }
        for (block, count) in [("param", params.len()), ("secret", secrets.len())] {
            if count > FIELDS_MAX {
                let message = format!("there are {count} {}", plural(block));
                let hint = format!("no form has more than {FIELDS_MAX}");
                self.wrong(&Place::block(block).item(FIELDS_MAX), message, hint);
            }
        }
        let (asked, max, block) = (&self.manifest.limits, Limits::MAX, Place::block("limits"));
        self.bounds(&block.key("cpu_ms"), asked.cpu_ms, max.cpu_ms);
        self.bounds(&block.key("wall_ms"), asked.wall_ms, max.wall_ms);
        self.bounds(&block.key("memory_mib"), asked.memory_mib.into(), max.memory_mib.into());
        self.bounds(&block.key("storage_kib"), asked.storage_kib.into(), max.storage_kib.into());
        let why = block.key("why");
        if asked.is_unusual() && asked.why.is_empty() {
            let message = "it asks for more than the usual limits and does not say what for";
            self.wrong(&why, message, "add `why = \"…\"` for the person who grants it");
        } else if !asked.why.is_empty() {
            self.text(&why, &asked.why);
        }
    }

    /// One field of the form.
    fn field<'m>(
        &mut self,
        taken: &mut BTreeMap<&'m str, Place>,
        what: &str,
        place: &Place,
        name: &'m str,
        title: &str,
    ) {
        self.name(&place.key("name"), &format!("a {what}"), name);
        self.text(&place.key("title"), title);
        let first = taken.insert(name, place.key("name"));
        if let Some(first) = first.filter(|_| !self.is_full()) {
            let line = self.document.mistake(&first, "", "").line;
            let message = format!("`{name}` is the name of another field, in line {line}");
            self.wrong(&place.key("name"), message, "params and secrets need names of their own");
        }
    }
}
