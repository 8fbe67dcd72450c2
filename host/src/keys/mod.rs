//! Where the master key is kept: a file, the environment, or AWS Secrets Manager.
//!
//! Owns the reading and writing of keys outside the data directory. Promises that a key is on
//! disk, or at AWS, before it is handed out to be used, and that the new key of a rotation stands
//! beside the old one until the vault has done with that. Never overwrites a key, and never puts
//! one into the data directory by itself.

mod aws;
mod error;
mod file;

#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf, str::FromStr};

use serde::Deserialize;

pub use aws::Settings as AwsSettings;
pub use error::KeyError;

use crate::{
    egress::EgressConfig,
    secret::Secret,
    vault::{Home, MasterKey},
};
use aws::{Stage, Vendor};

/// How a place at AWS Secrets Manager begins; the name or ARN of the secret follows.
const AWS: &str = "aws-secrets-manager:";

/// Where a master key is kept, as `--master-key` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In the environment of the host.
    Environment,
    /// In a secret at AWS Secrets Manager, by its name or ARN.
    Aws(String),
}

impl FromStr for Place {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text.strip_prefix(AWS) {
            Some("") => Err(KeyError::NoName),
            Some(name) => Ok(Self::Aws(name.into())),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<PathBuf> for Place {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment => f.write_str("the environment"),
            Self::Aws(name) => write!(f, "{AWS}{name}"),
        }
    }
}

/// What the environment says about keys.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The text of the master key itself.
    pub key: Option<Secret<String>>,
    /// How AWS is reached.
    pub aws: AwsSettings,
}

/// The keeper of the master key. Cheap enough to clone.
#[derive(Debug, Clone)]
pub struct Keys {
    place: Place,
    environment: Environment,
    egress: EgressConfig,
}

impl Keys {
    /// The keeper of the key at a place; of the one in the environment, if there is one.
    pub fn new(place: Place, environment: Environment, egress: EgressConfig) -> Self {
        let place = if environment.key.is_some() { Place::Environment } else { place };
        Self { place, environment, egress }
    }

    /// Where the key is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The same at another place.
    #[must_use]
    pub fn moved(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// The key in use.
    pub async fn current(&self) -> Result<MasterKey, KeyError> {
        match &self.place {
            Place::File(path) => {
                file::read(path)?.ok_or_else(|| KeyError::NoFile { path: path.clone() })
            }
            Place::Environment => {
                let key = self.environment.key.as_ref().ok_or(KeyError::NotThere)?;
                parse(key, &self.place)
            }
            Place::Aws(name) => {
                let found = self.vendor(name)?.read(Stage::Current).await?;
                let found = found.ok_or_else(|| KeyError::NoSecret { name: name.clone() })?;
                parse(&found.text, &self.place)
            }
        }
    }

    /// Writes a new key, unless there is one; whether it did.
    pub async fn create(&self) -> Result<bool, KeyError> {
        let key = MasterKey::generate();
        match &self.place {
            Place::File(path) if path.exists() => Ok(false),
            Place::File(path) => file::write(path, &key).map(|()| true),
            Place::Environment => Ok(false),
            Place::Aws(name) => self.vendor(name)?.create(&key).await,
        }
    }

    /// The new key of a rotation that was noted in the vault; none if it is not there.
    pub async fn noted(&self, home: &Home) -> Result<Option<MasterKey>, KeyError> {
        let key = if home.beside {
            self.beside().await?
        } else {
            match self.moved(home.place.parse()?).current().await {
                Ok(key) => Some(key),
                Err(KeyError::NoFile { .. } | KeyError::NoSecret { .. }) => None,
                Err(error) => return Err(error),
            }
        };
        Ok(key.filter(|key| key.id() == home.id))
    }

    /// Makes the new key for a rotation, or takes the one that an unfinished one left, and keeps
    /// it beside the key in use, or at a place where there is none yet.
    pub async fn prepare(&self, to: Option<Place>) -> Result<(MasterKey, Home), KeyError> {
        let to = to.filter(|to| *to != self.place);
        let beside = to.is_none();
        let key = match &to {
            None => match self.beside().await? {
                Some(left) => left,
                None => self.write_beside().await?,
            },
            Some(to) => {
                let there = self.moved(to.clone());
                if !there.create().await? {
                    return Err(KeyError::Taken { place: to.to_string() });
                }
                there.current().await?
            }
        };
        let place = to.as_ref().unwrap_or(&self.place).to_string();
        let at = if beside { self.at_beside() } else { place.clone() };
        let home = Home { id: key.id(), place, at, beside };
        Ok((key, home))
    }

    /// Has the new key of this id, beside the old one until now, take its place. Answers where the old one
    /// is kept.
    pub async fn settle(&self, next: &str) -> Result<String, KeyError> {
        match &self.place {
            Place::File(path) => file::settle(path, next).map(|kept| kept.display().to_string()),
            Place::Environment => Err(KeyError::NoPlaceBeside),
            Place::Aws(name) => {
                self.vendor(name)?.settle(next).await?;
                Ok(format!("{AWS}{name}, stage AWSPREVIOUS"))
            }
        }
    }

    /// The key that stands beside the one in use.
    async fn beside(&self) -> Result<Option<MasterKey>, KeyError> {
        match &self.place {
            Place::File(path) => file::read(&file::beside(path)),
            Place::Environment => Ok(None),
            Place::Aws(name) => {
                let vendor = self.vendor(name)?;
                let current = vendor.read(Stage::Current).await?;
                let pending = vendor.read(Stage::Pending).await?;
                let other = |version: &String| {
                    current.as_ref().is_none_or(|current| current.version != *version)
                };
                let pending = pending.filter(|pending| other(&pending.version));
                pending.map(|pending| parse(&pending.text, self.at_beside())).transpose()
            }
        }
    }

    /// Where that stands, for people.
    fn at_beside(&self) -> String {
        match &self.place {
            Place::File(path) => file::beside(path).display().to_string(),
            Place::Environment => self.place.to_string(),
            Place::Aws(name) => format!("{AWS}{name}, stage AWSPENDING"),
        }
    }

    async fn write_beside(&self) -> Result<MasterKey, KeyError> {
        let key = MasterKey::generate();
        match &self.place {
            Place::File(path) => file::write(&file::beside(path), &key)?,
            Place::Environment => return Err(KeyError::NoPlaceBeside),
            Place::Aws(name) => self.vendor(name)?.add_pending(&key).await?,
        }
        Ok(key)
    }

    fn vendor(&self, name: &str) -> Result<Vendor, KeyError> {
        Vendor::new(name, &self.environment.aws, &self.egress)
    }
}

/// The key of a text that was found at a place.
fn parse(text: &Secret<String>, place: impl ToString) -> Result<MasterKey, KeyError> {
    MasterKey::from_text(text).map_err(|_| KeyError::Content { place: place.to_string() })
}
