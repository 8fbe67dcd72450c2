//! The vendors' own OpenAPI descriptions, against which requests and answers are held.
//!
//! Owns finding, loading and asking them. The descriptions are not part of this repository: they
//! lie in `../shared/specs` beside it, or where `JACKFIELD_SPECS` says; without them checks say so
//! in one line and pass. Never fetches anything.
#![expect(clippy::disallowed_methods, reason = "reads the one variable of the descriptions")]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Once, PoisonError},
};

use jackfield::conformance::openapi::{Answered, Asking, File};

use super::{Ask, Reply};

/// Why a description could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file is not there or not readable.
    #[error("reading `{path}` failed: does the folder hold this vendor's description? {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not YAML, or not OpenAPI.
    #[error("`{path}` is not an OpenAPI description: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The descriptions of one vendor.
#[derive(Debug)]
pub struct Description {
    /// With the path prefix of each, longest first.
    files: Vec<(&'static str, Arc<File>)>,
}

/// Files that were loaded once in this process: they are large and tests are many.
static LOADED: Mutex<Option<HashMap<PathBuf, Arc<File>>>> = Mutex::new(None);

/// The folder of descriptions; none, and one line said once, if there is none.
pub fn specs_dir() -> Option<PathBuf> {
    static SAY: Once = Once::new();
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let dir = std::env::var("JACKFIELD_SPECS").map_or_else(|_| default(), PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    SAY.call_once(|| {
        eprintln!("no vendor descriptions at `{}`: checks against them pass", dir.display());
    });
    None
}

impl Description {
    /// Loads files, each under the path prefix at which the vendor serves it; none if the folder
    /// of descriptions is absent.
    ///
    /// # Errors
    /// The folder is there, but a file in it cannot be read or understood.
    pub fn load(files: &[(&'static str, &'static str)]) -> Result<Option<Arc<Self>>, SpecError> {
        let Some(dir) = specs_dir() else { return Ok(None) };
        let mut loaded = Vec::new();
        for &(file, prefix) in files {
            loaded.push((prefix, load_file(dir.join(file))?));
        }
        loaded.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(Some(Arc::new(Self { files: loaded })))
    }

    /// What is wrong with a request, one line each.
    pub fn check_ask(&self, ask: &Ask) -> Vec<String> {
        let Some((file, path)) = self.file_of(ask) else {
            return vec![format!("{} {}: not in the description", ask.method, ask.path)];
        };
        spoken(ask, |asking| named(ask, "request", file.check_ask(&asking, path)))
    }

    /// What is wrong with an answer, one line each.
    pub fn check_reply(&self, ask: &Ask, reply: &Reply) -> Vec<String> {
        let Some((file, path)) = self.file_of(ask) else { return Vec::new() };
        let answered = Answered { status: reply.status.as_u16(), body: &reply.body };
        spoken(ask, |asking| named(ask, "answer", file.check_reply(&asking, path, &answered)))
    }

    /// The file that describes a path, and the path within it.
    fn file_of<'a>(&self, ask: &'a Ask) -> Option<(&File, &'a str)> {
        self.files.iter().find_map(|(prefix, file)| {
            let rest = ask.path.strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?;
            Some((file.as_ref(), rest))
        })
    }
}

/// A request as a description is asked about it.
fn spoken<T>(ask: &Ask, about: impl FnOnce(Asking<'_>) -> T) -> T {
    let headers = ask.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let headers: Vec<_> = headers.collect();
    let method = ask.method.as_str();
    about(Asking { method, query: &ask.query, headers: &headers, body: &ask.body })
}

fn named(ask: &Ask, what: &str, problems: Vec<String>) -> Vec<String> {
    let head = format!("{} {}: {what}: ", ask.method, ask.path);
    problems.into_iter().map(|problem| format!("{head}{problem}")).collect()
}

fn load_file(path: PathBuf) -> Result<Arc<File>, SpecError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    if let Some(file) = loaded.get(&path) {
        return Ok(Arc::clone(file));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|source| SpecError::Read { path: path.clone(), source })?;
    let wrong = |reason: String| SpecError::Parse { path: path.clone(), reason };
    let file = File::read(&text).map_err(wrong)?;
    let file = Arc::new(file);
    loaded.insert(path, Arc::clone(&file));
    Ok(file)
}
