//! Claims under a signature: a JSON Web Token of the host's own (RFC 7515, RFC 7519).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jackfield_registry::manifest::{JwtSigning, webhook::Algorithm};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    clock::SharedClock,
    egress::{Credential, EgressError, Issued, Issuer, Issuing},
    mac::hmac,
    secret::Secret,
};

/// What is signed, and with what.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// How.
    pub algorithm: JwtSigning,
    /// With what: text for `HS…`, a PEM for the others.
    pub key: Secret<String>,
    /// The field `kid` of the head.
    pub key_id: Option<String>,
    /// The claims, without `iat`, `exp` and `jti`.
    pub claims: BTreeMap<String, String>,
    /// How long it is good, in milliseconds.
    pub lifetime_ms: u64,
}

impl Jwt {
    /// The token as of now.
    pub fn signed(&self, now_ms: u64) -> Result<Secret<String>, EgressError> {
        let algorithm = match self.algorithm {
            JwtSigning::Hs256 => "HS256",
            JwtSigning::Hs512 => "HS512",
            JwtSigning::Rs256 => "RS256",
            JwtSigning::Es256 => "ES256",
        };
        let mut head = json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            head["kid"] = key_id.as_str().into();
        }
        let mut claims = json!({
            "iat": now_ms / 1000,
            "exp": (now_ms + self.lifetime_ms) / 1000,
            "jti": Uuid::new_v4().to_string(),
        });
        for (name, value) in &self.claims {
            claims[name] = value.as_str().into();
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&head), part(&claims));
        let signature = self.signature(message.as_bytes()).ok_or(EgressError::SigningKey)?;
        Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    fn signature(&self, message: &[u8]) -> Option<Vec<u8>> {
        let key = self.key.expose().as_bytes();
        let random = SystemRandom::new();
        match self.algorithm {
            JwtSigning::Hs256 => Some(hmac(Algorithm::Sha256, key, message)),
            JwtSigning::Hs512 => Some(hmac(Algorithm::Sha512, key, message)),
            JwtSigning::Rs256 => {
                let key = match PrivateKeyDer::from_pem_slice(key).ok()? {
                    PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
                    PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
                    _ => return None,
                };
                let key = key.ok()?;
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            JwtSigning::Es256 => {
                let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(key).ok()? else {
                    return None;
                };
                let scheme = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let key = EcdsaKeyPair::from_pkcs8(scheme, der.secret_pkcs8_der(), &random).ok()?;
                Some(key.sign(&random, message).ok()?.as_ref().to_vec())
            }
        }
    }
}

/// Signs claims for requests, and signs them again once half of their time is over.
#[derive(Debug)]
pub struct JwtIssuer {
    jwt: Jwt,
    header: String,
    prefix: String,
    clock: SharedClock,
    last: Mutex<Option<(Issued, u64)>>,
}

impl JwtIssuer {
    /// An issuer of such claims, sent in this header after this prefix.
    pub fn new(jwt: Jwt, header: &str, prefix: &str, clock: SharedClock) -> Self {
        let (header, prefix) = (header.to_ascii_lowercase(), prefix.to_owned());
        Self { jwt, header, prefix, clock, last: Mutex::default() }
    }

    fn current(&self) -> Result<Issued, EgressError> {
        let now_ms = self.clock.now_ms();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((issued, at_ms)) = &*last
            && now_ms < at_ms + self.jwt.lifetime_ms / 2
        {
            return Ok(issued.clone());
        }
        let number = last.as_ref().map_or(0, |(issued, _)| issued.number) + 1;
        let value = format!("{}{}", self.prefix, self.jwt.signed(now_ms)?.expose());
        let credential =
            Credential::Header { name: self.header.clone(), value: Secret::new(value) };
        let issued = Issued { credential, number };
        *last = Some((issued.clone(), now_ms));
        Ok(issued)
    }
}

impl Issuer for JwtIssuer {
    fn headers(&self) -> Vec<String> {
        vec![self.header.clone()]
    }

    fn refuses(&self, _: u16) -> bool {
        // Another signature by the same key is no better.
        false
    }

    fn issue(&self) -> Issuing<'_, Issued> {
        Box::pin(async { self.current() })
    }

    fn anew(&self, _: &Issued) -> Issuing<'_, Option<Issued>> {
        Box::pin(async { Ok(None) })
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };

    use super::*;

    fn jwt(algorithm: JwtSigning, key: &str) -> Jwt {
        Jwt {
            algorithm,
            key: Secret::new(key.to_owned()),
            key_id: Some("k1".into()),
            claims: [("iss".to_owned(), "app-7".to_owned())].into(),
            lifetime_ms: 300_000,
        }
    }

    /// The message and the signature of a token.
    fn parts(token: &Secret<String>) -> (String, Vec<u8>) {
        let (message, signature) = token.expose().rsplit_once('.').unwrap();
        (message.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap())
    }

    #[test]
    fn the_claims_are_those_of_the_manifest_and_the_time() {
        let token = jwt(JwtSigning::Hs256, "key").signed(1_000_000).unwrap();
        let (message, signature) = parts(&token);
        assert_eq!(signature, hmac(Algorithm::Sha256, b"key", message.as_bytes()));
        let (head, claims) = message.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(head), json!({ "alg": "HS256", "typ": "JWT", "kid": "k1" }));
        let claims = read(claims);
        assert_eq!(
            (&claims["iss"], &claims["iat"], &claims["exp"]),
            (&json!("app-7"), &json!(1000), &json!(1300))
        );
    }

    #[test]
    fn a_public_key_finds_the_signature_right() {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            base64::engine::general_purpose::STANDARD.encode(pkcs8.as_ref())
        );
        let (message, signature) = parts(&jwt(JwtSigning::Es256, &pem).signed(0).unwrap());
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
        let public = key.unwrap().public_key().as_ref().to_vec();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        public.verify(message.as_bytes(), &signature).unwrap();

        let (message, signature) =
            parts(&jwt(JwtSigning::Rs256, include_str!("test-rsa.pem")).signed(0).unwrap());
        let PrivateKeyDer::Pkcs8(der) =
            PrivateKeyDer::from_pem_slice(include_bytes!("test-rsa.pem")).unwrap()
        else {
            panic!("it is PKCS#8");
        };
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public =
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref().to_vec());
        public.verify(message.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        for bad in ["", "key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            for algorithm in [JwtSigning::Rs256, JwtSigning::Es256] {
                assert!(matches!(jwt(algorithm, bad).signed(0), Err(EgressError::SigningKey)));
            }
        }
    }
}
