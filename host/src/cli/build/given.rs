//! What a folder is given before its tools run: the contract, and the small library of its
//! language, as this program has them. They are made right at each build, so that a connector is
//! always built against the host that builds it.

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
const JS: [File; 5] = files!("sdk/js/jackfield":
    "fetch.js", "problem.js", "values.js", "contract.d.ts", "host.d.ts",
);
/// Python's.
const PYTHON: [File; 4] =
    files!("sdk/python/jackfield": "__init__.py", "problem.py", "values.py", "web.py");

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

/// Writes what is not there as it should be; whoever watches the folder sees no change where there is
/// none.
fn write(dir: &Path, files: &[File]) -> anyhow::Result<()> {
    let one = |(name, text): &File| {
        let file = dir.join(name);
        match fs::read(&file).is_ok_and(|there| there == text.as_bytes()) {
            true => Ok(()),
            false => fs::write(file, text),
        }
    };
    let written = fs::create_dir_all(dir).and_then(|()| files.iter().try_for_each(one));
    written.with_context(|| format!("`{}` cannot be written", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_contract_is_given_and_each_library() {
        for (folder, given) in
            [("wit", &WIT[..]), ("sdk/js/jackfield", &JS), ("sdk/python/jackfield", &PYTHON)]
        {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
            let files = fs::read_dir(dir).expect("a folder").map(|file| file.expect("a file"));
            let there = files.filter(|file| file.path().is_file()).count();
            assert_eq!(there, given.len(), "a file of `{folder}` is not given to connectors");
        }
    }
}
