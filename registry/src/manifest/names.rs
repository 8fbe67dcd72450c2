//! The syntax of names, and the nearest known one to a name that is not known.
//!
//! Pure functions over text. Never decides what a name means.

/// The longest name of a connector, param, secret, auth or entity, in bytes.
const NAME_BYTES_MAX: usize = 48;
/// The longest kind of an event, or name of an action, in bytes.
const KIND_BYTES_MAX: usize = 96;
/// The longest text that is compared with the known names.
const SUGGEST_BYTES_MAX: usize = 64;

/// The most known names that are listed.
const SHOWN_MAX: usize = 50;

/// Whether `text` is a connector's id: `^[a-z][a-z0-9-]{0,47}$`.
pub(super) fn is_id(text: &str) -> bool {
    begins_with_letter(text, NAME_BYTES_MAX)
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Whether `text` names a param, a secret, an auth, an entity or a canonical schema:
/// `^[a-z][a-z0-9_]{0,47}$`.
pub(super) fn is_name(text: &str) -> bool {
    begins_with_letter(text, NAME_BYTES_MAX)
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Whether `text` is the kind of an event or the name of an action: `^[a-z_]+\.[a-z_]+$`.
pub(super) fn is_kind(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'_'));
    text.len() <= KIND_BYTES_MAX
        && text.split_once('.').is_some_and(|(thing, verb)| word(thing) && word(verb))
}

/// Whether `text` is the name of a header: a token of RFC 9110, section 5.6.2.
pub(super) fn is_header(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether `text` is a path, or the beginning of one: absolute, without query, fragment, dot
/// segments or anything that a URL would have to escape.
pub(super) fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>?\\^`{|}".contains(&b))
        && text.split('/').all(|segment| !is_dots(segment))
}

/// Whether a path segment is `.` or `..`, plain or escaped.
fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    plain == "." || plain == ".."
}

fn begins_with_letter(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The known name that `word` was most likely meant to be, if one is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > SUGGEST_BYTES_MAX {
        return None;
    }
    let far = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The hint for a name that is not known: the nearest one, and all of them.
pub(super) fn hint(word: &str, what: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return format!("there are no {what}");
    }
    let mut list = format!("known {what}: {}", known[..known.len().min(SHOWN_MAX)].join(", "));
    if known.len() > SHOWN_MAX {
        list.push_str(", …");
    }
    match nearest(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? {list}"),
        None => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_syntax() {
        assert!(is_id("xero") && is_id("amazon-sp-api2"));
        assert!(!is_id("Xero") && !is_id("-x") && !is_id("") && !is_id("1x") && !is_id("a_b"));
        assert!(is_id(&"a".repeat(48)) && !is_id(&"a".repeat(49)));
        assert!(is_name("tenant_id") && !is_name("tenant-id"));
        assert!(is_kind("invoice.updated") && is_kind("time_entry.created"));
        assert!(!is_kind("invoice") && !is_kind("a.b.c") && !is_kind(".b") && !is_kind("A.b"));
        assert!(is_header("x-xero-signature") && !is_header("x y") && !is_header("x:"));
    }

    #[test]
    fn a_path_cannot_climb_or_carry_a_query() {
        assert!(is_path("/") && is_path("/api.xro/2.0/") && is_path("/a/...b"));
        for bad in ["", "a", "/a/../b", "/a/%2E%2e/", "/.", "/a?b", "/a#b", "/a b", "/{id}", "/é"]
        {
            assert!(!is_path(bad), "{bad}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(nearest("secert", ["kind", "secret"]), Some("secret"));
        assert_eq!(nearest("zzzzzz", ["kind", "secret"]), None);
        assert_eq!(nearest(&"s".repeat(10_000), ["secret"]), None);
        assert_eq!(hint("x", "params", &[]), "there are no params");
        let many = vec!["param"; 1000];
        assert!(hint("x", "params", &many).ends_with("param, …"));
    }
}
