//! Which functions a program and a definition call. It answers by names alone, and rather
//! one too many than one too few; it never looks at what the functions do.

use std::collections::HashSet;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

/// The words of a program that could name a function: `map`, `@base64`.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@');
    code.split(other).filter(|word| !word.is_empty())
}

/// Adds the names of all functions that a term calls.
pub(crate) fn calls(term: &Term<&'static str>, into: &mut HashSet<&str>) {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => {}
        Term::Str(format, parts) => {
            into.extend(format);
            for part in parts {
                if let StrPart::Term(term) = part {
                    calls(term, into);
                }
            }
        }
        Term::Arr(inner) => inner.iter().for_each(|term| calls(term, into)),
        Term::Obj(members) => {
            for (key, value) in members {
                calls(key, into);
                value.iter().for_each(|term| calls(term, into));
            }
        }
        Term::Neg(inner) | Term::Label(_, inner) => calls(inner, into),
        Term::BinOp(left, operator, right) => {
            if let BinaryOp::Pipe(Some(bound)) = operator {
                pattern(bound, into);
            }
            calls(left, into);
            calls(right, into);
        }
        Term::Fold(_, source, bound, arguments) => {
            calls(source, into);
            pattern(bound, into);
            arguments.iter().for_each(|term| calls(term, into));
        }
        Term::TryCatch(inner, caught) => {
            calls(inner, into);
            caught.iter().for_each(|term| calls(term, into));
        }
        Term::IfThenElse(cases, otherwise) => {
            for (condition, then) in cases {
                calls(condition, into);
                calls(then, into);
            }
            otherwise.iter().for_each(|term| calls(term, into));
        }
        Term::Def(defs, inner) => {
            defs.iter().for_each(|def| calls(&def.body, into));
            calls(inner, into);
        }
        Term::Call(name, arguments) => {
            into.insert(name);
            arguments.iter().for_each(|term| calls(term, into));
        }
        Term::Path(inner, Path(parts)) => {
            calls(inner, into);
            for (part, _) in parts {
                match part {
                    Part::Index(index) => calls(index, into),
                    Part::Range(from, to) => {
                        from.iter().chain(to).for_each(|term| calls(term, into));
                    }
                }
            }
        }
    }
}

/// Adds the names of all functions that a destructuring pattern calls, as in `{(f): $x}`.
fn pattern(bound: &Pattern<&'static str>, into: &mut HashSet<&str>) {
    match bound {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| pattern(item, into)),
        Pattern::Obj(members) => {
            for (key, value) in members {
                calls(key, into);
                pattern(value, into);
            }
        }
    }
}
