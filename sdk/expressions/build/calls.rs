//! Which functions a term calls. It answers by name and number of arguments alone; it never
//! looks at what the functions do.

use std::collections::BTreeSet;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

/// A name and the number of arguments.
type Call<'a> = (&'a str, usize);

/// All functions that a term calls, once each.
pub(crate) fn of<'a>(tree: &Term<&'a str>) -> BTreeSet<Call<'a>> {
    let mut into = BTreeSet::new();
    term(tree, &mut into);
    into
}

/// Adds all functions that a term calls.
fn term<'a>(tree: &Term<&'a str>, into: &mut BTreeSet<Call<'a>>) {
    match tree {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => {}
        Term::Str(format, parts) => {
            into.extend(format.map(|format| (format, 0)));
            for part in parts {
                if let StrPart::Term(inner) = part {
                    term(inner, into);
                }
            }
        }
        Term::Arr(inner) => inner.iter().for_each(|inner| term(inner, into)),
        Term::Obj(members) => {
            for (key, value) in members {
                term(key, into);
                value.iter().for_each(|inner| term(inner, into));
            }
        }
        Term::Neg(inner) | Term::Label(_, inner) => term(inner, into),
        Term::BinOp(left, operator, right) => {
            if let BinaryOp::Pipe(Some(bound)) = operator {
                pattern(bound, into);
            }
            term(left, into);
            term(right, into);
        }
        Term::Fold(_, source, bound, arguments) => {
            term(source, into);
            pattern(bound, into);
            arguments.iter().for_each(|inner| term(inner, into));
        }
        Term::TryCatch(inner, caught) => {
            term(inner, into);
            caught.iter().for_each(|inner| term(inner, into));
        }
        Term::IfThenElse(cases, otherwise) => {
            for (condition, then) in cases {
                term(condition, into);
                term(then, into);
            }
            otherwise.iter().for_each(|inner| term(inner, into));
        }
        Term::Def(defs, inner) => {
            defs.iter().for_each(|def| term(&def.body, into));
            term(inner, into);
        }
        Term::Call(name, arguments) => {
            into.insert((name, arguments.len()));
            arguments.iter().for_each(|inner| term(inner, into));
        }
        Term::Path(inner, Path(parts)) => {
            term(inner, into);
            for (part, _) in parts {
                match part {
                    Part::Index(index) => term(index, into),
                    Part::Range(from, to) => {
                        from.iter().chain(to).for_each(|inner| term(inner, into));
                    }
                }
            }
        }
    }
}

/// Adds all functions that a destructuring pattern calls, as in `{(f): $x}`.
fn pattern<'a>(bound: &Pattern<&'a str>, into: &mut BTreeSet<Call<'a>>) {
    match bound {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| pattern(item, into)),
        Pattern::Obj(members) => {
            for (key, value) in members {
                term(key, into);
                pattern(value, into);
            }
        }
    }
}
