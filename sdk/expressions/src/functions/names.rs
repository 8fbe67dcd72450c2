//! Names of persons, whole and in parts. It promises to give null for what is missing, and to
//! take apart only by words that are known; which part of a name is which is a matter of where
//! somebody comes from, so what it gives is for forms that ask for two halves.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{RunPtr, ValR};
use jaq_json::Val;

use super::{text, text_or_null, wants};
use crate::prelude::Data;

/// Words that begin a family name of several words, as they are written in one.
const PARTICLES: [&str; 29] = [
    "af", "av", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du",
    "ibn", "la", "las", "le", "los", "op", "ten", "ter", "van", "vom", "von", "y", "zu", "zum",
    "zur",
];
/// Words before a name, without their full stops, in lower case.
const TITLES: [&str; 18] = [
    "dame",
    "dr",
    "frau",
    "herr",
    "ing",
    "lady",
    "lord",
    "miss",
    "mme",
    "mr",
    "mrs",
    "ms",
    "mx",
    "prof",
    "professor",
    "rev",
    "sir",
    "sra",
];
/// Words after a name, likewise.
const SUFFIXES: [&str; 14] =
    ["cpa", "esq", "ii", "iii", "iv", "jr", "kc", "llm", "mba", "md", "obe", "phd", "sr", "bsc"];

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 4] = [
        ("split_name", 0, |cv| bome(split_name(&cv.1))),
        ("name_parts", 0, |cv| bome(name_parts(&cv.1))),
        ("join_name", 0, |cv| bome(join_name(&cv.1))),
        ("initials", 0, |cv| bome(initials(&cv.1))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// A full name as its two halves.
fn split_name(value: &Val) -> ValR<Val> {
    let (first, last) = halves(full("split_name", value)?);
    Ok(object([("first", first), ("last", last)]))
}

/// A full name as its two halves, and what stands before and after them.
fn name_parts(value: &Val) -> ValR<Val> {
    let mut left = full("name_parts", value)?.trim();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    while let Some((word, rest)) = left.split_once(char::is_whitespace) {
        if !is_one_of(word, &TITLES) {
            break;
        }
        before.push(word);
        left = rest.trim_start();
    }
    while let Some((rest, word)) = left.rsplit_once([' ', ',']) {
        if !is_one_of(word, &SUFFIXES) {
            break;
        }
        after.insert(0, word);
        left = rest.trim_end_matches([' ', ',']);
    }
    let (first, last) = halves(left);
    Ok(object([
        ("prefix", joined(&before)),
        ("first", first),
        ("last", last),
        ("suffix", joined(&after)),
    ]))
}

/// The two halves: by a comma, by the first particle, or by the last word.
fn halves(full: &str) -> (Option<String>, Option<String>) {
    if let Some((last, first)) = full.split_once(',') {
        return (joined(&words(first)), joined(&words(last)));
    }
    let all = words(full);
    let particle = all.iter().skip(1).position(|word| PARTICLES.contains(word));
    let last = particle.map_or(all.len().max(2) - 1, |place| place + 1);
    let (first, last) = all.split_at(last.min(all.len()));
    (joined(first), joined(last))
}

/// The parts as a full name, or null where there is none.
fn join_name(value: &Val) -> ValR<Val> {
    let Val::Obj(members) = value else {
        return Err(wants("join_name", "an object with `first` and `last`", value));
    };
    let mut parts = Vec::new();
    for part in ["prefix", "first", "last", "suffix"] {
        match members.get(&Val::from(part.to_owned())) {
            None | Some(Val::Null) => {}
            Some(part) => parts.extend(words(text("join_name", part)?)),
        }
    }
    text_or_null(joined(&parts))
}

/// The first letter of each word, in capitals; particles have none.
fn initials(value: &Val) -> ValR<Val> {
    let all = words(full("initials", value)?);
    let letters = all.iter().filter(|word| !PARTICLES.contains(*word));
    let letters = letters.filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let letters: String = letters.flat_map(char::to_uppercase).collect();
    text_or_null((!letters.is_empty()).then_some(letters))
}

fn full<'a>(function: &str, value: &'a Val) -> Result<&'a str, jaq_core::Error<Val>> {
    match value {
        Val::Null => Ok(""),
        other => text(function, other),
    }
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    let plain: String = word.chars().filter(|c| *c != '.').collect();
    known.contains(&plain.to_lowercase().as_str())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn joined(words: &[&str]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

fn object<const N: usize>(members: [(&str, Option<String>); N]) -> Val {
    let member = |(name, part): (&str, Option<String>)| {
        (Val::from(name.to_owned()), part.map_or(Val::Null, Val::from))
    };
    Val::obj(members.into_iter().map(member).collect())
}
