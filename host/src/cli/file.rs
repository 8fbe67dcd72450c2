//! The files that commands read and write.

use std::{
    fs::{self, OpenOptions},
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::Command,
};

use anyhow::{Context as _, bail};

/// What is in a file.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))
}

/// The text that is in a file.
pub(super) fn read_text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))
}

/// The JSON that is in a file.
pub(super) fn read_json(file: &Path) -> anyhow::Result<serde_json::Value> {
    let text = read_text(file)?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", file.display()))
}

/// Writes a file, in the place of one that is there.
pub(super) fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(file, bytes).with_context(|| format!("`{}` cannot be written", file.display()))
}

/// Writes a secret into a file that is not there yet and that nobody else may read.
pub(super) fn write_secret(what: &str, file: &Path, text: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let written = opened.and_then(|mut opened| {
        writeln!(opened, "{text}")?;
        opened.sync_all()
    });
    written.with_context(|| format!("{what} cannot be written to `{}`", file.display()))
}

/// A secret: from `@FILE`, or typed where `-` stands.
pub(super) fn secret_from(name: &str, from: &str) -> anyhow::Result<String> {
    let value = match from.strip_prefix('@') {
        Some(file) => read_text(Path::new(file))?,
        None if from == "-" => typed(name)?,
        None => bail!(
            "the secret `{name}` stands on the command line, where others can read it\n  \
             hint: @FILE in its place, or - to type it"
        ),
    };
    Ok(value.trim_end_matches(['\r', '\n']).to_owned())
}

/// A line that is typed, and not shown where somebody types it.
pub(super) fn typed(name: &str) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{name}: ")).context("nothing was typed");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("standard input cannot be read")?;
    Ok(line)
}

/// A text as a person leaves it in their editor. Nobody else may read it meanwhile.
pub(super) fn edited(name: &str, before: &str) -> anyhow::Result<String> {
    let editor = crate::config::editor();
    let editor = editor.context("no editor is set\n  hint: set EDITOR, or give --input FILE")?;
    let own = format!("jackfield-{}-{name}", uuid::Uuid::new_v4().simple());
    let file = std::env::temp_dir().join(own);
    write_secret("the text", &file, before)?;
    // A shell, since an editor may come with arguments of its own.
    let ended = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("editor")
        .arg(&file)
        .status();
    let after = read_text(&file);
    // Where it stays, it is the person's own, and theirs alone.
    let _ = fs::remove_file(&file);
    if !ended.context("the editor does not start")?.success() {
        bail!("the editor gave up; nothing was changed");
    }
    after
}
