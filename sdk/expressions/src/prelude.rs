//! The definitions and functions that an expression may use: jq's own, less whatever reaches
//! outside the sandbox, and ours. It promises that nothing here reads a clock, the
//! environment, a file or another input, and that an expression pays only for the
//! definitions that it uses.

mod reach;

use std::collections::HashSet;

use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::native::Fun;
use jaq_json::Val;

use crate::functions;

/// What native functions run on: JSON values and nothing else.
pub(crate) type Data = JustLut<Val>;

/// jq's words that are left out, and what to use instead.
const REFUSED: [(&str, &str); 13] = [
    ("now", "an expression has no clock; take the time from the event or the record"),
    ("localtime", "an expression has no time zone; use `gmtime`"),
    ("strflocaltime", "an expression has no time zone; use `strftime`"),
    ("env", "an expression has no environment; take the value from the record"),
    ("$ENV", "an expression has no environment; take the value from the record"),
    ("input", "an expression has one input, which is `.`"),
    ("inputs", "an expression has one input, which is `.`"),
    ("input_filename", "an expression reads no file"),
    ("debug", "an expression prints nothing; leave it out"),
    ("stderr", "an expression prints nothing; leave it out"),
    ("halt", "use `error(\"why\")` to stop"),
    ("halt_error", "use `error(\"why\")` to stop"),
    ("input_line_number", "an expression reads no file"),
];

/// Definitions of jaq that need mathematics which no business record asks for.
const LEFT_OUT: [&str; 5] = ["logb", "significand", "drem", "nexttoward", "gamma"];

/// What to use instead of a word that jq has and an expression has not.
pub(crate) fn instead_of(word: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| *name == word).map(|(_, hint)| *hint)
}

/// Whether a word is left out on purpose.
fn is_refused(word: &str) -> bool {
    instead_of(word).is_some() || LEFT_OUT.contains(&word)
}

/// Every definition, parsed once in a call and shared by all its expressions.
pub(crate) struct Prelude {
    /// In the order of their sources: a definition uses only those before it.
    defs: Vec<Def<&'static str>>,
}

impl Prelude {
    /// Parses the definitions.
    pub(crate) fn parse() -> Self {
        let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let defs = all.chain(functions::defs()).filter(|def| !is_refused(def.name)).collect();
        Self { defs }
    }

    /// The definitions and native functions that the program may use, found by its words.
    /// A word in a string or a field name counts too; that costs a little and harms nothing.
    pub(crate) fn for_program(&self, code: &str) -> (Vec<Def<&'static str>>, Vec<Fun<Data>>) {
        let mut words: HashSet<&str> = reach::words(code).collect();
        let mut defs = Vec::new();
        for def in self.defs.iter().rev() {
            if words.contains(def.name) {
                reach::calls(&def.body, &mut words);
                defs.push(def.clone());
            }
        }
        defs.reverse();
        let funs = natives().filter(|(name, ..)| words.contains(name)).collect();
        (defs, funs)
    }

    /// The name and the number of arguments of each function, for hints.
    pub(crate) fn names(&self) -> Vec<(&'static str, usize)> {
        let defined = self.defs.iter().map(|def| (def.name, def.args.len()));
        defined.chain(natives().map(|(name, args, _)| (name, args.len()))).collect()
    }
}

/// Every native function that an expression may use.
fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs());
    let all = all.filter(|(name, ..)| !is_refused(name));
    all.chain(crate::natives::all()).chain(functions::natives())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jaq_core::Compiler;
    use jaq_core::load::{Arena, File, Loader};

    use super::{Prelude, natives};

    #[test]
    fn every_definition_finds_what_it_calls() {
        let arena = Arena::default();
        let loader = Loader::new(Prelude::parse().defs);
        let modules = loader.load(&arena, File { code: ".", path: () }).ok().unwrap();
        let compiled = Compiler::default().with_funs(natives()).compile(modules);
        let missing: Vec<_> = compiled.err().into_iter().flatten().flat_map(|(_, e)| e).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn each_name_alone_finds_all_that_it_needs() {
        let prelude = Prelude::parse();
        for (name, arguments) in prelude.names() {
            let code = match arguments {
                0 => name.to_owned(),
                some => format!("{name}({})", vec!["."; some].join("; ")),
            };
            let (defs, funs) = prelude.for_program(&code);
            let arena = Arena::default();
            let loaded = Loader::new(defs).load(&arena, File { code: &*code, path: () });
            // The parser writes a format with the string that it formats.
            let Ok(modules) = loaded else { continue };
            let compiled = Compiler::default().with_funs(funs).compile(modules);
            assert!(compiled.is_ok(), "{code}");
        }
    }

    #[test]
    fn no_native_function_hides_another() {
        let mut seen = BTreeSet::new();
        for (name, arguments, _) in natives() {
            assert!(seen.insert((name, arguments.len())), "{name}");
        }
    }
}
