//! Percent-encoding for the parts of a URL. A value that came from a system or a person goes
//! into a URL through here only, so that it can never change where the URL points.

/// `text` with everything but letters, digits and `-._~` percent-encoded (RFC 3986): fit for one
/// segment of a path, or a name or value of a query.
///
/// ```
/// use jackfield_sdk::encode;
///
/// assert_eq!(encode("a/b c&é"), "a%2Fb%20c%26%C3%A9");
/// ```
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    encoded
}
