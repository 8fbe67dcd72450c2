//! The files that commands read and write.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::Context as _;

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
