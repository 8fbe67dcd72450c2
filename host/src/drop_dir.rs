//! The drop directory: a watched directory, for those who would rather copy a file than type.
//!
//! Owns what lies there. Promises that a release is let in from there exactly as by the command:
//! signed by a trusted hand, and with a yes to what is new. Never reads a file that is still
//! being written, and never takes an unsigned one.
//!
//! Beside `NAME.wasm` the host writes `NAME.review` where it needs a yes (renamed to `NAME.yes`,
//! it is one) or `NAME.refused` with the reason. What was let in is moved to `installed/`.

use std::{
    collections::BTreeMap,
    fs, io, mem,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use jackfield_registry::package::RELEASE_BYTES_MAX;
use tokio::sync::watch;

use crate::{
    audit::Actor,
    connectors::{Installed, Kind, Review, Wish},
    host::{HostError, Rooms},
};

/// How often the host looks, in milliseconds.
const GLANCE_MS: u64 = 1_000;
/// The most releases that are dealt with at one look.
const AT_ONCE_MAX: usize = 100;
/// The longest file with a yes, in bytes.
const YES_BYTES_MAX: u64 = 64 << 10;
/// Before what the yes is called, in a review.
const APPROVAL: &str = "approval: ";
/// Where what was let in is moved to.
const INSTALLED: &str = "installed";

/// A drop directory and what was seen there.
#[derive(Debug)]
pub(crate) struct DropDir {
    dir: PathBuf,
    seen: BTreeMap<PathBuf, Seen>,
}

/// A file as it was at the last look.
#[derive(Debug)]
struct Seen {
    mark: Mark,
    /// Whether it was let in, refused, or waits for a yes.
    dealt_with: bool,
}

/// By what it shows that a file, or the yes beside it, has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    bytes: u64,
    modified: Option<SystemTime>,
    /// The same of the yes beside it.
    yes: Option<(u64, Option<SystemTime>)>,
}

/// What came of a release.
enum Outcome {
    LetIn(String),
    AwaitsYes(Box<Review>),
}

impl DropDir {
    /// Takes a directory, which is made if it is not there. Nobody but its owner may write into
    /// it: who can, could say yes.
    pub(crate) fn open(dir: &Path) -> Result<Self, HostError> {
        let failed = |source| HostError::File { path: dir.to_owned(), source };
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(failed)?;
        let about = fs::metadata(dir).map_err(failed)?;
        let is_own = [rustix::process::geteuid().as_raw(), 0].contains(&about.uid());
        if about.permissions().mode() & 0o022 != 0 || !is_own {
            return Err(HostError::OpenToOthers(dir.to_owned()));
        }
        Ok(Self { dir: dir.to_owned(), seen: BTreeMap::new() })
    }

    /// Looks again and again until the host stops.
    pub(crate) async fn watch(mut self, rooms: Rooms, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow_and_update() {
            for (file, mark) in self.ready() {
                deal_with(&rooms, &file, mark).await;
            }
            tokio::select! {
                () = rooms.clock.sleep_until(rooms.clock.now_ms() + GLANCE_MS) => {}
                // The sender is gone only with the host.
                _ = stopped.changed() => {}
            }
        }
    }

    /// The releases that were left alone since the last look and not dealt with yet.
    fn ready(&mut self) -> Vec<(PathBuf, Mark)> {
        let mut before = mem::take(&mut self.seen);
        let mut ready = Vec::new();
        for file in releases(&self.dir) {
            let Some(mark) = Mark::of(&file) else { continue };
            // At the first look it may still be being written.
            let last = before.remove(&file).filter(|last| last.mark == mark);
            let mut dealt_with = last.as_ref().is_some_and(|last| last.dealt_with);
            if last.is_some() && !dealt_with && ready.len() < AT_ONCE_MAX {
                ready.push((file.clone(), mark));
                dealt_with = true;
            }
            self.seen.insert(file, Seen { mark, dealt_with });
        }
        ready
    }
}

impl Mark {
    fn of(file: &Path) -> Option<Self> {
        let about = |file: &Path| {
            let about = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
            Some((about.len(), about.modified().ok()))
        };
        let (bytes, modified) = about(file)?;
        Some(Self { bytes, modified, yes: about(&file.with_extension("yes")) })
    }
}

/// The release files in a directory, by name.
fn releases(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|end| end == "wasm")).collect();
    files.sort();
    files
}

/// Lets a release in, or writes beside it why not.
async fn deal_with(rooms: &Rooms, file: &Path, mark: Mark) {
    let shown = file.display();
    let outcome = attempt(rooms, file).await;
    let written = match outcome {
        Ok(Outcome::LetIn(what)) => {
            tracing::info!(file = %shown, "{what}, from the drop directory");
            // What took its place meanwhile is looked at for itself.
            if Mark::of(file) == Some(mark) { put_away(file) } else { Ok(()) }
        }
        Ok(Outcome::AwaitsYes(review)) => {
            tracing::warn!(file = %shown, "a release in the drop directory awaits a yes");
            let yes = file.with_extension("yes");
            let text = format!(
                "{review}\nto allow this, rename this file to {}\n{APPROVAL}{}\n",
                yes.file_name().unwrap_or_default().display(),
                review.approval
            );
            fs::write(file.with_extension("review"), text)
                .and_then(|()| clear(file, &["refused", "yes"]))
        }
        Err(why) => {
            tracing::error!(file = %shown, %why, "a release in the drop directory is refused");
            let text =
                format!("{why}\nonce this is mended, touch the release to have it looked at\n");
            fs::write(file.with_extension("refused"), text).and_then(|()| clear(file, &["review"]))
        }
    };
    if let Err(error) = written {
        tracing::error!(file = %shown, %error, "the drop directory cannot be written to");
    }
}

async fn attempt(rooms: &Rooms, file: &Path) -> Result<Outcome, String> {
    let bytes = read(file).await.map_err(|error| format!("it cannot be read: {error}"))?;
    let told = |error: HostError| error.to_string();
    let review = rooms.connectors.review(bytes.clone(), false).await;
    let review = review.map_err(|error| told(error.into()))?;
    let approval = yes(file);
    if !review.new.is_empty() && approval.as_ref() != Some(&review.approval) {
        return Ok(Outcome::AwaitsYes(Box::new(review)));
    }
    let known = rooms.connectors.record(&review.id);
    // A kill may have come before it was put away; since then others may have come and gone.
    if known.as_ref().is_some_and(|known| known.looked_at(&review.digest).is_some()) {
        return Ok(Outcome::LetIn(format!("{} {} is kept already", review.id, review.version)));
    }
    // Nobody stands by: an upgrade that fails goes back by itself.
    let (kind, watch) =
        if known.is_some() { (Kind::Upgrade, true) } else { (Kind::Install, false) };
    let actor = Actor::Operator("drop directory".into());
    let wish = Wish { kind, unsigned: false, approval, watch, actor };
    let installed = rooms.let_in(bytes, wish).await.map_err(told)?;
    let Installed { id, release, .. } = &*installed;
    Ok(Outcome::LetIn(format!("let in {id} {}", release.version)))
}

/// What is in a release file; one byte more than allowed is enough to refuse it.
async fn read(file: &Path) -> io::Result<Vec<u8>> {
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        let most = RELEASE_BYTES_MAX as u64 + 1;
        io::Read::read_to_end(&mut io::Read::take(fs::File::open(file)?, most), &mut bytes)?;
        Ok(bytes)
    });
    read.await.map_err(io::Error::other)?
}

/// The yes beside a release, if there is one.
fn yes(file: &Path) -> Option<String> {
    let mut text = String::new();
    let yes = fs::File::open(file.with_extension("yes")).ok()?;
    io::Read::read_to_string(&mut io::Read::take(yes, YES_BYTES_MAX), &mut text).ok()?;
    text.lines().find_map(|line| line.strip_prefix(APPROVAL)).map(|yes| yes.trim().to_owned())
}

/// Moves what was let in out of the way, with all that stands beside it.
fn put_away(file: &Path) -> io::Result<()> {
    let dir = file.with_file_name(INSTALLED);
    fs::create_dir_all(&dir)?;
    fs::rename(file, dir.join(file.file_name().unwrap_or_default()))?;
    clear(file, &["review", "refused", "yes"])
}

fn clear(file: &Path, ends: &[&str]) -> io::Result<()> {
    for end in ends {
        match fs::remove_file(file.with_extension(end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
