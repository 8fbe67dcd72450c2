//! Makes the table of jq's definitions: for each its text and what it calls, so that a call
//! parses only the definitions that its expressions use. It promises that each text reads
//! back as the very definition that it was made from, or the build fails.

mod print;
#[path = "../src/walk.rs"]
mod walk;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use jaq_core::load::parse::Def;

/// Our own functions that are written in jq.
const OURS: &str = include_str!("../src/functions/definitions.jq");

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/functions/definitions.jq");
    println!("cargo::rerun-if-changed=src/walk.rs");
    let ours = jaq_core::load::parse(OURS, |parser| parser.defs());
    let ours = ours.ok_or("`definitions.jq` is not a list of definitions")?;
    let theirs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let table = table(&theirs.chain(ours).collect::<Vec<_>>())?;
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo sets `OUT_DIR`")?;
    std::fs::write(Path::new(&folder).join("definitions.rs"), table)?;
    Ok(())
}

/// The table as Rust, in the order of the sources: a definition calls only those before it.
fn table(defs: &[Def<&str>]) -> Result<String, Box<dyn Error>> {
    let mut rows = String::new();
    for (place, def) in defs.iter().enumerate() {
        let text = printed(def)?;
        let (mut definitions, mut others) = (Vec::new(), Vec::new());
        let mut calls = BTreeSet::new();
        walk::calls(&def.body, &mut |name, arguments| {
            calls.insert((name, arguments.len()));
        });
        for (name, arity) in calls {
            let before = &defs[..place];
            let called = |def: &Def<&str>| def.name == name && def.args.len() == arity;
            match before.iter().rposition(called) {
                Some(called) => definitions.push(called),
                // A native function, an argument, a definition inside, or itself.
                None => others.push(name),
            }
        }
        others.dedup();
        others.retain(|other| !def.args.contains(other));
        let (name, arity) = (def.name, def.args.len());
        writeln!(
            rows,
            "    Definition {{ name: {name:?}, arity: {arity}, text: {text:?}, \
             definitions: &{definitions:?}, others: &{others:?} }},"
        )?;
    }
    let mut by_name: Vec<usize> = (0..defs.len()).collect();
    by_name.sort_by_key(|place| defs[*place].name);
    let count = defs.len();
    Ok(format!(
        "pub(super) static DEFINITIONS: [Definition; {count}] = [\n{rows}];\n\
         pub(super) static BY_NAME: [u16; {count}] = {by_name:?};\n"
    ))
}

/// The text of a definition, once it has proved to be that definition.
fn printed(def: &Def<&str>) -> Result<String, Box<dyn Error>> {
    let text = print::definition(def);
    let again = jaq_core::load::parse(&text, |parser| parser.defs()).unwrap_or_default();
    if format!("{again:?}") != format!("[{def:?}]") {
        return Err(format!("`{}` is not printed as it was read: {text}", def.name).into());
    }
    Ok(text)
}
