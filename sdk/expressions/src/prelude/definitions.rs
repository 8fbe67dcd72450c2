//! jq's definitions as text, in a table that the build makes from the parsed sources. It
//! promises to find all that a program needs, and rather one too many than one too few;
//! it parses nothing that the program does not reach.

use jaq_core::load::parse::Def;

/// One definition.
pub(super) struct Definition {
    /// How it is called.
    pub(super) name: &'static str,
    /// The number of its arguments.
    pub(super) arity: usize,
    /// It alone, as jq.
    text: &'static str,
    /// Which definitions it calls, by their places in the table; all are before it.
    definitions: &'static [u16],
    /// The names of whatever else it calls.
    others: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

impl Definition {
    /// Parses it.
    pub(super) fn parse(&self) -> Option<Def<&'static str>> {
        // The build has parsed this very text.
        jaq_core::load::parse(self.text, |parser| parser.defs())?.pop()
    }
}

/// What a program reaches.
pub(super) struct Reached<'a> {
    /// The definitions, each after those that it calls.
    pub(super) definitions: Vec<&'static Definition>,
    /// In order, every name that could be a native function.
    pub(super) names: Vec<&'a str>,
}

/// What a program with these words reaches.
pub(super) fn reached<'a>(words: impl Iterator<Item = &'a str>) -> Reached<'a> {
    let mut names: Vec<&str> = words.collect();
    names.sort_unstable();
    names.dedup();
    let mut open: Vec<u16> = names.iter().flat_map(|name| named(name)).copied().collect();
    let mut used = [false; DEFINITIONS.len()];
    while let Some(place) = open.pop().map(usize::from) {
        if !std::mem::replace(&mut used[place], true) {
            open.extend(DEFINITIONS[place].definitions);
            names.extend(DEFINITIONS[place].others);
        }
    }
    names.sort_unstable();
    let definitions = DEFINITIONS.iter().zip(used).filter(|(_, used)| *used);
    Reached { definitions: definitions.map(|(definition, _)| definition).collect(), names }
}

/// The places of the definitions with a name, whatever the number of their arguments.
fn named(name: &str) -> &'static [u16] {
    let name_at = |place: &u16| DEFINITIONS[usize::from(*place)].name;
    let start = BY_NAME.partition_point(|place| name_at(place) < name);
    let same = BY_NAME[start..].iter().take_while(|place| name_at(place) == name).count();
    &BY_NAME[start..start + same]
}
