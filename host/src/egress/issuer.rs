//! Credentials of the moment: tokens that are had, grow old and are had anew.
//!
//! Owns the question. Never answers it: whoever keeps tokens does, and the door only asks.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use super::{credential::Credential, error::EgressError};

/// An answer under way.
pub type Issuing<'a, T> = Pin<Box<dyn Future<Output = Result<T, EgressError>> + Send + 'a>>;

/// Who knows the credential of the moment.
pub trait Issuer: Send + Sync + fmt::Debug + 'static {
    /// The headers that it fills, in lower case: a guest may not.
    fn headers(&self) -> Vec<String>;

    /// Whether a status says that a token has run out.
    fn refuses(&self, status: u16) -> bool;

    /// The credential of the moment. Waits while one is being had.
    fn issue(&self) -> Issuing<'_, Issued>;

    /// Another than one that the system has turned away; none where another would be no better,
    /// so that what the system said is what there is.
    fn anew(&self, refused: &Issued) -> Issuing<'_, Option<Issued>>;
}

/// A credential, and which of its issuer's it is.
#[derive(Debug, Clone)]
pub struct Issued {
    /// What is put into the request.
    pub credential: Credential,
    /// Its number among those of its issuer; a later one has a greater.
    pub number: u64,
}

/// How a rule shows who is asking.
#[derive(Debug, Clone)]
pub enum Auth {
    /// By what stays as it is.
    Fixed(Credential),
    /// By what is asked for at each request.
    Issued(Arc<dyn Issuer>),
}

impl Auth {
    /// The headers that it fills, in lower case.
    pub(super) fn headers(&self) -> Vec<String> {
        match self {
            Self::Fixed(credential) => credential.headers(),
            Self::Issued(issuer) => issuer.headers(),
        }
    }
}
