//! The templates of a manifest: text with `{param:name}` in it.
//!
//! Owns their syntax. Promises that a template which passes has a value for every connection.

use super::Check;
use crate::manifest::{document::Place, names};

const SYNTAX_HINT: &str = "a template is text and `{param:name}`, and nothing else in braces";

impl Check<'_, '_> {
    /// Checks a template, and answers it with `stand_in` for every param; none if it is wrong.
    pub(super) fn template(
        &mut self,
        place: &Place,
        template: &str,
        stand_in: &str,
    ) -> Option<String> {
        let before = self.mistakes.len();
        let mut filled = String::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            filled.push_str(text);
            let Some((inner, after)) = after.split_once('}') else {
                self.wrong(place, "a `{` without its `}`", SYNTAX_HINT);
                return None;
            };
            self.filler(place, inner);
            filled.push_str(stand_in);
            rest = after;
        }
        filled.push_str(rest);
        (self.mistakes.len() == before).then_some(filled)
    }

    /// What stands between the braces.
    fn filler(&mut self, place: &Place, inner: &str) {
        let Some(name) = inner.strip_prefix("param:") else {
            let message = format!("`{{{}}}` does not name a param", inner.escape_debug());
            let hint = if inner.starts_with("secret:") {
                "a secret goes into a request by `[auth.NAME]` only"
            } else {
                SYNTAX_HINT
            };
            self.wrong(place, message, hint);
            return;
        };
        let params = &self.manifest.params;
        match params.iter().find(|param| param.name == name) {
            None if self.is_full() => {}
            None => {
                let known: Vec<_> = params.iter().map(|param| param.name.as_str()).collect();
                let message = format!("unknown param `{}` in a template", name.escape_debug());
                self.wrong(place, message, names::hint(name, "params", &known));
            }
            Some(param) if !param.always_has_value() => {
                let message = format!("the param `{name}` may have no value to fill in here");
                self.wrong(place, message, "make it required or give it a default");
            }
            Some(_) => {}
        }
    }
}
