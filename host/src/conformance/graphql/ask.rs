//! A document and its variables held against a schema.

use std::collections::BTreeMap;

use graphql_parser::query::{self, Directive, Field, Selection, SelectionSet, TypeCondition};
use serde_json::{Map, Value};

use super::{
    Operation, Schema,
    schema::{Member, Shape, Type},
};

/// How deep fragments may lie in fragments: as one that names itself would for ever.
const DEPTH_MAX: usize = 64;

type Literal = query::Value<'static, String>;

/// A document under judgement.
struct Ask<'a> {
    schema: &'a Schema,
    operation: &'a Operation<'a>,
    /// The declared variables: their types, and whether they have defaults.
    variables: BTreeMap<&'a str, (Type, bool)>,
    wrong: Vec<String>,
}

/// What is wrong with an operation and the values that are given for its variables.
pub(super) fn wrong(
    schema: &Schema,
    operation: &Operation<'_>,
    given: &Map<String, Value>,
) -> Vec<String> {
    let declared = operation.variables.iter().map(|one| {
        (one.name.as_str(), (Type::declared(&one.var_type), one.default_value.is_some()))
    });
    let mut ask = Ask { schema, operation, variables: declared.collect(), wrong: Vec::new() };
    match schema.root(operation.word) {
        Some(root) => ask.selected(root, operation.asks, 0),
        None => ask.wrong.push(format!("the schema has no {}", operation.word)),
    }
    ask.given(given);
    ask.wrong
}

impl Ask<'_> {
    fn say(&mut self, wrong: String) {
        self.wrong.push(wrong);
    }

    fn selected(&mut self, on: &str, asked: &SelectionSet<'static, String>, depth: usize) {
        if depth > DEPTH_MAX {
            return self.say("its fragments lie too deep in each other".into());
        }
        for selection in &asked.items {
            match selection {
                Selection::Field(field) => self.field(on, field, depth),
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    let on = inline.type_condition.as_ref().map_or(on, |TypeCondition::On(to)| to);
                    self.fragment(on, &inline.selection_set, depth);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    match self.operation.fragments.get(spread.fragment_name.as_str()) {
                        Some(fragment) => {
                            let TypeCondition::On(on) = &fragment.type_condition;
                            self.fragment(on, &fragment.selection_set, depth);
                        }
                        None => {
                            self.say(format!("there is no fragment `{}`", spread.fragment_name))
                        }
                    }
                }
            }
        }
    }

    fn fragment(&mut self, on: &str, asked: &SelectionSet<'static, String>, depth: usize) {
        match self.schema.kind(on) {
            Some(_) => self.selected(on, asked, depth + 1),
            None => self.say(format!("there is no type `{on}`")),
        }
    }

    fn field(&mut self, on: &str, field: &Field<'static, String>, depth: usize) {
        self.directives(&field.directives);
        let schema = self.schema;
        if field.name == "__typename" {
            return;
        }
        let Some(known) = schema.kind(on).and_then(|kind| kind.field(&field.name)) else {
            return self.say(format!("`{on}` has no field `{}`", field.name));
        };
        let what = format!("`{on}.{}`", field.name);
        self.arguments(&what, known.args(), &field.arguments);
        let name = known.of.name();
        match (schema.is_leaf(name), field.selection_set.items.is_empty()) {
            (true, false) => self.say(format!("{what} is a {name}, in which nothing can be asked")),
            (false, true) => self.say(format!("{what} is a {name}: say what of it is asked")),
            (true, true) => {}
            (false, false) => self.selected(name, &field.selection_set, depth + 1),
        }
    }

    fn directives(&mut self, directives: &[Directive<'static, String>]) {
        let schema = self.schema;
        for one in directives {
            match schema.directive(&one.name) {
                Some(known) => self.arguments(&format!("`@{}`", one.name), known, &one.arguments),
                None => self.say(format!("there is no directive `@{}`", one.name)),
            }
        }
    }

    fn arguments(&mut self, of: &str, known: &[Member], given: &[(String, Literal)]) {
        for (name, value) in given {
            match known.iter().find(|member| member.name == *name) {
                Some(member) => {
                    self.literal(&format!("`{name}` of {of}"), member, &member.of, value)
                }
                None => self.say(format!("{of} has no argument `{name}`")),
            }
        }
        let is_given = |member: &Member| given.iter().any(|(name, _)| *name == member.name);
        for member in known.iter().filter(|member| member.is_needed() && !is_given(member)) {
            self.say(format!("{of} needs the argument `{}`", member.name));
        }
    }

    fn literal(&mut self, place: &str, member: &Member, of: &Type, value: &Literal) {
        let bad = |ask: &mut Self| ask.say(format!("{place} is no {of}"));
        match (of.shape(), value) {
            (_, Literal::Variable(name)) => match self.variables.get(name.as_str()) {
                None => self.say(format!("`${name}` is not declared")),
                Some((own, has_default)) => {
                    // One that may be null may stand where a default takes the place of nothing.
                    let bare = match of.shape() {
                        Shape::Always(inner) if *has_default || !member.is_needed() => inner,
                        _ => of,
                    };
                    if !own.fits(bare) {
                        let own = own.to_string();
                        self.say(format!("{place} is a {of}, and `${name}` is a {own}"));
                    }
                }
            },
            (Shape::Always(_), Literal::Null) => bad(self),
            (Shape::Always(inner), value) => self.literal(place, member, inner, value),
            (_, Literal::Null) => {}
            (Shape::List(inner), Literal::List(items)) => {
                for item in items {
                    self.literal(place, member, inner, item);
                }
            }
            (Shape::List(inner), value) => self.literal(place, member, inner, value),
            (Shape::Named(name), Literal::Object(members)) => {
                let schema = self.schema;
                let Some(kind) = schema.kind(name).filter(|kind| kind.kind == "INPUT_OBJECT")
                else {
                    return bad(self);
                };
                let given: Vec<_> =
                    members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                self.arguments(&format!("`{name}`"), kind.inputs(), &given);
            }
            (Shape::Named(name), Literal::Enum(value)) => {
                if !self.schema.kind(name).is_some_and(|kind| kind.has_value(value)) {
                    bad(self);
                }
            }
            (Shape::Named(name), value) => {
                let is_scalar = self.schema.kind(name).is_none_or(|kind| kind.kind == "SCALAR");
                let as_json = match value {
                    Literal::Int(number) => Value::from(number.as_i64()),
                    Literal::Float(number) => Value::from(*number),
                    Literal::String(text) => Value::from(text.as_str()),
                    Literal::Boolean(truth) => Value::from(*truth),
                    _ => Value::Null,
                };
                if !is_scalar || as_json.is_null() || !Schema::is_scalar(name, &as_json) {
                    bad(self);
                }
            }
        }
    }

    /// The values of the variables.
    fn given(&mut self, given: &Map<String, Value>) {
        let declared: Vec<(String, Type, bool)> = self
            .variables
            .iter()
            .map(|(name, (of, default))| ((*name).to_owned(), of.clone(), *default))
            .collect();
        for strange in given.keys().filter(|name| !declared.iter().any(|(own, ..)| own == *name)) {
            self.wrong.push(format!("its variables: `{strange}` is not declared"));
        }
        for (name, of, has_default) in &declared {
            match given.get(name) {
                Some(value) => self.value(&format!("${name}"), of, value),
                None if matches!(of.shape(), Shape::Always(_)) && !has_default => {
                    self.say(format!("its variables: `${name}` is missing"));
                }
                None => {}
            }
        }
    }

    fn value(&mut self, place: &str, of: &Type, value: &Value) {
        let schema = self.schema;
        let bad = |ask: &mut Self| ask.say(format!("its variables: `{place}` is no {of}"));
        match of.shape() {
            Shape::Always(_) if value.is_null() => bad(self),
            Shape::Always(inner) => self.value(place, inner, value),
            _ if value.is_null() => {}
            Shape::List(inner) => match value.as_array() {
                Some(items) => {
                    for (at, item) in items.iter().enumerate() {
                        self.value(&format!("{place}/{at}"), inner, item);
                    }
                }
                None => self.value(place, inner, value),
            },
            Shape::Named(name) => match schema.kind(name) {
                None => self.say(format!("there is no type `{name}`")),
                Some(kind) if kind.kind == "ENUM" => {
                    if !value.as_str().is_some_and(|text| kind.has_value(text)) {
                        bad(self);
                    }
                }
                Some(kind) if kind.kind == "INPUT_OBJECT" => {
                    let Some(members) = value.as_object() else { return bad(self) };
                    let inputs = kind.inputs();
                    for (member, value) in members {
                        match inputs.iter().find(|input| input.name == *member) {
                            Some(input) => {
                                self.value(&format!("{place}/{member}"), &input.of, value);
                            }
                            None => self.say(format!(
                                "its variables: `{place}` has `{member}`, which is nothing of a \
                                 {name}"
                            )),
                        }
                    }
                    for input in inputs {
                        if input.is_needed() && !members.contains_key(&input.name) {
                            let input = &input.name;
                            self.say(format!("its variables: `{place}` needs `{input}`"));
                        }
                    }
                }
                Some(_) if !Schema::is_scalar(name, value) => bad(self),
                Some(_) => {}
            },
        }
    }
}
