//! The search: is one of many secrets in these bytes, in any form from which it could be had back?
//!
//! A canary has two halves with awkward characters between them. Each half is looked for by
//! itself too, so that an escape that nobody thought of in the middle hides nothing.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use url::form_urlencoded::byte_serialize;

/// The shortest needle: what is shorter stands in innocent bytes too.
const NEEDLE_BYTES_MIN: usize = 12;
/// What stands between the halves of a canary where any character may stand.
pub const AWKWARD: &str = "+/=\"&<'%\\ ?#";
/// The same for texts that go into an address, a cookie or a header by themselves.
pub const PLAIN: &str = "-._~";

/// Two halves that nothing else looks like.
pub fn canary(between: &str) -> String {
    let half = || uuid::Uuid::new_v4().simple().to_string()[..20].to_owned();
    format!("{}{between}{}", half(), half())
}

/// One form of one secret.
#[derive(Debug)]
struct Needle {
    of: String,
    form: &'static str,
    bytes: Vec<u8>,
}

/// What is to be looked for.
#[derive(Debug, Default)]
pub struct Needles(Vec<Needle>);

impl Needles {
    /// Adds a secret under a name.
    pub fn add(&mut self, of: &str, secret: &[u8]) {
        let halves = secret.split_at(secret.len() / 2);
        let parts = if secret.len() >= 2 * NEEDLE_BYTES_MIN {
            vec![secret, inner(halves.0), inner(halves.1)]
        } else {
            vec![secret]
        };
        let mut seen = BTreeSet::new();
        for part in parts {
            for (form, bytes) in forms(part) {
                if bytes.len() >= NEEDLE_BYTES_MIN && seen.insert(bytes.clone()) {
                    self.0.push(Needle { of: of.to_owned(), form, bytes });
                }
            }
        }
    }

    pub fn ready(self) -> Search {
        let automaton = AhoCorasick::new(self.0.iter().map(|needle| &needle.bytes)).unwrap();
        Search { automaton, needles: self.0 }
    }
}

/// Looks for all forms of all secrets at once.
#[derive(Debug)]
pub struct Search {
    automaton: AhoCorasick,
    needles: Vec<Needle>,
}

impl Search {
    /// What is found, each once: the secret and its form.
    pub fn hits(&self, bytes: &[u8]) -> BTreeSet<String> {
        let found = self.automaton.find_overlapping_iter(bytes);
        let found = found.map(|one| &self.needles[one.pattern().as_usize()]);
        found.map(|needle| format!("{} ({})", needle.of, needle.form)).collect()
    }

    /// Whether anything is found.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        self.automaton.is_match(bytes)
    }
}

/// A half without the awkward characters at its ends, which have forms of their own.
fn inner(half: &[u8]) -> &[u8] {
    let runs = half.split(|byte| !byte.is_ascii_alphanumeric());
    let longest = runs.max_by_key(|run| run.len()).unwrap_or(half);
    if longest.len() >= NEEDLE_BYTES_MIN { longest } else { half }
}

/// Every way in which it may be written so that a person could have it back.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let every = |upper: bool| {
        secret.iter().fold(String::new(), |mut out, byte| {
            out += &(if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") });
            out
        })
    };
    let numbers: Vec<String> = secret.iter().map(ToString::to_string).collect();
    let mut forms = vec![
        ("plain", secret.to_vec()),
        ("reversed", reversed),
        ("hex", hex::encode(secret).into_bytes()),
        ("hex", hex::encode_upper(secret).into_bytes()),
        ("percent, each byte", every(true).into_bytes()),
        ("percent, each byte", every(false).into_bytes()),
        ("a list of bytes", numbers.join(", ").into_bytes()),
        ("a list of bytes", numbers.join(",").into_bytes()),
    ];
    for lead in 0..3 {
        forms.extend(base64_within(secret, lead).map(|bytes| ("base64", bytes)));
    }
    let Ok(text) = std::str::from_utf8(secret) else { return forms };
    let form: String = byte_serialize(secret).collect();
    let percent = form.replace('+', "%20");
    let json = serde_json::Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let xml = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    forms.extend([
        ("percent", lower_escapes(&form).into_bytes()),
        ("percent", lower_escapes(&percent).into_bytes()),
        ("percent", percent.into_bytes()),
        ("form", form.into_bytes()),
        ("JSON", json.replace('/', "\\/").into_bytes()),
        ("JSON", json.into_bytes()),
        ("XML", xml.replace('\'', "&apos;").into_bytes()),
        ("XML", xml.into_bytes()),
        ("Rust", text.escape_debug().to_string().into_bytes()),
    ]);
    forms
}

fn lower_escapes(encoded: &str) -> String {
    let mut pieces = encoded.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |out, piece| format!("{out}%{}{}", piece[..2].to_lowercase(), &piece[2..]))
}

/// What depends on the secret alone in base64, with `lead` bytes of something else before it.
fn base64_within(secret: &[u8], lead: usize) -> [Vec<u8>; 2] {
    let bytes = [&vec![0; lead][..], secret].concat();
    let (first, end) = ((lead * 8).div_ceil(6), bytes.len() * 8 / 6);
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        .map(|text| text.as_bytes()[first..end].to_vec())
}

#[test]
fn each_form_of_a_secret_is_found_and_nothing_else() {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let secret = canary(AWKWARD);
    let mut needles = Needles::default();
    needles.add("it", secret.as_bytes());
    let search = needles.ready();
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let half = &secret[..20];
    let reversed: String = secret.chars().rev().collect();
    let mut written = vec![
        secret.clone(),
        half.to_owned(),
        secret[secret.len() - 20..].to_owned(),
        reversed,
        form.replace('+', "%20"),
        lower_escapes(&form),
        form,
        serde_json::json!([secret]).to_string(),
        format!("{secret:?}"),
        format!("{:?}", secret.as_bytes()),
        hex::encode(&secret),
        hex::encode_upper(half),
        half.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    ];
    for lead in ["", "x", "xy"] {
        let text = format!("{lead}{secret}z");
        written.extend([STANDARD.encode(&text), URL_SAFE.encode(&text)]);
    }
    for text in written {
        assert!(!search.hits(format!("<{text}>").as_bytes()).is_empty(), "{text}");
    }
    assert!(search.hits(canary(AWKWARD).as_bytes()).is_empty());
    assert!(search.hits(b"").is_empty());
}
