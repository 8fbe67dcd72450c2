//! That a program finds the same functions as if every definition were parsed for it.

use std::collections::BTreeSet;

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::native::Fun;
use jaq_core::{Compiler, Ctx, Vars};
use jaq_json::Val;

use super::{DEFINITIONS, Data, for_program, is_refused, names, natives};

/// Every definition, from its source.
fn sources() -> Vec<Def<&'static str>> {
    let ours = include_str!("../functions/definitions.jq");
    let ours = jaq_core::load::parse(ours, |parser| parser.defs()).unwrap();
    jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(ours).collect()
}

/// What a program gives with these definitions and functions, at most a few values.
fn run(code: &str, input: &Val, (defs, funs): (Vec<Def<&'static str>>, Vec<Fun<Data>>)) -> String {
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code, path: () }).ok().unwrap();
    let compiled = Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
        errors.into_iter().flat_map(|(_, errors)| errors).map(|(name, _)| name).collect::<Vec<_>>()
    });
    let program = compiled.unwrap_or_else(|missing| panic!("{code} misses {missing:?}"));
    let context = Ctx::<Data>::new(&program.lut, Vars::new([]));
    let values = program.id.run((context, input.clone())).take(5);
    values.map(|value| format!("{:?};", value.map_err(|error| error.get_err().ok()))).collect()
}

#[test]
fn the_table_says_what_the_sources_say() {
    let sources = sources();
    assert!(sources.len() > 100);
    assert_eq!(DEFINITIONS.len(), sources.len());
    for (definition, source) in DEFINITIONS.iter().zip(&sources) {
        assert_eq!((definition.name, definition.arity), (source.name, source.args.len()));
        assert_eq!(format!("{:?}", definition.parse().unwrap()), format!("{source:?}"));
    }
}

#[test]
fn each_function_alone_does_what_it_does_among_all() {
    let kept = || sources().into_iter().filter(|def| !is_refused(def.name)).collect();
    let everything = || (kept(), natives().collect());
    let names = names();
    assert!(names.len() > 190, "{}", names.len());
    for (name, arguments) in names {
        let code = match arguments {
            0 => name.to_owned(),
            some => format!("{name}({})", vec!["."; some].join("; ")),
        };
        // Each is a condition that ends `until`.
        for input in ["true", "2", r#""a1""#, r#"[[1,"b"],[0,"c"]]"#, r#"{"a":{"key":1}}"#] {
            let value = crate::json::parse(input, "input").unwrap();
            let alone = run(&code, &value, for_program(&code));
            assert_eq!(alone, run(&code, &value, everything()), "{code} of {input}");
        }
    }
}

#[test]
fn a_word_that_is_left_out_is_found_nowhere() {
    let of_jq = DEFINITIONS.iter().map(|definition| (definition.name, definition.arity));
    let native = natives().map(|(name, arguments, _)| (name, arguments.len()));
    let refused: Vec<_> = of_jq.chain(native).filter(|(name, _)| is_refused(name)).collect();
    assert!(refused.len() > 5);
    for (name, arguments) in refused {
        let (defs, funs) = for_program(&format!("{name} | {name}(.)"));
        assert!(!defs.iter().any(|def| def.name == name), "{name}/{arguments}");
        assert!(!funs.iter().any(|(native, ..)| *native == name), "{name}/{arguments}");
    }
}

#[test]
fn a_program_gets_only_what_it_reaches() {
    let (defs, funs) = for_program(".map.select // $add // null");
    assert_eq!(defs.iter().map(|def| def.name).collect::<Vec<_>>(), ["null"]);
    assert!(funs.is_empty());
    let (defs, _) = for_program("map(select(.on))");
    let names: BTreeSet<_> = defs.iter().map(|def| def.name).collect();
    assert_eq!(names, BTreeSet::from(["empty", "map", "select"]));
}

#[test]
fn a_name_counts_unless_it_is_that_of_a_field_or_a_variable() {
    let words = |code| super::words(code).collect::<Vec<_>>();
    assert_eq!(words(". | map(.a.b)|@uri \"ü\\(length)\""), ["map", "@uri", "length"]);
    assert_eq!(words("..|add, $x, ..not"), ["add", "not"]);
    assert_eq!(words(".@text \"x\", (.on and@json)"), ["@text", "x", "and", "@json"]);
    assert_eq!(words("."), [""; 0]);
    assert_eq!(words("keys"), ["keys"]);
}

#[test]
fn no_native_function_hides_another() {
    let mut seen = BTreeSet::new();
    for (name, arguments, _) in natives() {
        assert!(seen.insert((name, arguments.len())), "{name}");
    }
}
