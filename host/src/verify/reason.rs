//! Why a request was refused, for the audit and the operator.
//!
//! Promises to say what is wrong and never to repeat what was sent.

use thiserror::Error;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Reason {
    /// Neither a delivery nor a handshake comes by this method.
    #[error("the method carries no delivery; `methods` in `[webhook]` lists those that do")]
    Method,
    /// The signature is not there.
    #[error("no signature; is signing turned on at the vendor?")]
    MissingSignature,
    /// The signature does not have the form that the manifest gives.
    #[error("a malformed signature; compare `[webhook.verify]` with the vendor's documentation")]
    MalformedSignature,
    /// The signature is another one.
    #[error("a wrong signature; is the secret the one that the vendor shows?")]
    WrongSignature,
    /// The signed time is not there.
    #[error("no signed time; compare `timestamp` with the vendor's documentation")]
    MissingTimestamp,
    /// The signed time is not a whole number.
    #[error("a malformed signed time; compare `timestamp` with the vendor's documentation")]
    MalformedTimestamp,
    /// The signed time is too far from now.
    #[error("a signed time too far from now; is this machine's clock right?")]
    Stale,
    /// Something that is signed is not there.
    #[error("a part of the signed message is missing; compare `message` with the documentation")]
    MissingPart,
    /// A header, parameter or field of which there must be one is there several times.
    #[error("a header or field stands there twice; a genuine request has it once")]
    Repeated,
    /// The credential is not there.
    #[error("no credential; is it set at the vendor?")]
    MissingCredential,
    /// The credential does not have the form of its scheme.
    #[error("a malformed credential; compare `[webhook.verify]` with the documentation")]
    MalformedCredential,
    /// The credential is another one.
    #[error("a wrong credential; is it the same here and at the vendor?")]
    WrongCredential,
    /// The token is signed with an algorithm that the manifest does not name.
    #[error("a token with another algorithm; `algorithm` names the only one that is taken")]
    TokenAlgorithm,
    /// The token is past its time, not yet valid, or has no `exp`.
    #[error("a token outside of its time, or without `exp`; is this machine's clock right?")]
    TokenTime,
    /// The token is meant for somebody else.
    #[error("a token for another audience; compare `audience` with the documentation")]
    TokenAudience,
    /// The token belongs to another body.
    #[error("a token for another body; something on the way changed the request")]
    TokenBody,
    /// A handshake whose challenge cannot be sent back.
    #[error("a handshake with a challenge that is empty, too long or not plain text")]
    Challenge,
    /// A handshake that needs a secret which is not there.
    #[error("a handshake that needs a secret; `jackfield connection` sets it")]
    HandshakeSecret,
    /// A handshake that brings a secret although there is another one.
    #[error("a handshake with a new secret while one is kept; remove the old one first")]
    SecretKept,
    /// The component spoke where the manifest gives it no say.
    #[error("not the component's to say; `kind = \"component\"` would make it so")]
    NotTheComponentsSay,
}
