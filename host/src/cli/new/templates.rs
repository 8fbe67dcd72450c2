//! The templates of `sdk/templates`, and what becomes of the names in them.
//!
//! They are built into the program, so that it needs nothing beside itself. In them the system is
//! called `acme`: where code has the word it becomes a name that code can have.

use std::path::Path;

/// Language, path in the folder, text: made by the build script.
static FILES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));
/// The endings of files that are code, in which a name has no hyphen.
const CODE: [&str; 4] = [".js", ".py", ".rs", ".ts"];
/// What TypeScript has from the template of JavaScript: these files, beside its own.
const SHARED: [&str; 4] = [".gitignore", "connector.toml", "fixtures/orders.toml", "wit/world.wit"];
/// The place of the SDK in a crate's template.
const SDK: &str = "git = \"https://github.com/jackfield/jackfield\"";

/// What a template is filled with.
pub(super) struct Names {
    /// `my-shop`.
    id: String,
    /// `My Shop`.
    title: String,
    /// Where the SDK is, as `Cargo.toml` says it.
    sdk: String,
}

impl Names {
    pub(super) fn new(id: &str, sdk: Option<&Path>) -> Self {
        let words: Vec<String> =
            id.split('-').filter(|word| !word.is_empty()).map(capital).collect();
        let sdk = sdk.map_or_else(|| SDK.to_owned(), |dir| format!("path = {:?}", dir.display()));
        Self { id: id.to_owned(), title: words.join(" "), sdk }
    }

    /// `my_shop`.
    fn word(&self) -> String {
        self.id.replace('-', "_")
    }

    /// A path or a text with the names in it.
    fn filled(&self, text: &str, is_code: bool) -> String {
        let (id, word) = (self.id.as_str(), self.word());
        let mut text = text.replace("acme.example", &format!("{id}.example"));
        // Files of code are called as code calls them.
        for ending in CODE {
            text = text.replace(&format!("acme{ending}"), &format!("{word}{ending}"));
        }
        for test in ["test.js", "test.ts"] {
            text = text.replace(&format!("acme.{test}"), &format!("{word}.{test}"));
        }
        text = text.replace("test_acme", &format!("test_{word}")).replace(SDK, &self.sdk);
        let joined = self.title.replace(' ', "");
        text = text.replace("ACME", &word.to_uppercase());
        match is_code {
            true => text.replace("acme", &word).replace("Acme", &joined),
            false => text.replace("acme", id).replace("Acme", &self.title),
        }
    }
}

/// The files of a language's template, filled: paths and texts.
pub(super) fn files(language: &str, names: &Names) -> Vec<(String, String)> {
    let shares = |path: &str| language == "ts" && SHARED.contains(&path);
    let of =
        FILES.iter().filter(|(one, path, _)| *one == language || (*one == "js" && shares(path)));
    let filled = of.map(|(_, path, text)| {
        let is_code = CODE.iter().any(|ending| path.ends_with(ending));
        (names.filled(path, is_code), names.filled(text, is_code))
    });
    filled.collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
