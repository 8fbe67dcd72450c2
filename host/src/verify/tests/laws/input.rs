//! Bytes, read as a scheme, what is done about it, and a request.
//!
//! The characters choose, in this order: the scheme (`a` and on), who made the request (`r`, `s`,
//! `t`), the signed time (`0` is now), what is changed (`d` to `h`), where (two), which bit, and
//! whether the vendor has a previous secret (`0`, `1`).
//!
//! Promises that a kept input can be read and written by hand: eight characters that choose, a
//! line break, then a request as HTTP writes it. Never refuses a request: what could not arrive
//! is left out.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, uri::PathAndQuery};
use sha2::{Digest, Sha256};

use super::schemes;
use crate::verify::Incoming;

/// The public URL of the host.
pub const ORIGIN: &str = "https://hooks.example";

/// The path of the endpoint.
const ENDPOINT: &str = "/in/1";

/// 2023-11-14, 22:13:20 UTC.
pub const NOW_S: i64 = 1_700_000_000;

/// How many bytes choose, the line break after them included.
const CHOICE_BYTES: usize = 9;

/// How far one step of the signed time is from the next, in seconds.
const STEP_S: i64 = 20;

/// The most headers of a request.
const HEADERS_MAX: usize = 64;

/// Who made the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// `r`: somebody; it arrives as it stands.
    Stranger,
    /// `s`: the vendor, who signs it.
    Vendor,
    /// `t`: the vendor, but somebody changed it on the way.
    Tampered,
}

/// What is changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `d`: a bit of the body.
    Body,
    /// `e`: a bit of path or query.
    Target,
    /// `f`: a bit of the signature or credential.
    Proof,
    /// `g`: the signed time.
    Time,
    /// `h`: the method.
    Method,
}

/// One input.
pub struct Input {
    /// Its SHA-256, of which all secrets are made: no input can hold what it would have to know.
    pub digest: [u8; 32],
    /// Which scheme: `a` is the first.
    pub scheme: usize,
    /// Who made the request.
    pub maker: Maker,
    /// How far the signed time is from now: `0` is now, `1` is 20 s later, `/` 20 s before.
    pub offset_s: i64,
    /// What is changed.
    pub change: Change,
    /// Where it is changed; taken modulo the length.
    pub place: usize,
    /// Which bit is changed.
    pub mask: u8,
    /// `1`: the vendor has a previous secret, which is still valid.
    pub is_previous: bool,
    /// The request.
    pub incoming: Incoming,
}

impl Input {
    /// Reads an input; none if it is too short to choose.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (choice, request) = bytes.split_at_checked(CHOICE_BYTES)?;
        let &[scheme, maker, time, change, high, low, bit, previous, _] = choice else {
            return None;
        };
        Some(Self {
            digest: Sha256::digest(bytes).into(),
            scheme: usize::from(scheme.wrapping_sub(b'a')) % schemes::all().len(),
            maker: [Maker::Stranger, Maker::Vendor, Maker::Tampered][usize::from(maker % 3)],
            offset_s: i64::from(time.wrapping_sub(b'0').cast_signed()) * STEP_S,
            change: [Change::Body, Change::Target, Change::Proof, Change::Time, Change::Method]
                [usize::from(change % 5)],
            place: usize::from(u16::from_be_bytes([high, low])),
            mask: 1 << (bit % 7),
            is_previous: previous % 2 == 1,
            incoming: incoming(request),
        })
    }
}

/// A request: method and target, headers, an empty line, the body.
fn incoming(text: &[u8]) -> Incoming {
    let end = text.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((text, &[][..]), |end| (&text[..end], &text[end + 2..]));
    let mut lines = head.split(|b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    let space = first.iter().position(|b| *b == b' ').unwrap_or(first.len());
    let (method, target) = first.split_at(space);
    let mut incoming = Incoming {
        method: Method::from_bytes(method).unwrap_or(Method::POST),
        url: String::new(),
        path: String::new(),
        query: String::new(),
        headers: lines.filter_map(header).take(HEADERS_MAX).collect(),
        body: Bytes::copy_from_slice(body),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 4711)),
        received_at_ms: NOW_S.unsigned_abs() * 1000,
    };
    if !aim(&mut incoming, target.trim_ascii()) {
        aim(&mut incoming, ENDPOINT.as_bytes());
    }
    incoming
}

/// Gives a request another target, as the front door reads it; says whether one like that
/// arrives.
pub fn aim(incoming: &mut Incoming, target: &[u8]) -> bool {
    let Ok(seen) = PathAndQuery::try_from(target) else { return false };
    if !seen.as_str().starts_with('/') {
        return false;
    }
    incoming.url = format!("{ORIGIN}{}", seen.as_str());
    incoming.path = seen.path().strip_prefix(ENDPOINT).unwrap_or_default().to_owned();
    incoming.query = seen.query().unwrap_or_default().to_owned();
    true
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}
