//! What holds for any text whatever.

use proptest::prelude::*;

use super::FULL;
use crate::{
    laws,
    manifest::{MANIFEST_BYTES_MAX, MISTAKES_MAX, Manifest},
};

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        laws::manifest(&text);
    }

    #[test]
    fn no_broken_manifest_makes_the_reader_panic(
        at in 0..FULL.len(),
        cut in 0..40usize,
        put in "[\\[\\]{}\"'=.,#\\\\\n a-z0-9é\u{0}-]{0,6}",
    ) {
        let mut text = FULL.to_owned();
        text.replace_range(at..(at + cut).min(FULL.len()), &put);
        laws::manifest(&text);
    }

    #[test]
    fn no_lines_left_out_or_doubled_make_the_reader_panic(picks in prop::collection::vec(0..3u8, 100)) {
        let lines = FULL.lines().zip(picks.iter().chain(std::iter::repeat(&1)));
        let text: String = lines
            .flat_map(|(line, count)| std::iter::repeat_n([line, "\n"], (*count).into()))
            .flatten()
            .collect();
        laws::manifest(&text);
    }
}

#[test]
fn a_manifest_over_the_bound_is_refused_unread() {
    let text = format!("# {}\n{FULL}", "x".repeat(MANIFEST_BYTES_MAX));
    let error = Manifest::parse(&text, "connector.toml").unwrap_err();
    assert!(error.to_string().contains("more than the 262144 allowed"), "{error}");
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(60_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        assert!(Manifest::parse(&text, "connector.toml").is_err());
        laws::manifest(&text);
    }
}

#[test]
fn a_thousand_mistakes_are_not_all_told() {
    let text = format!("{FULL}\n{}", "[[param]]\nname = \"A\"\ntitle = \"\"\n".repeat(1000));
    let error = Manifest::parse(&text, "connector.toml").unwrap_err();
    assert_eq!(error.mistakes.len(), MISTAKES_MAX);
    laws::manifest(&text);
}

/// Were the work to grow with the square of the size, this would take minutes.
#[test]
fn the_largest_hostile_manifests_are_answered_at_once() {
    /// `row` as often as it fits, with its number in the place of `#`.
    fn fill(start: &str, row: &str) -> String {
        let rows = (MANIFEST_BYTES_MAX - start.len()) / (row.len() + 5);
        start.to_owned()
            + &(0..rows).map(|row_no| row.replace('#', &row_no.to_string())).collect::<String>()
    }
    let rows = [
        "k# = 1\n",
        "[[egress]]\norigin = \"x\"\nwhy = \"\"\nauth = \"a#\"\n[auth.b#]\nkind = \"bearer\"\nsecret = \"x\"\n",
        "[[param]]\nname = \"p#\"\ntitle = \"\"\n[[egress]]\norigin = \"{param:q#}\"\nwhy = \"\"\n",
        "[[param]]\nname = \"p\"\ntitle = \"x\"\n",
        "[[param]]\nnaem = 1\n",
        "[events.e#]\n",
        "\" #\n",
    ];
    for row in rows {
        for start in [FULL, ""] {
            let text = fill(start, row);
            assert!(Manifest::parse(&text, "connector.toml").is_err());
            laws::manifest(&text);
        }
    }
}
