//! JSON text to values and back. It promises strict JSON on the way out, whatever an
//! expression has computed, and the exact text of numbers that were only passed on.
//! It never recurses deeper than a named bound.

use jaq_json::{Num, Val, read};

use crate::failure::Failure;

/// How deep arrays and objects may be nested, in an input and in a result.
pub const MAX_DEPTH: usize = 128;

/// Reads one value. `what` names the text in messages.
pub(crate) fn parse(text: &str, what: &'static str) -> Result<Val, Failure> {
    if depth(text) > MAX_DEPTH {
        return Err(Failure::OverLimit { what, limit: MAX_DEPTH, unit: "levels" });
    }
    read::parse_single(text.as_bytes())
        .map_err(|error| Failure::BadData { what, wanted: format!("JSON ({error})") })
}

/// How deep the brackets of a JSON text, or of a program, are nested; brackets in JSON
/// strings do not count.
pub(crate) fn depth(text: &str) -> usize {
    let (mut now, mut most, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' | b'(' => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' | b')' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Writes one value, in at most `limit_bytes`.
pub(crate) fn write(value: &Val, limit_bytes: usize) -> Result<String, Failure> {
    let mut out = Writer { text: String::new(), limit_bytes };
    out.value(value, 0)?;
    Ok(out.text)
}

/// JSON text under construction.
struct Writer {
    text: String,
    limit_bytes: usize,
}

impl Writer {
    fn value(&mut self, value: &Val, depth: usize) -> Result<(), Failure> {
        if self.text.len() > self.limit_bytes {
            let (what, limit) = ("the result", self.limit_bytes);
            return Err(Failure::OverLimit { what, limit, unit: "bytes" });
        }
        if depth > MAX_DEPTH {
            let what = "the nesting of the result";
            return Err(Failure::OverLimit { what, limit: MAX_DEPTH, unit: "levels" });
        }
        match value {
            Val::Null => self.text.push_str("null"),
            Val::Bool(true) => self.text.push_str("true"),
            Val::Bool(false) => self.text.push_str("false"),
            Val::Num(number) => self.number(number)?,
            Val::TStr(bytes) => self.string(bytes),
            Val::BStr(_) => return Err(Failure::NotJson("bytes; use `@base64` on the text")),
            Val::Arr(items) => {
                self.text.push('[');
                for (place, item) in items.iter().enumerate() {
                    self.comma(place);
                    self.value(item, depth + 1)?;
                }
                self.text.push(']');
            }
            Val::Obj(members) => {
                self.text.push('{');
                for (place, (key, member)) in members.iter().enumerate() {
                    self.comma(place);
                    let Val::TStr(key) = key else {
                        return Err(Failure::NotJson("a key is not a string; use `tostring`"));
                    };
                    self.string(key);
                    self.text.push(':');
                    self.value(member, depth + 1)?;
                }
                self.text.push('}');
            }
        }
        Ok(())
    }

    fn comma(&mut self, place: usize) {
        if place > 0 {
            self.text.push(',');
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(plain) {
            self.text.push('"');
            self.text.push_str(&text);
            self.text.push('"');
        } else {
            self.text.push_str(&serde_json::Value::from(text).to_string());
        }
    }

    fn number(&mut self, number: &Num) -> Result<(), Failure> {
        let text = number.to_string();
        // A decimal keeps the text in which it was written, and jq writes more than JSON does.
        if is_json_number(&text) {
            self.text.push_str(&text);
            return Ok(());
        }
        let float = text.parse::<f64>().ok().filter(|float| float.is_finite());
        let float = float.ok_or(Failure::NotJson("a number is infinite or not a number"))?;
        self.text.push_str(&float.to_string());
        Ok(())
    }
}

/// Whether a text is a number in the grammar of JSON (RFC 8259, section 6), of any size.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|part| digits(part.strip_prefix(['+', '-']).unwrap_or(part)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{depth, is_json_number, parse, write};

    #[test]
    fn what_jq_writes_and_json_has_not_is_no_json_number() {
        for text in ["0", "-0.0", "1e5", "1.50E-07", "12345678901234567890"] {
            assert!(is_json_number(text), "{text}");
        }
        for text in ["", "-", ".5", "5.", "01", "+1", "1e", "1e+", "NaN", "1_000", "0x1"] {
            assert!(!is_json_number(text), "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_have_no_depth() {
        assert_eq!(depth(r#"{"a":"[[[\"{{","b":[1]}"#), 2);
        assert_eq!(depth("]]][[(1)]]"), 3);
    }

    proptest! {
        #[test]
        fn text_comes_back_as_it_went(text in any::<String>(), number in any::<i64>()) {
            let json = serde_json::json!({ "text": text, "numbers": [number, null, true] });
            let value = parse(&json.to_string(), "input").unwrap();
            let back = write(&value, usize::MAX).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&back).unwrap(), json);
        }
    }
}
