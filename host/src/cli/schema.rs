//! `jackfield schema`: the JSON Schemas of what people write, for their editors.
//!
//! They are made of the types that read the files; what `sdk/schemas` holds is what is printed
//! here.

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::Voice;
use crate::flows::Flow;

/// What `schema` is told.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which kind of file.
    #[arg(value_name = "KIND")]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// `connector.toml`.
    Connector,
    /// A flow file.
    Flow,
}

impl Schema {
    pub(super) fn run(self, voice: &mut Voice) {
        voice.line(self.kind.text().trim_end());
    }
}

impl Kind {
    /// The schema as it is written into a file.
    pub(super) fn text(self) -> String {
        let mut schema = match self {
            Self::Connector => jackfield_registry::schema::connector(),
            Self::Flow => Flow::schema(),
        };
        plain(&mut schema);
        format!("{schema:#}\n")
    }
}

/// Takes the links of Rust's documentation out of descriptions: what they lead to is not here.
fn plain(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
            }
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}
