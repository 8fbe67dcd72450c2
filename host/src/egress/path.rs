//! Paths that would climb out of what was granted.
//!
//! Promises to find a `..` that `url` leaves in place because it is hidden by encoding. Never
//! changes a path: what would have to be changed is refused.

/// Rounds of percent-decoding in which a hidden `..` is looked for; servers and the proxies
/// before them decode once each.
const DECODINGS: usize = 3;

/// Whether a path climbs out of its prefix once somebody decodes it. `url` has resolved the
/// plain `..` and `%2e%2e`; what is left is `..%2f`, `%252e%252e/`, `..\` and `..;x`.
pub(super) fn climbs(path: &str) -> bool {
    let mut path = path.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        path = decode(&path);
        let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
        if segments
            .any(|segment| matches!(segment.split(|byte| *byte == b';').next(), Some(b".." | b".")))
        {
            return true;
        }
    }
    false
}

/// One round of percent-decoding; what is not an escape stays.
fn decode(path: &[u8]) -> Vec<u8> {
    let digit = |at: usize| path.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        match (path[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_is_found_however_it_is_hidden() {
        for (path, found) in [
            ("/v1/a", false),
            ("/v1/a..b/...", false),
            ("/v1/%", false),
            ("/v1/%zz/%2", false),
            ("/v1/50%25", false),
            ("/v1/a%2Fb", false),
            ("/v1/..%2fadmin", true),
            ("/v1/%2e%2e%2Fadmin", true),
            ("/v1/%252e%252e/admin", true),
            ("/v1/%25252e%25252e/admin", true),
            ("/v1/..%5Cadmin", true),
            ("/v1/..;x=1/admin", true),
            ("/v1/.%2e", true),
        ] {
            assert_eq!(climbs(path), found, "{path}");
        }
    }
}
