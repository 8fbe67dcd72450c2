//! Texts that systems write differently. It promises to give null for
//! what is missing, never an empty string, and not to guess what a person would have to ask.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{RunPtr, ValR};
use jaq_json::Val;

use super::{text, text_or_null, whole};
use crate::prelude::Data;

/// The longest text that `truncate` is asked for, in characters.
const MAX_CHARS: i32 = 1_000_000;

/// Letters and what stands for them in an address of the web, where that is not the letter
/// without its marks.
const SPELT: [(&str, &str); 12] = [
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ø", "o"),
    ("ð", "d"),
    ("þ", "th"),
    ("đ", "d"),
    ("ł", "l"),
    ("ı", "i"),
    ("ħ", "h"),
    ("ŋ", "n"),
    ("&", " and "),
];
/// Letters without marks, and with each of theirs.
const MARKED: [(char, &str); 19] = [
    ('a', "àáâãäåāăą"),
    ('c', "çćĉċč"),
    ('d', "ď"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('h', "ĥ"),
    ('i', "ìíîïĩīĭį"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺļľ"),
    ('n', "ñńņň"),
    ('o', "òóôõöōŏő"),
    ('r', "ŕŗř"),
    ('s', "śŝşšș"),
    ('t', "ţťț"),
    ('u', "ùúûüũūŭůűų"),
    ('w', "ŵ"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
];

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 4] = [
        ("trim_or_null", 0, |cv| bome(trim_or_null(&cv.1))),
        ("truncate", 1, |mut cv| bome(truncate(&cv.1, &cv.0.pop_var()))),
        ("normalise_email", 0, |cv| bome(normalise_email(&cv.1))),
        ("slug", 0, |cv| bome(slug(&cv.1))),
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

/// The text as a part of an address of the web, or null where nothing is left.
fn slug(value: &Val) -> ValR<Val> {
    let mut text = match value {
        Val::Null => return Ok(Val::Null),
        other => text("slug", other)?.to_lowercase(),
    };
    for (letter, spelt) in SPELT {
        text = text.replace(letter, spelt);
    }
    let plain = |c: char| MARKED.iter().find(|(_, marked)| marked.contains(c)).map_or(c, |m| m.0);
    let text: String = text.chars().filter(|c| !"'’ʼ".contains(*c)).map(plain).collect();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    text_or_null((!slug.is_empty()).then_some(slug))
}
