//! Each file begins by saying what it is, and none is too long to be read.

use crate::source::rust;

/// No file is longer, in lines.
const LINES_MAX: usize = 400;
/// The longest line, in characters.
const LINE_CHARS_MAX: usize = 140;

#[test]
fn every_file_says_what_it_is() {
    for source in rust() {
        assert!(source.text.starts_with("//!"), "{} has no header", source.path);
    }
}

#[test]
fn every_room_says_what_it_never_does() {
    for source in rust().iter().filter(|source| source.path.starts_with("host/src/")) {
        let inside = source.path.strip_prefix("host/src/").unwrap_or_default();
        let is_room = inside.ends_with("/mod.rs") && inside.matches('/').count() == 1;
        let header: Vec<&str> =
            source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        if is_room {
            let header = header.join(" ").to_lowercase();
            assert!(header.contains("never") || header.contains("nothing here"), "{}", source.path);
        }
    }
}

#[test]
fn no_file_is_too_long() {
    for source in rust() {
        let lines = source.text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", source.path);
        // Tests quote what vendors send and what people read, line for line.
        let is_test = source.path.contains("test");
        for (at, line) in source.text.lines().enumerate().filter(|_| !is_test) {
            let chars = line.chars().count();
            assert!(chars <= LINE_CHARS_MAX, "{}:{} has {chars} characters", source.path, at + 1);
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    for source in rust().iter().filter(|source| !source.path.ends_with("tidy/headers.rs")) {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            assert!(!source.text.contains(word), "{} has a {word}", source.path);
        }
    }
}
