//! Text to a program that can run, and the words for what is wrong with the text.
//! It promises a place and a hint in every complaint; it never runs anything.

use std::collections::BTreeSet;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::Term;
use jaq_core::load::{self, Arena, File, Loader, lex};
use jaq_core::{Compiler, Filter, compile::Undefined};

use crate::failure::{Failure, quoted};
use crate::json;
use crate::prelude::{self, Data, instead_of};
use crate::tables::LOOKUP;
use crate::walk;

/// The longest program, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 64 * 1024;
/// How deep the brackets of a program may be nested: the parser recurses.
pub const MAX_EXPRESSION_DEPTH: usize = 64;

/// Which variables a program may use.
#[derive(Clone, Copy)]
pub(crate) enum Variables<'a> {
    /// Any at all: their names come only with the data.
    Unknown,
    /// These, each with its `$`.
    Named(&'a [String]),
}

/// A program that is ready to run.
pub(crate) struct Made {
    /// What runs.
    pub(crate) program: Filter<Data>,
    /// The tables in which it looks something up, in order.
    pub(crate) tables: Vec<String>,
}

/// Compiles a program.
pub(crate) fn compile(code: &str, variables: Variables<'_>) -> Result<Made, Failure> {
    within_bounds(code)?;
    let tables = tables_in(code)?;
    let (defs, funs) = prelude::for_program(code);
    let guessed: Vec<&str>;
    let names: Vec<&str> = match variables {
        Variables::Named(names) => names.iter().map(String::as_str).collect(),
        Variables::Unknown => {
            guessed = variables_in(code).collect();
            guessed.into_iter().filter(|name| instead_of(name).is_none()).collect()
        }
    };
    let arena = Arena::default();
    let modules = Loader::new(defs)
        .load(&arena, File { code, path: () })
        .map_err(|errors| misread(code, errors))?;
    let program = Compiler::default()
        .with_funs(funs)
        .with_global_vars(names.iter().copied())
        .compile(modules)
        .map_err(|errors| unknown(code, errors, &names))?;
    Ok(Made { program, tables })
}

/// The tables that a program names. Each name must stand in the program as it is: the host lets
/// a call reach the tables that its expressions name, and tells which flow needs which table.
fn tables_in(code: &str) -> Result<Vec<String>, Failure> {
    // Few programs look anything up, and only those pay for a second reading.
    if !code.contains(LOOKUP) {
        return Ok(Vec::new());
    }
    // What cannot be read is complained of by whoever reads it to compile it.
    let tree = load::parse(code, |parser| parser.term()).unwrap_or_default();
    let (mut found, mut computed) = (BTreeSet::new(), None);
    walk::calls(&tree, &mut |name, arguments| {
        if name == LOOKUP && (2..=3).contains(&arguments.len()) {
            match plain(&arguments[0]) {
                Some(table) => drop(found.insert(table)),
                None => computed = computed.or(Some(name)),
            }
        }
    });
    match computed {
        Some(name) => {
            let (line, column) = place(code, name);
            Err(Failure::Computed { line, column })
        }
        None => Ok(found.into_iter().collect()),
    }
}

/// The text that a term is, if it is one that needs no computing.
fn plain(term: &Term<&str>) -> Option<String> {
    let Term::Str(None, parts) = term else { return None };
    let text = |part: &StrPart<&str, Term<&str>>| match part {
        StrPart::Str(text) => Some((*text).to_owned()),
        StrPart::Char(escaped) => Some(escaped.to_string()),
        StrPart::Term(_) => None,
    };
    parts.iter().map(text).collect()
}

/// Refuses programs whose size alone would hurt.
fn within_bounds(code: &str) -> Result<(), Failure> {
    if code.len() > MAX_EXPRESSION_BYTES {
        let (what, limit) = ("the expression", MAX_EXPRESSION_BYTES);
        return Err(Failure::OverLimit { what, limit, unit: "bytes" });
    }
    if json::depth(code) > MAX_EXPRESSION_DEPTH {
        let (what, limit) = ("the nesting of the expression", MAX_EXPRESSION_DEPTH);
        return Err(Failure::OverLimit { what, limit, unit: "levels" });
    }
    Ok(())
}

/// Every `$name` in a text.
fn variables_in(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices('$').map(|(start, _)| {
        let name = code[start + 1..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        name.map_or(&code[start..], |end| &code[start..=start + end])
    })
}

/// Line and column, from 1, of a part of the program.
fn place(code: &str, part: &str) -> (usize, usize) {
    let before = &code[..load::span(code, part).start.min(code.len())];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The words for the first thing that the lexer or the parser did not understand.
fn misread(code: &str, errors: load::Errors<&str, ()>) -> Failure {
    let first = errors.into_iter().next().map(|(_, error)| error);
    let ((expected, at), found) = match first {
        Some(load::Error::Lex(errors)) => match errors.into_iter().next() {
            // What is missed at the end is best mended where it was opened.
            Some((lex::Expect::Delim(open), at)) => ((format!("the end of `{open}`"), open), at),
            Some((expected, at)) => ((expected.as_str().to_owned(), at), at),
            None => (a_program(code), code),
        },
        Some(load::Error::Parse(errors)) => match errors.into_iter().next() {
            Some((expected, at)) => ((expected.as_str().to_owned(), at), at),
            None => (a_program(code), code),
        },
        Some(load::Error::Io(errors)) => {
            let at = errors.first().map_or(code, |(path, _)| path);
            (("a program without `include` and `import`".to_owned(), at), at)
        }
        None => (a_program(code), code),
    };
    let (line, column) = place(code, at);
    let found = match found.split_whitespace().next() {
        Some(word) => format!("`{}`", quoted(word)),
        None => "the end".to_owned(),
    };
    Failure::Syntax { line, column, expected, found }
}

/// What is expected where nothing better is known.
fn a_program(code: &str) -> (String, &str) {
    ("a program".to_owned(), code)
}

/// The words for the first name that does not exist.
fn unknown(code: &str, errors: jaq_core::compile::Errors<&str, ()>, variables: &[&str]) -> Failure {
    let all = errors.into_iter().flat_map(|(_, errors)| errors);
    let first = all.min_by_key(|(name, _)| load::span(code, name).start);
    let Some((name, undefined)) = first else {
        return Failure::Failed("the expression could not be compiled".to_owned());
    };
    let (line, column) = place(code, name);
    let (kind, shown, hint) = match undefined {
        Undefined::Filter(arity) => {
            ("function", format!("{name}/{arity}"), function_hint(name, arity))
        }
        Undefined::Var => {
            let hint = instead_of(name).map(str::to_owned);
            let near = || nearest(name, variables.iter().copied());
            let hint = hint.or_else(near).unwrap_or_else(|| "no variable has such a name".into());
            ("variable", name.to_owned(), hint)
        }
        Undefined::Label => {
            ("label", name.to_owned(), format!("write `label {name} | …` before it"))
        }
        _ => ("module", name.to_owned(), "expressions have no modules".to_owned()),
    };
    Failure::Unknown { line, column, kind, name: shown, hint }
}

/// What to write instead of a function that does not exist.
fn function_hint(name: &str, arity: usize) -> String {
    if let Some(hint) = instead_of(name) {
        return hint.to_owned();
    }
    let names = prelude::names();
    let mut arities: Vec<usize> =
        names.iter().filter(|(known, _)| *known == name).map(|(_, arity)| *arity).collect();
    arities.sort_unstable();
    arities.dedup();
    if !arities.is_empty() {
        let takes = arities.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let noun = if arities == [1] { "argument" } else { "arguments" };
        return format!("`{name}` takes {takes} {noun}, not {arity}; `;` separates them");
    }
    let near = nearest(name, names.iter().map(|(known, _)| *known));
    near.unwrap_or_else(|| "no function has such a name".to_owned())
}

/// `did you mean …?` with the nearest of the known names, if one is near.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    /// From 0 (nothing in common) to 1 (the same): below it, a guess would mislead.
    const NEAR: f64 = 0.8;
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| format!("did you mean `{known}`?"))
}
