//! Scrubbing: a credential that a system sends back is replaced before anybody sees it.
//!
//! Promises to find each secret of a connection as it is, percent-encoded, escaped for JSON, XML
//! and HTML, and in base64 at any alignment. Never touches secrets shorter than [`SECRET_BYTES_MIN`], which
//! would be found in innocent text.

use std::{borrow::Cow, fmt};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use url::form_urlencoded;

use super::credential::Credential;
use crate::secret::Secret;

/// The shortest secret that is looked for, in bytes.
const SECRET_BYTES_MIN: usize = 8;
/// What stands in its place.
const MARK: &[u8] = b"[secret]";
/// How many values a byte has.
const BYTE_VALUES: usize = 256;

/// Knows what must not come back on one connection.
#[derive(Clone)]
pub(super) struct Scrubber {
    /// Longest first, so that a form that holds another goes as a whole.
    needles: Vec<Secret<Vec<u8>>>,
    /// Whether some needle starts with this byte: most positions are passed by one look.
    starts: [bool; BYTE_VALUES],
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrubber({} needles)", self.needles.len())
    }
}

fn long_enough(text: &str) -> bool {
    text.len() >= SECRET_BYTES_MIN
}

impl Scrubber {
    pub(super) fn new<'a>(credentials: impl Iterator<Item = &'a Credential>) -> Self {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        for secret in credentials.flat_map(|credential| credential.secrets(long_enough)) {
            if long_enough(secret.expose()) {
                needles.extend(forms(secret.expose()));
            }
        }
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        let mut starts = [false; BYTE_VALUES];
        for first in needles.iter().filter_map(|needle| needle.first()) {
            starts[usize::from(*first)] = true;
        }
        Self { needles: needles.into_iter().map(Secret::new).collect(), starts }
    }

    /// The length of the needle that starts here.
    fn needle_at(&self, rest: &[u8]) -> Option<usize> {
        let needle = self.needles.iter().find(|needle| rest.starts_with(needle.expose()))?;
        Some(needle.expose().len())
    }

    /// The same bytes with a mark in the place of each secret; borrowed if there is none.
    fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut clean: Option<Vec<u8>> = None;
        let (mut from, mut at) = (0, 0);
        while at < bytes.len() {
            let found = if self.starts[usize::from(bytes[at])] {
                self.needle_at(&bytes[at..])
            } else {
                None
            };
            match found {
                Some(length) => {
                    let clean = clean.get_or_insert_default();
                    clean.extend_from_slice(&bytes[from..at]);
                    clean.extend_from_slice(MARK);
                    at += length;
                    from = at;
                }
                None => at += 1,
            }
        }
        match clean {
            Some(mut clean) => {
                clean.extend_from_slice(&bytes[from..]);
                Cow::Owned(clean)
            }
            None => Cow::Borrowed(bytes),
        }
    }

    /// A body without secrets.
    pub(super) fn body(&self, body: Bytes) -> Bytes {
        match self.bytes(&body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(clean) => clean.into(),
        }
    }

    /// A text without secrets; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn text(&self, text: &[u8]) -> String {
        String::from_utf8_lossy(&self.bytes(text)).into_owned()
    }
}

/// A text without these secrets, in whatever form they stand in it.
pub fn scrubbed(text: &str, secrets: &[Secret<String>]) -> String {
    let credentials: Vec<Credential> = secrets.iter().cloned().map(Credential::Bearer).collect();
    Scrubber::new(credentials.iter()).text(text.as_bytes())
}

/// The forms in which a secret may come back.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let upper = percent(secret);
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut forms: Vec<Vec<u8>> = vec![
        secret.as_bytes().to_vec(),
        lower_escapes(&form).into_bytes(),
        form.into_bytes(),
        lower_escapes(&upper).into_bytes(),
        upper.into_bytes(),
        json.replace('/', "\\/").into_bytes(),
        json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").into_bytes(),
        json.into_bytes(),
    ];
    for quotes in QUOTES {
        forms.push(marked_up(secret, quotes).into_bytes());
    }
    for lead in 0..3 {
        forms.extend(base64_within(secret.as_bytes(), lead));
    }
    forms
}

/// How the two kinds of quotes are written in XML and HTML: by XML itself, by Python, PHP, Go, and
/// where a text needs no escape for them.
const QUOTES: [[&str; 2]; 5] = [
    ["&quot;", "&apos;"],
    ["&quot;", "&#x27;"],
    ["&quot;", "&#039;"],
    ["&#34;", "&#39;"],
    ["\"", "'"],
];

/// The text of an element, or of an attribute.
fn marked_up(text: &str, [double, single]: [&str; 2]) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', double).replace('\'', single)
}

/// Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3).
pub(super) fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// The same encoding with its hexadecimal digits in lower case.
fn lower_escapes(encoded: &str) -> String {
    let mut left = 0;
    encoded
        .chars()
        .map(|c| {
            left = if c == '%' { 3 } else { left };
            let escape = left > 0;
            left = left.max(1) - 1;
            if escape { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// The characters of a base64 text that depend on the secret alone, when `lead` bytes (mod 3)
/// of something else stand before it: the secret within `user:secret`, for one.
fn base64_within(secret: &[u8], lead: usize) -> [Vec<u8>; 2] {
    let mut bytes = vec![0; lead];
    bytes.extend_from_slice(secret);
    // A character holds 6 bits; those that share bits with the neighbours are left out.
    let first = (lead * 8).div_ceil(6);
    let end = bytes.len() * 8 / 6;
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        .map(|text| text.as_bytes()[first..end].to_vec())
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;
    use crate::egress::Placeholders;

    fn scrubber(secret: &str) -> Scrubber {
        Scrubber::new([Credential::Bearer(Secret::new(secret.to_owned()))].iter())
    }

    fn clean(scrubber: &Scrubber, text: &str) -> String {
        scrubber.text(text.as_bytes())
    }

    #[test]
    fn a_secret_is_found_in_each_of_its_forms() {
        let secret = "s3cr+t/k\"y ü";
        let scrubber = scrubber(secret);
        for echoed in [
            "s3cr+t/k\"y ü",
            "s3cr%2Bt%2Fk%22y%20%C3%BC",
            "s3cr%2bt%2fk%22y%20%c3%bc",
            "s3cr%2Bt%2Fk%22y+%C3%BC",
            "s3cr+t/k\\\"y ü",
            "s3cr+t\\/k\\\"y ü",
            "s3cr+t/k&quot;y ü",
            "s3cr+t/k&#34;y ü",
        ] {
            assert_eq!(clean(&scrubber, &format!("<{echoed}>")), "<[secret]>", "{echoed}");
        }
    }

    #[test]
    fn a_short_secret_and_innocent_text_stay() {
        assert_eq!(clean(&scrubber("1234567"), "1234567"), "1234567");
        assert_eq!(clean(&scrubber("12345678"), "1234567 8"), "1234567 8");
        let none = Scrubber::new([].iter());
        assert_eq!(clean(&none, "anything"), "anything");
    }

    #[test]
    fn the_part_behind_a_prefix_is_found_too() {
        let value = Secret::new("Token token=abcdefgh12".to_owned());
        let header = Credential::Header { name: "authorization".into(), value };
        let scrubber = Scrubber::new([header].iter());
        assert_eq!(clean(&scrubber, "key abcdefgh12!"), "key [secret]!");
    }

    #[test]
    fn a_user_is_a_secret_where_the_form_says_so_or_the_password_cannot_be() {
        let basic = |username: &str, password: &str, user_is_secret: bool| {
            let [username, password] = [username, password].map(|t| Secret::new(t.to_owned()));
            Scrubber::new([Credential::Basic { username, password, user_is_secret }].iter())
        };
        let named = basic("ann@example.com", "correct-horse", false);
        assert_eq!(clean(&named, "ann@example.com correct-horse"), "ann@example.com [secret]");
        let secret = basic("ann@example.com", "correct-horse", true);
        assert_eq!(clean(&secret, "ann@example.com correct-horse"), "[secret] [secret]");
        let keyed = basic("0123456789abcdef", "X", false);
        assert_eq!(clean(&keyed, "0123456789abcdef"), "[secret]");
        assert_eq!(clean(&keyed, "MDEyMzQ1Njc4OWFiY2RlZjpY"), "[secret]");
    }

    #[test]
    fn a_secret_is_found_as_it_was_written_into_the_request() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let query = Credential::Query { name: "key".into(), value: secret("0123&456+789") };
        let query = Scrubber::new([query].iter());
        // The vendor repeats the request, and the address in it is an encoded one.
        assert_eq!(clean(&query, &STANDARD.encode("key=0123%26456%2B789")), "a2V5PT[secret]k=");
        assert_eq!(clean(&query, "key%3D0123%2526456%252B789"), "key%3D[secret]");
        let soap = Placeholders([("{secret:p}".to_owned(), secret("0123<456>789"))].into());
        let soap = Scrubber::new([Credential::Placeholders(soap.into())].iter());
        assert_eq!(clean(&soap, "<p>0123&lt;456&gt;789</p>"), "<p>[secret]</p>");
        let shown = clean(&soap, &STANDARD.encode("<p>0123&lt;456&gt;789</p>"));
        assert!(shown.contains("[secret]"), "{shown}");
        let prefixed =
            Credential::Header { name: "x".into(), value: secret("k=01234567=89abcdef") };
        let prefixed = Scrubber::new([prefixed].iter());
        assert_eq!(clean(&prefixed, "<01234567=89abcdef>"), "<[secret]>");
    }

    proptest! {
        #[test]
        fn base64_is_found_at_any_alignment(
            before in proptest::collection::vec(any::<u8>(), 0..6),
            secret in "[ -~]{8,40}",
            after in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            let whole = [&before[..], secret.as_bytes(), &after[..]].concat();
            for text in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                let clean = clean(&scrubber(&secret), &text);
                prop_assert!(clean.contains("[secret]"), "{} in {}", secret, text);
            }
        }

        #[test]
        fn nothing_but_the_secret_goes(before in "[a-z ]{0,40}", after in "[a-z ]{0,40}") {
            let text = format!("{before}KEY-0123456789{after}");
            let clean = clean(&scrubber("KEY-0123456789"), &text);
            prop_assert_eq!(clean, format!("{before}[secret]{after}"));
        }
    }
}
