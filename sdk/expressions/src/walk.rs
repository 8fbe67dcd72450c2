//! Every call in a parsed program, at whatever depth. It looks at names and arguments alone; it
//! never looks at what the functions do.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

/// Tells of every call in a term: its name and its arguments.
pub(crate) fn calls<'a>(tree: &Term<&'a str>, tell: &mut impl FnMut(&'a str, &[Term<&'a str>])) {
    match tree {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => {}
        Term::Str(format, parts) => {
            if let Some(format) = format {
                tell(format, &[]);
            }
            for part in parts {
                if let StrPart::Term(inner) = part {
                    calls(inner, tell);
                }
            }
        }
        Term::Arr(inner) => inner.iter().for_each(|inner| calls(inner, tell)),
        Term::Obj(members) => {
            for (key, value) in members {
                calls(key, tell);
                value.iter().for_each(|inner| calls(inner, tell));
            }
        }
        Term::Neg(inner) | Term::Label(_, inner) => calls(inner, tell),
        Term::BinOp(left, operator, right) => {
            if let BinaryOp::Pipe(Some(bound)) = operator {
                pattern(bound, tell);
            }
            calls(left, tell);
            calls(right, tell);
        }
        Term::Fold(_, source, bound, arguments) => {
            calls(source, tell);
            pattern(bound, tell);
            arguments.iter().for_each(|inner| calls(inner, tell));
        }
        Term::TryCatch(inner, caught) => {
            calls(inner, tell);
            caught.iter().for_each(|inner| calls(inner, tell));
        }
        Term::IfThenElse(cases, otherwise) => {
            for (condition, then) in cases {
                calls(condition, tell);
                calls(then, tell);
            }
            otherwise.iter().for_each(|inner| calls(inner, tell));
        }
        Term::Def(defs, inner) => {
            defs.iter().for_each(|def| calls(&def.body, tell));
            calls(inner, tell);
        }
        Term::Call(name, arguments) => {
            tell(name, arguments);
            arguments.iter().for_each(|inner| calls(inner, tell));
        }
        Term::Path(inner, Path(parts)) => {
            calls(inner, tell);
            for (part, _) in parts {
                match part {
                    Part::Index(index) => calls(index, tell),
                    Part::Range(from, to) => {
                        from.iter().chain(to).for_each(|inner| calls(inner, tell));
                    }
                }
            }
        }
    }
}

/// Tells of every call in a destructuring pattern, as in `{(f): $x}`.
fn pattern<'a>(bound: &Pattern<&'a str>, tell: &mut impl FnMut(&'a str, &[Term<&'a str>])) {
    match bound {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| pattern(item, tell)),
        Pattern::Obj(members) => {
            for (key, value) in members {
                calls(key, tell);
                pattern(value, tell);
            }
        }
    }
}
