//! `[actions.*]`: what a connector does.
//!
//! Owns the declaration and the form of a reference to a schema. Never compiles a schema.

use std::fmt;

use jackfield_vocabulary::{Jq, Recall, Request, Step};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use super::retry::Retry;

/// Something that a connector can do.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it does, in words.
    pub title: String,
    /// What its input must be; anything where it is absent.
    pub input: Option<SchemaRef>,
    /// What its output is.
    pub output: Option<SchemaRef>,
    /// Whether it changes something at the vendor; it does unless this says no.
    #[serde(default = "yes")]
    pub mutates: bool,
    /// How a second try is kept from doing it twice. There if and only if it mutates.
    pub idempotency: Option<Idempotency>,
    /// How it is tried again, where that is not as is usual; see [`Action::retries`].
    pub retry: Option<Retry>,
    /// What is sent, where no entity says it; see [`jackfield_vocabulary::Action`], which has this
    /// and the members that follow.
    pub request: Option<Request>,
    /// Several requests, in order.
    #[serde(default)]
    pub step: Vec<Step>,
    /// The output, made of what was answered.
    pub result: Option<Jq>,
    /// How it is found out whether it already happened.
    pub recall: Option<Recall>,
}

/// How a second try of an action is kept from doing it twice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "Written")]
#[schemars(with = "Written")]
pub enum Idempotency {
    /// The vendor knows a repeat by a header, which the host adds to each mutating request of
    /// the call.
    Header {
        /// The header's name.
        name: String,
    },
    /// The vendor knows a repeat by a field of the body, into which the component puts
    /// `context.idempotency-key`.
    Field,
    /// The input itself names what it makes, so that doing it twice is doing it once.
    NaturalKey,
    /// The component can find out whether it was done: the host asks `actions.recall` first.
    SearchFirst,
    /// Not at all: after an outcome that is not known a person decides.
    None,
}

/// The form of [`Idempotency`]: each kind has braces here, so that unknown keys are refused.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Written {
    /// The vendor knows a repeat by this header, which the host adds.
    Header { name: String },
    /// The vendor knows a repeat by a field of the body, into which the component puts the key.
    Field {},
    /// The input itself names what it makes: doing it twice is doing it once.
    NaturalKey {},
    /// It is looked for before it is done again.
    SearchFirst {},
    /// Not at all: after an outcome that is not known a person decides.
    None {},
}

impl From<Written> for Idempotency {
    fn from(written: Written) -> Self {
        match written {
            Written::Header { name } => Self::Header { name },
            Written::Field {} => Self::Field,
            Written::NaturalKey {} => Self::NaturalKey,
            Written::SearchFirst {} => Self::SearchFirst,
            Written::None {} => Self::None,
        }
    }
}

/// The schema of an input or an output.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaRef {
    /// A canonical schema, by name.
    Model(String),
    /// A JSON Schema (draft 2020-12), in which `{"$ref": "model:contact"}` names a canonical one.
    Inline(Value),
}

impl<'de> Deserialize<'de> for SchemaRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = SchemaRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a canonical schema or a table that is a JSON Schema")
            }

            fn visit_str<E>(self, name: &str) -> Result<SchemaRef, E> {
                Ok(SchemaRef::Model(name.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SchemaRef, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(map)).map(SchemaRef::Inline)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for SchemaRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SchemaRef".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The name of a canonical schema, or a JSON Schema.",
            "type": ["string", "object"],
        })
    }
}

fn yes() -> bool {
    true
}
