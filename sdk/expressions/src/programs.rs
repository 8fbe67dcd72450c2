//! The programs that were made of expressions, kept from call to call. It promises that a kept
//! program is the one that would be made anew: it hangs on the expression's text and the names
//! of its variables and on nothing else. It never keeps a value that a program ran on.

use std::cell::RefCell;
use std::rc::Rc;

use jaq_core::Filter;

use crate::failure::Failure;
use crate::prelude::Data;
use crate::program::{Variables, compile};

/// How many programs are kept; a flow seldom has as many expressions.
const MAX_KEPT: usize = 64;
/// The longest text of which the program is kept, in bytes: a program takes some fifty times as
/// much, and what is kept must stay small.
const MAX_KEPT_BYTES: usize = 8 * 1024;

/// A program and what it was made of.
struct Kept {
    expression: String,
    names: Vec<String>,
    program: Rc<Filter<Data>>,
}

thread_local! {
    /// The programs, the one that was used last at the end.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// The program of an expression with variables of these names, each with its `$`: the one that
/// is kept, or one that is made now.
pub(crate) fn kept(expression: &str, names: &[String]) -> Result<Rc<Filter<Data>>, Failure> {
    let same = |kept: &Kept| kept.expression == expression && kept.names == names;
    let found = KEPT.with_borrow_mut(|all| {
        let kept = all.iter().rposition(same).map(|place| all.remove(place))?;
        let program = Rc::clone(&kept.program);
        all.push(kept);
        Some(program)
    });
    if let Some(program) = found {
        return Ok(program);
    }
    let program = Rc::new(compile(expression, Variables::Named(names))?.program);
    if expression.len() <= MAX_KEPT_BYTES {
        let (expression, names) = (expression.to_owned(), names.to_vec());
        KEPT.with_borrow_mut(|all| {
            if all.len() == MAX_KEPT {
                all.remove(0);
            }
            all.push(Kept { expression, names, program: Rc::clone(&program) });
        });
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{MAX_KEPT, kept};

    #[test]
    fn a_program_is_made_once_for_its_text_and_its_variables() {
        let names =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let first = kept("$a + 1", &names(&["$a"])).unwrap();
        assert!(Rc::ptr_eq(&first, &kept("$a + 1", &names(&["$a"])).unwrap()));
        assert!(!Rc::ptr_eq(&first, &kept("$a + 1", &names(&["$b", "$a"])).unwrap()));
        assert!(kept("$a + 1", &names(&["$b"])).is_err());
        for n in 0..MAX_KEPT {
            kept(&n.to_string(), &[]).unwrap();
        }
        assert!(!Rc::ptr_eq(&first, &kept("$a + 1", &names(&["$a"])).unwrap()));
    }
}
