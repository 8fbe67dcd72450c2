//! The reference of the contract, as Markdown: the files of `wit/` with what is said in them, in
//! the order in which a reader wants them.

use std::{fmt::Write as _, fs, path::Path};

/// The files, the roles of a connector first.
const FILES: [&str; 15] = [
    "types",
    "webhooks",
    "actions",
    "records",
    "account",
    "subscriptions",
    "authenticator",
    "http",
    "secrets",
    "storage",
    "context",
    "log",
    "manifest",
    "expressions",
    "worlds",
];

/// All of it.
pub(super) fn reference(dir: &Path) -> String {
    let mut text = String::from(
        "# The contract\n\nWhat host and component say to each other, made of the files in `wit/`. \
         A connector exports roles and imports windows; what is left out of a list of functions is \
         not there.\n",
    );
    let there = fs::read_dir(dir).expect("the contract").count();
    assert_eq!(there, FILES.len(), "a file of the contract is not in its reference");
    for name in FILES {
        let file = dir.join(format!("{name}.wit"));
        let wit = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let _ = write!(text, "\n## {name}.wit\n\n");
        chapter(&mut text, &wit);
    }
    text
}

/// A file: what is said of it as prose, and each thing in it under its own heading.
fn chapter(text: &mut String, wit: &str) {
    let (mut said, mut code) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for line in wit.lines() {
        let bare = line.trim();
        if let Some(words) = bare.strip_prefix("///") {
            // Within a thing, what is said of its parts stays with them.
            match depth {
                0 | 1 if code.is_empty() => said.push(words.trim().to_owned()),
                _ => code.push(line.to_owned()),
            }
            continue;
        }
        if bare.is_empty() || bare.starts_with("package ") || bare.starts_with("use ") {
            if !bare.is_empty() && !said.is_empty() {
                flush(text, &mut said);
            }
            continue;
        }
        let opens = bare.matches('{').count();
        let shuts = bare.matches('}').count();
        if depth == 0 && opens > shuts {
            let _ = write!(text, "### {}\n\n", bare.trim_end_matches('{').trim());
            flush(text, &mut said);
            depth += 1;
            continue;
        }
        if depth == 1 && code.is_empty() && shuts > opens {
            depth = 0;
            continue;
        }
        code.push(line.to_owned());
        depth = depth + opens - shuts.min(depth + opens);
        if depth <= 1 {
            let indent = code.first().map_or(0, |line| line.len() - line.trim_start().len());
            let lines = code.iter().map(|line| line.get(indent..).unwrap_or(line.trim_start()));
            let _ = write!(text, "```wit\n{}\n```\n\n", lines.collect::<Vec<_>>().join("\n"));
            flush(text, &mut said);
            code.clear();
        }
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
}

fn flush(text: &mut String, said: &mut Vec<String>) {
    if !said.is_empty() {
        let _ = write!(text, "{}\n\n", said.join("\n"));
        said.clear();
    }
}
