//! What a folder is given before its tools run: the contract, and the small library of its
//! language, as this program has them. They are written anew at each build, so that a connector
//! is always built against the host that builds it.

use std::{fs, path::Path};

use anyhow::Context as _;

/// The name and the text of a file.
type File = (&'static str, &'static str);

/// Files of the repository by their folder, which stand in the program.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../", $folder, "/", $name)))),*]
    };
}

/// The contract.
const WIT: [File; 15] = files!("wit":
    "types.wit", "http.wit", "secrets.wit", "storage.wit", "context.wit", "log.wit",
    "manifest.wit",
    "webhooks.wit", "authenticator.wit", "actions.wit", "records.wit", "subscriptions.wit",
    "account.wit", "expressions.wit", "worlds.wit",
);
/// JavaScript's library.
const JS: [File; 3] = files!("sdk/js/jackfield": "fetch.js", "problem.js", "contract.d.ts");
/// Python's.
const PYTHON: [File; 3] = files!("sdk/python/jackfield": "__init__.py", "problem.py", "web.py");

/// Gives a folder what JavaScript needs.
pub(super) fn js(dir: &Path) -> anyhow::Result<()> {
    write(&dir.join("wit/deps/jackfield"), &WIT)?;
    write(&dir.join("jackfield"), &JS)
}

/// Gives a folder what Python needs.
pub(super) fn python(dir: &Path) -> anyhow::Result<()> {
    write(&dir.join("wit/deps/jackfield"), &WIT)?;
    write(&dir.join("jackfield"), &PYTHON)
}

fn write(dir: &Path, files: &[File]) -> anyhow::Result<()> {
    let written = fs::create_dir_all(dir)
        .and_then(|()| files.iter().try_for_each(|(name, text)| fs::write(dir.join(name), text)));
    written.with_context(|| format!("`{}` cannot be written", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_contract_is_given() {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let there = fs::read_dir(wit).expect("the contract").count();
        assert_eq!(there, WIT.len(), "a file of `wit/` is not given to connectors");
    }
}
