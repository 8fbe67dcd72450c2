//! Texts for people: cut to a bound, and the word that was probably meant.
//!
//! Owns no text of its own. Never cuts inside a character.

/// Words less alike than this are not suggested.
const ALIKE: f64 = 0.7;

/// A text of at most `bytes_max` bytes, and a mark behind it where something was left out.
pub fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

/// A foreign text as it may stand on a line of a log or a terminal: whatever would end the line,
/// move the cursor or turn the direction of writing becomes a space.
pub fn one_line(text: &str) -> String {
    // The marks, embeddings, overrides and isolates of bidirectional text, and the separators.
    let moves = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(moves, " ")
}

/// Which of the known words was probably meant; none if none is alike.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(known, word), known));
    let best = alike.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(alike, _)| *alike > ALIKE).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{cut, nearest, one_line};

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("näher".into(), 2), "n…");
        assert_eq!(cut("näher".into(), 6), "näher");
    }

    #[test]
    fn a_foreign_text_stays_on_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[2Jc\u{9b}d\u{202e}e ä"), "a b [2Jc d e ä");
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_nonsense_finds_none() {
        assert_eq!(nearest("invoce", ["contact", "invoice"]), Some("invoice"));
        assert_eq!(nearest("zzz", ["contact", "invoice"]), None);
        assert_eq!(nearest("zzz", []), None);
    }
}
