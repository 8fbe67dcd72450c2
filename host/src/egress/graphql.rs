//! Whether a document of GraphQL only reads.
//!
//! Owns as much of its grammar (GraphQL, October 2021, section 2) as tells one operation from
//! another. Promises that what it does not understand reads nothing. Never looks into a selection,
//! and never recurses, as `graphql-parser` does: a guest writes these bytes, as deep as it likes.

use serde_json::Value;

/// Whether a body is a request of GraphQL all of whose operations are queries, which have no
/// effects (section 6.2.1).
pub(super) fn only_reads(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let document = body.as_ref().and_then(|body| body.get("query")?.as_str());
    document.is_some_and(|document| queries(document).unwrap_or(false))
}

/// Whether there are operations, and all of them are queries; none for what is no document.
fn queries(document: &str) -> Option<bool> {
    let (mut depth, mut found, mut in_head) = (0_usize, false, false);
    let mut rest = document;
    while let Some(token) = next(&mut rest)? {
        match token {
            "{" | "(" | "[" => {
                // A selection without a head is a query.
                if depth == 0 && !in_head {
                    if token != "{" {
                        return Some(false);
                    }
                    (found, in_head) = (true, true);
                }
                depth += 1;
            }
            "}" | ")" | "]" => {
                depth = depth.checked_sub(1)?;
                in_head &= depth > 0 || token != "}";
            }
            _ if depth > 0 || in_head => {}
            "query" => (found, in_head) = (true, true),
            "fragment" => in_head = true,
            _ => return Some(false),
        }
    }
    (depth == 0 && !in_head).then_some(found)
}

/// Takes the next name, bracket or other sign; strings count as signs. The outer none stands for a
/// string without an end.
fn next<'a>(rest: &mut &'a str) -> Option<Option<&'a str>> {
    loop {
        *rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
        match rest.strip_prefix('#') {
            Some(comment) => {
                *rest = &comment[comment.find(['\n', '\r']).unwrap_or(comment.len())..]
            }
            None => break,
        }
    }
    let Some(first) = rest.chars().next() else { return Some(None) };
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let length = match first {
        '"' => string(rest)?,
        _ if is_name(first) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
        _ => first.len_utf8(),
    };
    let (token, after) = rest.split_at(length);
    *rest = after;
    Some(Some(token))
}

/// How long the string is with which a text begins.
fn string(text: &str) -> Option<usize> {
    const BLOCK: &str = "\"\"\"";
    if let Some(inside) = text.strip_prefix(BLOCK) {
        let hidden = inside.replace("\\\"\"\"", "\\...");
        return hidden.find(BLOCK).map(|end| end + 2 * BLOCK.len());
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reads(document: &str) -> bool {
        only_reads(json!({ "query": document }).to_string().as_bytes())
    }

    #[test]
    fn a_query_reads_whatever_it_is_called() {
        for document in [
            "{ shop { name } }",
            "query($a: [ID!] = [1], $b: In = {mutation: 1}) { order(id: $a) { mutation } }",
            "query mutation @x(y: \"}\") { a } # mutation { b }\nfragment f on Order { id }",
            "fragment f on Order { id } query { ...f(note: \"\"\"} \\\"\"\" mutation\"\"\") }",
        ] {
            assert!(reads(document), "{document}");
        }
    }

    #[test]
    fn one_mutation_is_enough_and_what_is_no_document_reads_nothing() {
        for document in [
            "mutation { a }",
            "query a { b } mutation c { d }",
            "subscription { a }",
            "fragment f on Order { id }",
            "# query { a }",
            "\"query\" mutation { a }",
            "query { a",
            "query { a } }",
            "query",
            "( a ) mutation { b }",
            "{ a(b: \"mutation) }",
            "find me { this }",
            "",
        ] {
            assert!(!reads(document), "{document}");
        }
        for body in [&b"query { a }"[..], b"[]", b"{\"query\": 7}", b"{}"] {
            assert!(!only_reads(body));
        }
    }
}
