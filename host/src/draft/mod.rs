//! What a vendor's OpenAPI description becomes: the draft of a `connector.toml`.
//!
//! Owns what can be guessed: where requests go, how they are signed in, which records there are and
//! how they are read and written. Promises that a draft passes `connector check` whatever the
//! description says, and that each guess which only a person can confirm stands below a line
//! `# DECIDE:`. Never fetches anything: a `$ref` to elsewhere is left open.
//!
//! From the description to the text: `document` reads it, `access`, `resource`, `paging` and
//! `schema` each understand a part, `write` puts the parts down.

mod access;
mod document;
mod paging;
mod resource;
mod schema;
#[cfg(test)]
mod tests;
mod toml;
mod write;

use thiserror::Error;

use document::Document;

/// The most entities of a draft that nobody chose.
pub const ENTITIES: usize = 6;
/// The most entities of any draft.
pub const ENTITIES_MAX: usize = 40;
/// The longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 64 << 20;

/// Why there is no draft.
#[derive(Debug, Error)]
pub enum DraftError {
    /// It is too long to be read.
    #[error(
        "the description has {0} bytes, more than the {DESCRIPTION_BYTES_MAX} allowed\n  hint: cut \
         out the paths that are needed"
    )]
    TooLong(usize),
    /// It is neither JSON nor YAML.
    #[error("the description is neither JSON nor YAML: {0}")]
    Unreadable(String),
    /// It describes something else.
    #[error(
        "the description is no OpenAPI\n  hint: its first level has `openapi: 3.…` or `swagger: \
         \"2.0\"`, and `paths`"
    )]
    NotOpenApi,
    /// A resource was named that it does not have.
    #[error("the description has no resource `{name}`\n  hint: it has {known}")]
    NoSuch {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
}

/// A `connector.toml` that is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text.
    pub manifest: String,
    /// How many decisions are left to a person.
    pub decisions: usize,
    /// The entities that it has.
    pub entities: Vec<String>,
    /// Those that the description has beside them.
    pub left_out: Vec<String>,
}

/// Drafts the manifest of the connector `id` from a description in OpenAPI 3 or Swagger 2, as JSON
/// or YAML. `only` names the resources that it shall have; without a name, it has the [`ENTITIES`]
/// of which the description tells the most.
///
/// # Errors
/// What is no such description, or a resource that it does not have.
pub fn draft(id: &str, description: &str, only: &[String]) -> Result<Draft, DraftError> {
    let document = Document::read(description)?;
    let mut all = resource::resources(&document);
    if let Some(name) = only.iter().find(|name| !all.iter().any(|one| one.name == **name)) {
        let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        return Err(DraftError::NoSuch { name: name.clone(), known: known.join(", ") });
    }
    let chosen = |one: &resource::Resource<'_>, at: usize| match only {
        [] => at < ENTITIES,
        _ => only.contains(&one.name),
    };
    let mut left_out = Vec::new();
    let mut at = 0;
    all.retain(|one| {
        at += 1;
        let kept = chosen(one, at - 1);
        if !kept {
            left_out.push(one.name.clone());
        }
        kept
    });
    all.truncate(ENTITIES_MAX);
    let entities = all.iter().map(|one| one.name.clone()).collect();
    let manifest = write::manifest(id, &document, &all, &left_out);
    let decisions = manifest.matches("# DECIDE:").count();
    Ok(Draft { manifest, decisions, entities, left_out })
}
