//! What can go wrong where master keys are kept.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::egress::NotAnOrigin;

/// What can go wrong where master keys are kept.
#[derive(Debug, Error)]
pub enum KeyError {
    /// There is no such file.
    #[error(
        "there is no master key at `{}`\n  hint: `jackfield init` writes one for a new data \
         directory; the one that an old directory was sealed under is given by --master-key FILE \
         or in JACKFIELD_MASTER_KEY", .path.display()
    )]
    NoFile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {what} the master key `{}`: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The environment has none.
    #[error("the environment holds no master key\n  hint: set JACKFIELD_MASTER_KEY")]
    NotThere,
    /// The host cannot write beside a key in its environment.
    #[error(
        "the master key is in the host's environment, where no other can be written\n  hint: \
         `jackfield key rotate --to FILE` writes the new one into a file"
    )]
    NoPlaceBeside,
    /// There is a key already where a new one was to be written.
    #[error("there is something at `{place}` already\n  hint: name another place with --to")]
    Taken {
        /// The place.
        place: String,
    },
    /// What is there is no master key.
    #[error(
        "what is in `{place}` is no master key: one begins with `jackfield-master-1:`, and 44 \
         characters of base64 follow\n  hint: put the right one there; `jackfield init` writes a \
         new one only where there is nothing"
    )]
    Content {
        /// The place.
        place: String,
    },
    /// No name of a secret.
    #[error(
        "the name of the secret is missing\n  hint: --master-key aws-secrets-manager:NAME, or its \
         ARN in the place of NAME"
    )]
    NoName,
    /// A variable is not set.
    #[error(
        "{name} is not set, and the master key is at AWS\n  hint: set AWS_REGION, \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; nothing else is looked for"
    )]
    Unset {
        /// The variable.
        name: &'static str,
    },
    /// The endpoint's URL is none.
    #[error("`{url}` is no endpoint: {why}\n  hint: mend AWS_ENDPOINT_URL_SECRETS_MANAGER")]
    Endpoint {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        why: NotAnOrigin,
    },
    /// There is no such secret.
    #[error(
        "AWS Secrets Manager has no secret `{name}`\n  hint: `jackfield init --master-key \
         aws-secrets-manager:{name}` makes it; or is it in another region?"
    )]
    NoSecret {
        /// The secret.
        name: String,
    },
    /// AWS said no.
    #[error("AWS Secrets Manager refused to {what} `{name}`: {why}\n  hint: {hint}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// The secret.
        name: String,
        /// What AWS says.
        why: String,
        /// The way out.
        hint: String,
    },
    /// AWS was not reached.
    #[error(
        "AWS Secrets Manager was not reached at {endpoint}: {why}\n  hint: is the network there, \
         and AWS_REGION right? AWS_ENDPOINT_URL_SECRETS_MANAGER names another endpoint"
    )]
    Unreachable {
        /// Where it was tried.
        endpoint: String,
        /// What went wrong.
        why: String,
    },
    /// The key at the place is none that the host knows of.
    #[error(
        "the master key at `{place}` is {found}, and the secrets are sealed under {wanted}\n  \
         hint: put {wanted} back there; the host needs it at its next start"
    )]
    Strange {
        /// The place.
        place: String,
        /// The id of the key that is there.
        found: String,
        /// The id of the key in use.
        wanted: String,
    },
    /// The secret changed under our hands.
    #[error(
        "the secret `{name}` at AWS does not hold the new master key {id} as AWSPENDING any more\n  \
         hint: did somebody else rotate it? start nothing before AWSPENDING is that key again"
    )]
    Moved {
        /// The secret.
        name: String,
        /// The id of the key that was looked for.
        id: String,
    },
}
