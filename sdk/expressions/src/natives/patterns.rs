//! Regular expressions: what `test`, `match`, `capture`, `scan`, `split` and `sub` are built
//! on. The time of a search grows with the text and the pattern, and never explodes.

use std::cell::RefCell;
use std::rc::Rc;

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, Error, RunPtr, ValR};
use jaq_json::Val;
use regex_bites::{Captures, Regex, RegexBuilder};

use super::text;
use crate::prelude::Data;

/// The functions as jaq takes them: a pattern and its flags.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, RunPtr<Data>); 3] = [
        ("matches", |cv| bome(search(cv, Wanted { between: false, matches: true }))),
        ("split_matches", |cv| bome(search(cv, Wanted { between: true, matches: true }))),
        ("split_", |cv| bome(search(cv, Wanted { between: true, matches: false }))),
    ];
    all.into_iter().map(|(name, pointer)| run::<Data>((name, v(2), pointer)))
}

/// What a search answers.
struct Wanted {
    /// The texts between the matches.
    between: bool,
    /// The matches, each an array of the whole and its groups.
    matches: bool,
}

/// Searches the input.
fn search(mut cv: Cv<'_, Data>, wanted: Wanted) -> ValR<Val> {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let (flags, subject) = (text(&flags)?, text(&cv.1)?);
    let pattern = compiled(text(&pattern)?, flags)?;
    let mut found = Vec::new();
    let mut end_of_last = 0;
    let mut place = Place::default();
    for captures in pattern.captures_iter(subject) {
        let Some(all) = captures.get(0) else { continue };
        if flags.contains('n') && all.is_empty() {
            continue;
        }
        if wanted.between {
            found.push(Val::from(subject[end_of_last..all.start()].to_owned()));
            end_of_last = all.end();
        }
        if wanted.matches {
            found.push(groups(&pattern, &captures, subject, &mut place));
        }
        if !flags.contains('g') {
            break;
        }
    }
    if wanted.between {
        found.push(Val::from(subject[end_of_last..].to_owned()));
    }
    Ok(found.into_iter().collect())
}

/// How many compiled patterns are kept while expressions run.
const MAX_KEPT: usize = 16;

/// A pattern, its flags and what they were compiled to.
type Kept = (String, String, Rc<Regex>);

thread_local! {
    /// The patterns that were compiled last: an expression often searches many texts for the
    /// same pattern, and to compile it costs far more than to search.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// Forgets the patterns that were compiled, so that nothing stays from call to call.
pub(super) fn forget() {
    KEPT.take();
}

/// The compiled pattern, from those that are kept if it is there.
fn compiled(pattern: &str, flags: &str) -> Result<Rc<Regex>, Error<Val>> {
    let same = |kept: &&Kept| kept.0 == pattern && kept.1 == flags;
    let kept = KEPT.with_borrow(|all| all.iter().find(same).map(|kept| Rc::clone(&kept.2)));
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let new = Rc::new(compile(pattern, flags)?);
    KEPT.with_borrow_mut(|all| {
        if all.len() == MAX_KEPT {
            all.remove(0);
        }
        all.push((pattern.to_owned(), flags.to_owned(), Rc::clone(&new)));
    });
    Ok(new)
}

/// The pattern under its flags, which are jq's.
fn compile(pattern: &str, flags: &str) -> Result<Regex, Error<Val>> {
    if let Some(unknown) = flags.chars().find(|flag| !"gnimslxp".contains(*flag)) {
        return Err(Error::str(format_args!("`{unknown}` is no flag of a regular expression")));
    }
    let has = |flag| flags.contains(flag);
    RegexBuilder::new(pattern)
        .case_insensitive(has('i'))
        .multi_line(has('m') || has('p'))
        .dot_matches_new_line(has('s') || has('p'))
        .swap_greed(has('l'))
        .ignore_whitespace(has('x'))
        .build()
        .map_err(|error| Error::str(format_args!("the regular expression is not one: {error}")))
}

/// A match and its groups as jq shows them; a group that took no part is left out.
fn groups(pattern: &Regex, captures: &Captures<'_>, subject: &str, place: &mut Place) -> Val {
    let named = captures.iter().zip(pattern.capture_names());
    let group = |(group, name): (Option<regex_bites::Match<'_>>, Option<&str>)| {
        let group = group?;
        let mut members = vec![
            ("offset", Val::from(place.chars_before(subject, group.start()))),
            ("length", Val::from(group.as_str().chars().count())),
            ("string", Val::from(group.as_str().to_owned())),
        ];
        members.extend(name.map(|name| ("name", Val::from(name.to_owned()))));
        let member = |(key, value): (&str, Val)| (Val::from(key.to_owned()), value);
        Some(Val::obj(members.into_iter().map(member).collect()))
    };
    named.filter_map(group).collect()
}

/// How far a text has been counted, so that many matches do not count it many times.
#[derive(Default)]
struct Place {
    bytes: usize,
    chars: usize,
}

impl Place {
    /// How many characters are before a byte.
    fn chars_before(&mut self, subject: &str, byte: usize) -> usize {
        if byte < self.bytes {
            *self = Self::default();
        }
        self.chars += subject[self.bytes..byte].chars().count();
        self.bytes = byte;
        self.chars
    }
}
