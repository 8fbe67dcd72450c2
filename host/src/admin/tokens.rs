//! Who may use the API: tokens by name, kept as hashes.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use axum::{
    Extension, Json, Router,
    extract::{Path as UrlPath, State},
    routing::{delete, get},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{OsRng, rand_core::RngCore as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::answer::Answer;
use crate::{
    audit::{Actor, Line, Word},
    clock::SharedClock,
    host::Rooms,
    secret::Secret,
    store::{Batch, CommitError, Expect, Store, StoreError, trees},
};

/// The file in the data directory with the token for whoever owns the directory.
pub const TOKEN_FILE: &str = "admin.token";
/// The name of that token.
const LOCAL: &str = "local";
/// How a token begins, so that a leaked one can be searched for.
const PREFIX: &str = "jf_";
/// Random bytes in a token.
const TOKEN_BYTES: usize = 32;
/// Under which keys of `META` tokens stand.
const PLACE: &str = "token/";
/// The most tokens.
const TOKENS_MAX: usize = 1000;

/// What can go wrong with tokens.
#[derive(Debug, Error)]
pub enum TokenError {
    /// No token has this name.
    #[error("there is no token `{0}`; `jackfield token list` shows those there are")]
    Unknown(String),
    /// The name is taken.
    #[error("there is a token `{0}` already; revoke it or take another name")]
    Taken(String),
    /// The name is none.
    #[error("`{0}` is no name for a token\n  hint: use a-z, 0-9 and `-`, up to 48 of them")]
    Name(String),
    /// The token's file cannot be used.
    #[error("the token file `{}` cannot be used: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What is kept of a token.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    name: String,
    sha256: String,
    created_at_ms: u64,
}

/// The tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tokens {
    store: Store,
    clock: SharedClock,
}

impl Tokens {
    /// The tokens of a store.
    pub fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock }
    }

    /// Whose token this is; none if it is not valid.
    pub fn holder(&self, token: &str) -> Result<Option<String>, TokenError> {
        let given = hash(token);
        let mut holder = None;
        // All of them are looked at, in a time that does not depend on which one it is.
        for record in self.records()? {
            if bool::from(given.as_bytes().ct_eq(record.sha256.as_bytes())) {
                holder = Some(record.name);
            }
        }
        Ok(holder)
    }

    /// Makes a token. It is shown this once and kept as a hash.
    pub async fn create(&self, name: &str, actor: Actor) -> Result<Secret<String>, TokenError> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 48 || !name.chars().all(good) {
            return Err(TokenError::Name(name.into()));
        }
        let mut bytes = [0; TOKEN_BYTES];
        OsRng.fill_bytes(&mut bytes);
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let now_ms = self.clock.now_ms();
        let record = Record { name: name.into(), sha256: hash(&token), created_at_ms: now_ms };
        let mut batch = Batch::new();
        batch.require(trees::META, &place(name), Expect::Absent);
        // Strings and numbers always make JSON.
        batch.put(trees::META, &place(name), serde_json::to_vec(&record).expect("plain data"));
        Line::new(now_ms, actor, Word::TokenCreated, name).record(&mut batch);
        match self.store.commit(batch).await {
            Ok(_) => Ok(Secret::new(token)),
            Err(CommitError::Conflict { .. }) => Err(TokenError::Taken(name.into())),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a token invalid at once.
    pub async fn revoke(&self, name: &str, actor: Actor) -> Result<(), TokenError> {
        let mut batch = Batch::new();
        batch.require(trees::META, &place(name), Expect::Present);
        batch.delete(trees::META, &place(name));
        Line::new(self.clock.now_ms(), actor, Word::TokenRevoked, name).record(&mut batch);
        match self.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(TokenError::Unknown(name.into())),
            Err(error) => Err(error.into()),
        }
    }

    /// Sees to it that the token file of the data directory is there and valid.
    pub async fn ensure_local(&self, data: &Path) -> Result<(), TokenError> {
        let path = data.join(TOKEN_FILE);
        let failed = |source| TokenError::File { path: path.clone(), source };
        if let Ok(token) = fs::read_to_string(&path)
            && self.holder(token.trim())?.as_deref() == Some(LOCAL)
        {
            return Ok(());
        }
        match self.revoke(LOCAL, Actor::Host).await {
            Ok(()) | Err(TokenError::Unknown(_)) => {}
            Err(error) => return Err(error),
        }
        let token = self.create(LOCAL, Actor::Host).await?;
        // Anew, so that the mode is right whatever was there before.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(failed)?;
        writeln!(file, "{}", token.expose()).and_then(|()| file.sync_all()).map_err(failed)
    }

    fn records(&self) -> Result<Vec<Record>, TokenError> {
        let found = self.store.scan_prefix(trees::META, PLACE.as_bytes(), None, TOKENS_MAX)?;
        // A record that cannot be read is no token.
        Ok(found.iter().filter_map(|(_, value)| serde_json::from_slice(value).ok()).collect())
    }
}

fn place(name: &str) -> Vec<u8> {
    format!("{PLACE}{name}").into_bytes()
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

pub(super) fn routes() -> Router<Rooms> {
    Router::new()
        .route("/v1/tokens", get(list).post(create))
        .route("/v1/tokens/{name}", delete(revoke))
}

async fn list(State(rooms): State<Rooms>) -> Answer<Value> {
    let tokens = rooms
        .tokens
        .records()?
        .into_iter()
        .map(|record| json!({ "name": record.name, "created_at_ms": record.created_at_ms }));
    Ok(Json(tokens.collect()))
}

#[derive(Deserialize)]
struct New {
    name: String,
}

async fn create(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    Json(new): Json<New>,
) -> Answer<Value> {
    let token = rooms.tokens.create(&new.name, actor).await?;
    Ok(Json(json!({ "name": new.name, "token": token.expose() })))
}

async fn revoke(
    State(rooms): State<Rooms>,
    Extension(actor): Extension<Actor>,
    UrlPath(name): UrlPath<String>,
) -> Answer<Value> {
    rooms.tokens.revoke(&name, actor).await?;
    Ok(Json(json!({ "name": name })))
}
