//! The definitions and functions that an expression may use: jq's own, less whatever reaches
//! outside the sandbox, and ours. It promises that nothing here reads a clock, the
//! environment, a file or another input, and that an expression pays only for the
//! definitions that it uses.

mod definitions;

use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::native::Fun;
use jaq_json::Val;

use self::definitions::DEFINITIONS;
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

/// The definitions and native functions that a program may use, found by its words.
/// A word in a string or an object's key counts too; that costs a little and harms nothing.
pub(crate) fn for_program(code: &str) -> (Vec<Def<&'static str>>, Vec<Fun<Data>>) {
    let reached = definitions::reached(words(code).filter(|word| !is_refused(word)));
    if reached.names.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let defs = reached.definitions.iter().filter_map(|definition| definition.parse()).collect();
    let is_reached = |name: &str| reached.names.binary_search(&name).is_ok();
    (defs, natives().filter(|(name, ..)| is_reached(name)).collect())
}

/// The words of a program that could name a function: `map` and `@base64`, and neither the
/// `name` of `.name` nor that of `$name`.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = code.as_bytes();
    let mut end = 0;
    let spans = std::iter::from_fn(move || {
        let start = end + bytes[end..].iter().position(|byte| is_word(*byte) || *byte == b'@')?;
        // An `@` begins a word wherever it stands, as in `.on and@text`.
        let length = bytes[start + 1..].iter().position(|byte| !is_word(*byte));
        end = length.map_or(bytes.len(), |length| start + 1 + length);
        Some((start, end))
    });
    let is_function = |(start, _): &(usize, usize)| match (&bytes[..*start], bytes[*start]) {
        // What follows two dots is a word of its own, and what has an `@` is never a field.
        ([.., b'.', b'.'], _) | (_, b'@') => true,
        ([.., b'.' | b'$'], _) => false,
        _ => true,
    };
    spans.filter(is_function).map(|(start, end)| &code[start..end])
}

/// The name and the number of arguments of each function, for hints.
pub(crate) fn names() -> Vec<(&'static str, usize)> {
    let defined = DEFINITIONS.iter().map(|definition| (definition.name, definition.arity));
    let native = natives().map(|(name, arguments, _)| (name, arguments.len()));
    defined.chain(native).filter(|(name, _)| !is_refused(name)).collect()
}

/// Every native function, also those that are left out: no program's words reach them.
fn natives() -> impl Iterator<Item = Fun<Data>> {
    let theirs = jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs());
    theirs.chain(crate::natives::all()).chain(functions::natives())
}

#[cfg(test)]
mod tests;
