//! An answer held against what was asked.

use graphql_parser::query::{Selection, SelectionSet, TypeCondition};
use serde_json::Value;

use super::{
    Operation, Schema,
    schema::{Shape, Type},
};

/// An answer under judgement.
struct Answer<'a> {
    schema: &'a Schema,
    operation: &'a Operation<'a>,
    wrong: Vec<String>,
}

/// What is wrong with the data of an answer.
pub(super) fn wrong(schema: &Schema, operation: &Operation<'_>, data: &Value) -> Vec<String> {
    let mut answer = Answer { schema, operation, wrong: Vec::new() };
    if let Some(root) = schema.root(operation.word) {
        answer.object("data", root, operation.asks, data);
    }
    answer.wrong
}

impl Answer<'_> {
    fn object(
        &mut self,
        place: &str,
        on: &str,
        asked: &SelectionSet<'static, String>,
        value: &Value,
    ) {
        let Some(members) = value.as_object() else {
            return self.wrong.push(format!("`{place}` is no object"));
        };
        let mut known = Vec::new();
        self.selected(place, on, asked, value, &mut known);
        for strange in members.keys().filter(|key| !known.contains(&key.as_str())) {
            self.wrong.push(format!("`{place}/{strange}` was not asked for"));
        }
    }

    fn selected<'s>(
        &mut self,
        place: &str,
        on: &str,
        asked: &'s SelectionSet<'static, String>,
        value: &Value,
        known: &mut Vec<&'s str>,
    ) where
        Self: 's,
    {
        // Which of several types an object is only `__typename` says; without it, what is asked of
        // one of them may be there or not.
        let own = value.get("__typename").and_then(Value::as_str);
        let is_object = self.schema.kind(on).is_some_and(|kind| kind.kind == "OBJECT");
        let must_be = own.map_or(is_object, |own| own == on);
        for selection in &asked.items {
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    known.push(key);
                    let at = format!("{place}/{key}");
                    let of = self.schema.kind(on).and_then(|kind| kind.field(&field.name));
                    match (value.get(key), of.map(|field| field.of.clone())) {
                        (None, _) if must_be => {
                            self.wrong.push(format!("`{at}` was asked for and is not there"));
                        }
                        (Some(value), Some(of)) => {
                            self.value(&at, &of, &field.selection_set, value);
                        }
                        _ => {}
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.type_condition.as_ref().map_or(on, |TypeCondition::On(to)| to);
                    self.selected(place, on, &inline.selection_set, value, known);
                }
                Selection::FragmentSpread(spread) => {
                    let fragments = &self.operation.fragments;
                    if let Some(fragment) = fragments.get(spread.fragment_name.as_str()).copied() {
                        let TypeCondition::On(on) = &fragment.type_condition;
                        let mut within = Vec::new();
                        self.selected(place, on, &fragment.selection_set, value, &mut within);
                        known.extend(within);
                    }
                }
            }
        }
    }

    fn value(
        &mut self,
        place: &str,
        of: &Type,
        asked: &SelectionSet<'static, String>,
        value: &Value,
    ) {
        match of.shape() {
            Shape::Always(_) if value.is_null() => {
                self.wrong.push(format!("`{place}` is null, and never is"));
            }
            Shape::Always(inner) => self.value(place, inner, asked, value),
            _ if value.is_null() => {}
            Shape::List(inner) => match value.as_array() {
                None => self.wrong.push(format!("`{place}` is no list")),
                Some(items) => {
                    for (at, item) in items.iter().enumerate() {
                        self.value(&format!("{place}/{at}"), inner, asked, item);
                    }
                }
            },
            Shape::Named(name) if !self.schema.is_leaf(name) => {
                self.object(place, name, asked, value);
            }
            Shape::Named(name) => {
                let kind = self.schema.kind(name).filter(|kind| kind.kind == "ENUM");
                let good = match kind {
                    Some(kind) => value.as_str().is_some_and(|text| kind.has_value(text)),
                    None => Schema::is_scalar(name, value),
                };
                if !good {
                    self.wrong.push(format!("`{place}` is no {name}"));
                }
            }
        }
    }
}
