//! Who writes a connector: begins one, has it checked, builds it. No host runs meanwhile.

mod check;
mod new;
mod schema;

use std::path::Path;

use jackfield_tests::house;

/// Types a command without a host: exit code, standard output, standard error.
async fn types(args: &[&str]) -> (u8, String, String) {
    let words = ["jackfield"].iter().chain(args).map(ToString::to_string);
    house::typed(words.collect()).await
}

/// Types one that must work, and hands back what it printed.
async fn does(args: &[&str]) -> String {
    let (code, out, err) = types(args).await;
    assert_eq!(code, 0, "jackfield {}: {out}{err}", args.join(" "));
    out
}

/// A path as a word of a command.
fn word(path: &Path) -> String {
    path.display().to_string()
}
