//! An expression as text: its parts outside of brackets, strings and comments.

/// The parts of a text between separators.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    text: &'a str,
    separator: char,
    at: Option<usize>,
}

impl<'a> Parts<'a> {
    /// The parts of a text between the separators that stand in no bracket, string or comment, each
    /// with the byte at which it begins.
    pub(super) fn of(text: &'a str, separator: char) -> Self {
        Self { text, separator, at: Some(0) }
    }

    /// Whether each bracket of a text is closed in it, and none before it was opened.
    pub(super) fn is_balanced(text: &str) -> bool {
        let mut depth = 0_i32;
        for (_, c) in plain(text) {
            depth += step(c);
            if depth < 0 {
                return false;
            }
        }
        depth == 0
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.at?;
        let mut depth = 0_i32;
        for (offset, c) in plain(&self.text[begin..]) {
            if depth == 0 && c == self.separator {
                self.at = Some(begin + offset + c.len_utf8());
                return Some((begin, &self.text[begin..begin + offset]));
            }
            depth += step(c);
        }
        self.at = None;
        Some((begin, &self.text[begin..]))
    }
}

fn step(c: char) -> i32 {
    match c {
        '(' | '[' | '{' => 1,
        ')' | ']' | '}' => -1,
        _ => 0,
    }
}

/// The characters of a text that stand in no string and no comment.
pub(super) fn plain(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut state = State::Plain;
    text.char_indices().filter(move |(_, c)| {
        let before = state;
        state = match (state, c) {
            (State::Plain, '"') => State::Text,
            (State::Plain, '#') => State::Comment,
            (State::Text, '\\') => State::Escape,
            (State::Text, '"') | (State::Comment, '\n') => State::Plain,
            (State::Escape, _) => State::Text,
            (same, _) => same,
        };
        matches!((before, state), (State::Plain, State::Plain))
    })
}

#[derive(Clone, Copy)]
enum State {
    Plain,
    Text,
    Escape,
    Comment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_outside_of_brackets_strings_and_comments() {
        let parts: Vec<_> = Parts::of("a, {b, c}, \"d, \\\" e\", f # g, h", ',').collect();
        assert_eq!(parts, [(0, "a"), (2, " {b, c}"), (10, " \"d, \\\" e\""), (21, " f # g, h")]);
    }

    #[test]
    fn brackets_must_close_in_order() {
        assert!(Parts::is_balanced("{a: (b[0])} \"]\""));
        assert!(!Parts::is_balanced("a} + {b"));
    }
}
