//! Postal addresses as lines and as one text. It takes addresses as canonical records have them,
//! and writes the town as the country does where that is known. It never reads an address out
//! of free text: what is what in it is a guess.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;

use super::{text, text_or_null, wants, whole};
use crate::prelude::Data;

/// The most lines that a text is split into.
const MAX_LINES: i32 = 20;

/// Where the town stands with its postal code after it: `Austin, TX 78701`.
const CODE_AFTER: [&str; 3] = ["AU", "CA", "US"];
/// Where the postal code has a line of its own.
const CODE_ALONE: [&str; 5] = ["GB", "GG", "IE", "IM", "JE"];

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 3] = [
        ("address_lines", 0, |cv| bome(address_lines(&cv.1))),
        ("split_lines", 1, |mut cv| bome(split_lines(&cv.1, &cv.0.pop_var()))),
        ("join_lines", 1, |mut cv| bome(join_lines(&cv.1, &cv.0.pop_var()))),
    ];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// An address as the lines of an envelope.
fn address_lines(value: &Val) -> ValR<Val> {
    let members = match value {
        Val::Null => return Ok(Val::Arr(Default::default())),
        Val::Obj(members) => members,
        other => return Err(wants("address_lines", "an object such as {line1, city}", other)),
    };
    let member = |name: &str| match members.get(&Val::from(name.to_owned())) {
        None | Some(Val::Null) => Ok(""),
        Some(part) => text("address_lines", part).map(str::trim),
    };
    let (city, region, code) = (member("city")?, member("region")?, member("postal_code")?);
    let country = member("country")?;
    let with = |parts: &[&str], between: &str| {
        let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        parts.join(between)
    };
    let mut lines = vec![member("line1")?.to_owned(), member("line2")?.to_owned()];
    match country.to_uppercase().as_str() {
        after if CODE_AFTER.contains(&after) => {
            let between = if after == "US" { ", " } else { " " };
            lines.push(with(&[city, &with(&[region, code], " ")], between));
        }
        alone if CODE_ALONE.contains(&alone) => {
            lines.extend([city, region, code].map(str::to_owned));
        }
        _ => lines.extend([with(&[code, city], " "), region.to_owned()]),
    }
    lines.push(country.to_owned());
    Ok(lines.into_iter().filter(|line| !line.is_empty()).map(Val::from).collect())
}

/// The lines of a text, or of an array, as exactly so many: the last has what is left.
fn split_lines(value: &Val, count: &Val) -> ValR<Val> {
    let count = usize::try_from(whole("split_lines", count, 1, MAX_LINES)?).unwrap_or(1);
    let mut lines = lines("split_lines", value)?;
    if lines.len() > count {
        let rest = lines.split_off(count - 1).join(", ");
        lines.push(rest);
    }
    lines.resize(count, String::new());
    Ok(lines
        .into_iter()
        .map(|line| Some(line).filter(|line| !line.is_empty()))
        .map(|line| line.map_or(Val::Null, Val::from))
        .collect())
}

/// The lines of a text, or of an array, as one, or null where there are none.
fn join_lines(value: &Val, between: &Val) -> ValR<Val> {
    let (lines, between) = (lines("join_lines", value)?, text("join_lines", between)?);
    text_or_null((!lines.is_empty()).then(|| lines.join(between)))
}

/// The lines that are not empty, without the space around them.
fn lines(function: &str, value: &Val) -> Result<Vec<String>, Error<Val>> {
    let mut all = Vec::new();
    match value {
        Val::Null => {}
        Val::Arr(items) => {
            for item in items.iter().filter(|item| !matches!(item, Val::Null)) {
                all.extend(text(function, item)?.lines());
            }
        }
        other => all.extend(text(function, other)?.lines()),
    }
    let lines = all.into_iter().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}
