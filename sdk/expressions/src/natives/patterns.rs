//! Regular expressions: what `test`, `match`, `capture`, `scan`, `split` and `sub` are built
//! on. The time of a search grows with the text and the pattern, and never explodes.

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
    let pattern = compile(text(&pattern)?, flags)?;
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
