//! Parsed jq back to text. It promises a text that reads as the same tree, not a pretty one:
//! whatever is not a single word or bracket gets parentheses.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Opt, Part, Path};

/// `def name(arguments): body;`.
pub(crate) fn definition(def: &Def<&str>) -> String {
    let arguments = match def.args.as_slice() {
        [] => String::new(),
        some => format!("({})", some.join(";")),
    };
    // A space, because a format such as `@text` would take the colon for a part of its name.
    format!("def {}{arguments}: {};", def.name, term(&def.body))
}

/// A whole term.
fn term(tree: &Term<&str>) -> String {
    match tree {
        Term::Id => ".".to_owned(),
        Term::Recurse => "..".to_owned(),
        Term::Num(text) | Term::Var(text) => (*text).to_owned(),
        Term::Str(None, parts) => string(parts),
        Term::Str(Some(format), parts) => format!("{format} {}", string(parts)),
        Term::Arr(None) => "[]".to_owned(),
        Term::Arr(Some(inner)) => format!("[{}]", term(inner)),
        Term::Obj(members) => format!("{{{}}}", joined(members, ",", member)),
        Term::Neg(inner) => format!("-{}", atom(inner)),
        Term::BinOp(left, how, right) => {
            format!("{} {} {}", atom(left), operator(how), atom(right))
        }
        Term::Label(name, inner) => format!("label {name} | {}", atom(inner)),
        Term::Break(name) => format!("break {name}"),
        Term::Fold(word, source, bound, arguments) => {
            let arguments = joined(arguments, ";", term);
            format!("{word} {} as {} ({arguments})", atom(source), pattern(bound))
        }
        Term::TryCatch(inner, None) => format!("try {}", atom(inner)),
        Term::TryCatch(inner, Some(caught)) => {
            format!("try {} catch {}", atom(inner), atom(caught))
        }
        Term::IfThenElse(cases, otherwise) => {
            let case = |(condition, then): &(Term<&str>, Term<&str>)| {
                format!("if {} then {}", term(condition), term(then))
            };
            let otherwise = otherwise.as_ref().map(|other| format!(" else {}", term(other)));
            format!("{}{} end", joined(cases, " el", case), otherwise.unwrap_or_default())
        }
        Term::Def(defs, inner) => format!("{} {}", joined(defs, " ", definition), atom(inner)),
        Term::Call(name, arguments) if arguments.is_empty() => (*name).to_owned(),
        Term::Call(name, arguments) => format!("{name}({})", joined(arguments, ";", term)),
        Term::Path(inner, Path(parts)) => format!("{}{}", atom(inner), joined(parts, "", part)),
    }
}

/// A term that keeps together whatever stands before and after it.
fn atom(tree: &Term<&str>) -> String {
    match tree {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(_) | Term::Obj(_) | Term::Call(..) => {
            term(tree)
        }
        _ => format!("({})", term(tree)),
    }
}

/// A string; the text between escapes is as it was in the source.
fn string(parts: &[StrPart<&str, Term<&str>>]) -> String {
    let part = |part: &StrPart<&str, Term<&str>>| match part {
        StrPart::Str(text) => (*text).to_owned(),
        StrPart::Term(inner) => format!("\\({})", term(inner)),
        StrPart::Char(escaped) => format!("\\u{:04x}", u32::from(*escaped)),
    };
    format!("\"{}\"", joined(parts, "", part))
}

/// A member of an object; without a value its key is a string or a variable.
fn member((key, value): &(Term<&str>, Option<Term<&str>>)) -> String {
    match value {
        Some(value) => format!("({}): {}", term(key), atom(value)),
        None => term(key),
    }
}

/// A step of a path.
fn part((part, optional): &(Part<Term<&str>>, Opt)) -> String {
    let inside = match part {
        Part::Index(index) => term(index),
        Part::Range(None, None) => String::new(),
        Part::Range(from, to) => {
            let bound = |bound: &Option<Term<&str>>| bound.as_ref().map(atom).unwrap_or_default();
            format!("{}:{}", bound(from), bound(to))
        }
    };
    format!("[{inside}]{}", if matches!(optional, Opt::Optional) { "?" } else { "" })
}

/// What follows `as`.
fn pattern(bound: &Pattern<&str>) -> String {
    match bound {
        Pattern::Var(name) => (*name).to_owned(),
        Pattern::Arr(items) => format!("[{}]", joined(items, ",", pattern)),
        Pattern::Obj(members) => {
            let member = |(key, value): &(Term<&str>, Pattern<&str>)| {
                format!("({}): {}", term(key), pattern(value))
            };
            format!("{{{}}}", joined(members, ",", member))
        }
    }
}

/// An operator between two terms.
fn operator(how: &BinaryOp<&str>) -> String {
    match how {
        BinaryOp::Pipe(None) => "|".to_owned(),
        BinaryOp::Pipe(Some(bound)) => format!("as {} |", pattern(bound)),
        BinaryOp::Comma => ",".to_owned(),
        BinaryOp::Alt => "//".to_owned(),
        BinaryOp::Or => "or".to_owned(),
        BinaryOp::And => "and".to_owned(),
        BinaryOp::Math(operation) => operation.as_str().to_owned(),
        BinaryOp::Cmp(comparison) => comparison.as_str().to_owned(),
        BinaryOp::Assign => "=".to_owned(),
        BinaryOp::Update => "|=".to_owned(),
        BinaryOp::UpdateMath(operation) => format!("{}=", operation.as_str()),
        BinaryOp::UpdateAlt => "//=".to_owned(),
    }
}

/// The texts of several things, with something between them.
fn joined<T>(things: &[T], between: &str, text: impl Fn(&T) -> String) -> String {
    things.iter().map(text).collect::<Vec<_>>().join(between)
}
