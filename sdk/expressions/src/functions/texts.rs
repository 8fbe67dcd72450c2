//! Names, addresses and values that systems write differently. It promises to give null for
//! what is missing, never an empty string, and not to guess what a person would have to ask.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{RunPtr, ValR};
use jaq_json::Val;

use super::{text, text_or_null, wants, whole};
use crate::prelude::Data;

/// The longest text that `truncate` is asked for, in characters.
const MAX_CHARS: i32 = 1_000_000;

/// Words that begin a family name of several words, as they are written in one.
const PARTICLES: [&str; 21] = [
    "af", "av", "bin", "da", "de", "del", "den", "der", "di", "dos", "du", "ibn", "la", "le",
    "ten", "ter", "van", "vom", "von", "zu", "zum",
];

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 5] = [
        ("trim_or_null", 0, |cv| bome(trim_or_null(&cv.1))),
        ("truncate", 1, |mut cv| bome(truncate(&cv.1, &cv.0.pop_var()))),
        ("normalise_email", 0, |cv| bome(normalise_email(&cv.1))),
        ("split_name", 0, |cv| bome(split_name(&cv.1))),
        ("join_name", 0, |cv| bome(join_name(&cv.1))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// The text without the space around it, or null where nothing is left.
fn trim_or_null(value: &Val) -> ValR<Val> {
    if matches!(value, Val::Null) {
        return Ok(Val::Null);
    }
    let trimmed = text("trim_or_null", value)?.trim();
    text_or_null((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

/// The first characters of the text.
fn truncate(value: &Val, chars: &Val) -> ValR<Val> {
    let most = usize::try_from(whole("truncate", chars, 0, MAX_CHARS)?).unwrap_or(0);
    if matches!(value, Val::Null) {
        return Ok(Val::Null);
    }
    let whole_text = text("truncate", value)?;
    let end = whole_text.char_indices().nth(most).map_or(whole_text.len(), |(end, _)| end);
    // A cut in the middle of words would leave a space at the end.
    let kept = if end < whole_text.len() { whole_text[..end].trim_end() } else { whole_text };
    Ok(Val::from(kept.to_owned()))
}

/// An address in the form in which two of them compare, or null where it is none.
fn normalise_email(value: &Val) -> ValR<Val> {
    if matches!(value, Val::Null) {
        return Ok(Val::Null);
    }
    let address = text("normalise_email", value)?.trim().to_lowercase();
    let plausible = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.contains('@')
            && domain.split('.').count() > 1
            && domain.split('.').all(|label| !label.is_empty())
            && !address.contains(char::is_whitespace)
    });
    text_or_null(plausible.then_some(address))
}

/// A full name as its two halves.
fn split_name(value: &Val) -> ValR<Val> {
    let full = match value {
        Val::Null => "",
        other => text("split_name", other)?,
    };
    let joined = |words: &[&str]| (!words.is_empty()).then(|| words.join(" "));
    let (first, last) = if let Some((last, first)) = full.split_once(',') {
        (words(first), words(last))
    } else {
        let all = words(full);
        let particle = all.iter().skip(1).position(|word| PARTICLES.contains(word));
        let last = particle.map_or(all.len().max(2) - 1, |place| place + 1);
        let (first, last) = all.split_at(last.min(all.len()));
        (first.to_vec(), last.to_vec())
    };
    let member = |name: &str, half: &[&str]| {
        (Val::from(name.to_owned()), joined(half).map_or(Val::Null, Val::from))
    };
    Ok(Val::obj([member("first", &first), member("last", &last)].into_iter().collect()))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The two halves as a full name, or null where there is neither.
fn join_name(value: &Val) -> ValR<Val> {
    let Val::Obj(members) = value else {
        return Err(wants("join_name", "an object with `first` and `last`", value));
    };
    let mut parts = Vec::new();
    for half in ["first", "last"] {
        match members.get(&Val::from(half.to_owned())) {
            None | Some(Val::Null) => {}
            Some(part) => parts.extend(words(text("join_name", part)?)),
        }
    }
    text_or_null((!parts.is_empty()).then(|| parts.join(" ")))
}
