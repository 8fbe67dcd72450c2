//! Texts as TOML writes them, and names as a manifest takes them.
//!
//! Promises that what it writes reads as the text that it was given, on one line.

/// The longest name that is made of a description's.
const NAME_CHARS_MAX: usize = 40;

/// A text as a TOML string: in single quotes where it has none, as jq is best read.
pub(super) fn string(text: &str) -> String {
    let plain = !text.contains('\'') && !text.chars().any(char::is_control);
    if plain && text.contains(['"', '\\']) {
        return format!("'{text}'");
    }
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            c if c.is_control() => written.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => written.push(c),
        }
    }
    written + "\""
}

/// A key as TOML writes it.
pub(super) fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match !name.is_empty() && name.bytes().all(bare) {
        true => name.to_owned(),
        false => string_in_doubles(name),
    }
}

fn string_in_doubles(name: &str) -> String {
    let written = string(name);
    match written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(inner) => format!("\"{}\"", inner.replace('\\', "\\\\").replace('"', "\\\"")),
        None => written,
    }
}

/// A line of a description's words: short, plain, and without what a comment cannot hold.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = words.chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// A name in small letters and `_`, such as `line_item` for `LineItems`; none where no letter is
/// left. Digits are left out, since the name of an action has none.
pub(super) fn name(words: &str) -> Option<String> {
    let mut name = String::new();
    let mut before = ' ';
    for c in words.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('_');
        }
        match c {
            c if c.is_ascii_alphabetic() => name.push(c.to_ascii_lowercase()),
            c if c.is_ascii_digit() => {}
            _ => name.push('_'),
        }
        before = c;
    }
    let parts: Vec<&str> = name.split('_').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("_").chars().take(NAME_CHARS_MAX).collect();
    let name = name.trim_end_matches('_').to_owned();
    (!name.is_empty()).then_some(name)
}

/// The one of many: `invoice` for `invoices`.
pub(super) fn singular(name: &str) -> String {
    let ending = |from: &str, to: &str| name.strip_suffix(from).map(|stem| format!("{stem}{to}"));
    let of_s = || {
        let kept = ["ss", "us", "is", "news"].iter().any(|end| name.ends_with(end));
        if kept || name.len() < 4 { None } else { ending("s", "") }
    };
    ["ies"]
        .iter()
        .find_map(|end| ending(end, "y").filter(|one| one.len() > 2))
        .or_else(|| {
            ["sses", "xes", "ches", "shes"]
                .iter()
                .find_map(|end| ending(end, end.strip_suffix("es").unwrap_or_default()))
        })
        .or_else(of_s)
        .unwrap_or_else(|| name.to_owned())
}
