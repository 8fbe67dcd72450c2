//! A schema as introspection tells it.

use std::{collections::BTreeMap, fmt};

use graphql_parser::query;
use serde::Deserialize;
use serde_json::Value;

/// A vendor's schema.
#[derive(Debug)]
pub struct Schema {
    /// Types, by name.
    types: BTreeMap<String, Kind>,
    /// The types of operations, by their words.
    roots: BTreeMap<&'static str, String>,
    /// The arguments of directives, by name.
    directives: BTreeMap<String, Vec<Member>>,
}

/// What introspection answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    query_type: Named,
    mutation_type: Option<Named>,
    subscription_type: Option<Named>,
    types: Vec<Kind>,
    #[serde(default)]
    directives: Vec<Member>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// A type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kind {
    pub(super) kind: String,
    pub(super) name: String,
    fields: Option<Vec<Member>>,
    input_fields: Option<Vec<Member>>,
    enum_values: Option<Vec<Named>>,
}

/// A field, an argument, or a directive with its arguments.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    pub(super) name: String,
    #[serde(rename = "type", default)]
    pub(super) of: Type,
    args: Option<Vec<Member>>,
    default_value: Option<Value>,
}

/// The type of a value: a name, perhaps in lists, perhaps never null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Type {
    kind: String,
    name: Option<String>,
    of_type: Option<Box<Type>>,
}

/// The outermost part of a type.
pub(super) enum Shape<'a> {
    /// Of this name; it may be null.
    Named(&'a str),
    /// A list of these; it may be null.
    List(&'a Type),
    /// One of these, never null.
    Always(&'a Type),
}

impl Schema {
    /// Reads what introspection answered: none if it is something else, and in words what is wrong if
    /// it is no schema.
    pub fn read(answer: &Value) -> Option<Result<Self, String>> {
        let schema = ["/data/__schema", "/__schema"].iter().find_map(|at| answer.pointer(at))?;
        let told = Told::deserialize(schema).map_err(|error| error.to_string());
        Some(told.map(|told| {
            let roots = [
                ("query", Some(told.query_type)),
                ("mutation", told.mutation_type),
                ("subscription", told.subscription_type),
            ];
            let roots = roots.into_iter().filter_map(|(word, root)| Some((word, root?.name)));
            let directives = told.directives.into_iter();
            Self {
                types: told.types.into_iter().map(|one| (one.name.clone(), one)).collect(),
                roots: roots.collect(),
                directives: directives
                    .map(|one| (one.name, one.args.unwrap_or_default()))
                    .collect(),
            }
        }))
    }

    pub(super) fn root(&self, word: &str) -> Option<&str> {
        self.roots.get(word).map(String::as_str)
    }

    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    pub(super) fn directive(&self, name: &str) -> Option<&[Member]> {
        self.directives.get(name).map(Vec::as_slice)
    }

    /// Whether values of a type have nothing within that could be asked for.
    pub(super) fn is_leaf(&self, name: &str) -> bool {
        self.kind(name).is_none_or(|kind| kind.kind == "SCALAR" || kind.kind == "ENUM")
    }

    /// Whether a text, number or truth may stand for a scalar. What a vendor's own ones look like
    /// nobody says.
    pub(super) fn is_scalar(name: &str, value: &Value) -> bool {
        match name {
            "String" => value.is_string(),
            "ID" => value.is_string() || value.is_i64(),
            "Int" => value.is_i64(),
            "Float" => value.is_number(),
            "Boolean" => value.is_boolean(),
            _ => true,
        }
    }
}

impl Kind {
    pub(super) fn field(&self, name: &str) -> Option<&Member> {
        self.fields.iter().flatten().find(|field| field.name == name)
    }

    pub(super) fn inputs(&self) -> &[Member] {
        self.input_fields.as_deref().unwrap_or_default()
    }

    pub(super) fn has_value(&self, name: &str) -> bool {
        self.enum_values.iter().flatten().any(|value| value.name == name)
    }
}

impl Member {
    pub(super) fn args(&self) -> &[Member] {
        self.args.as_deref().unwrap_or_default()
    }

    /// Whether it must be given.
    pub(super) fn is_needed(&self) -> bool {
        let default = self.default_value.as_ref().filter(|default| !default.is_null());
        matches!(self.of.shape(), Shape::Always(_)) && default.is_none()
    }
}

impl Type {
    /// The type of a variable, as a document declares it.
    pub(super) fn declared(declared: &query::Type<'static, String>) -> Self {
        let around = |kind: &str, inner: &query::Type<'static, String>| Self {
            kind: kind.into(),
            name: None,
            of_type: Some(Box::new(Self::declared(inner))),
        };
        match declared {
            query::Type::NamedType(name) => {
                Self { kind: "NAMED".into(), name: Some(name.clone()), of_type: None }
            }
            query::Type::ListType(inner) => around("LIST", inner),
            query::Type::NonNullType(inner) => around("NON_NULL", inner),
        }
    }

    pub(super) fn shape(&self) -> Shape<'_> {
        match (self.kind.as_str(), &self.of_type) {
            ("NON_NULL", Some(inner)) => Shape::Always(inner),
            ("LIST", Some(inner)) => Shape::List(inner),
            _ => Shape::Named(self.name.as_deref().unwrap_or_default()),
        }
    }

    /// The name within all lists.
    pub(super) fn name(&self) -> &str {
        match self.shape() {
            Shape::Named(name) => name,
            Shape::List(inner) | Shape::Always(inner) => inner.name(),
        }
    }

    /// Whether a value of this type may stand where one of `place` is wanted.
    pub(super) fn fits(&self, place: &Self) -> bool {
        match (self.shape(), place.shape()) {
            (Shape::Always(own), Shape::Always(wanted)) => own.fits(wanted),
            (Shape::Always(own), _) => own.fits(place),
            (_, Shape::Always(_)) => false,
            (Shape::List(own), Shape::List(wanted)) => own.fits(wanted),
            (Shape::Named(own), Shape::Named(wanted)) => own == wanted,
            // One value is as good as a list of it.
            (Shape::Named(_), Shape::List(wanted)) => self.fits(wanted),
            (Shape::List(_), Shape::Named(_)) => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape() {
            Shape::Named(name) => f.write_str(name),
            Shape::List(inner) => write!(f, "[{inner}]"),
            Shape::Always(inner) => write!(f, "{inner}!"),
        }
    }
}
