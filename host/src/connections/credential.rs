//! The credentials of a connection: what its manifest's `[auth.*]` describe, made of its settings
//! and its secrets.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::{
    Assertion, Auth, Manifest, OAuth1, Password, Placeholder, Placement, Signature, Username,
};

use super::{Connection, ConnectionError, Inner, live::fill};
use crate::{
    egress::{self, Credential, Jwt, JwtIssuer, Placeholders, Template},
    oauth::{Ground, SignIn},
    secret::Secret,
};

/// What credentials are made of.
pub(super) struct Ingredients<'a> {
    pub(super) manifest: &'a Manifest,
    /// The values of params.
    pub(super) values: &'a BTreeMap<String, String>,
    pub(super) secrets: &'a BTreeMap<String, Secret<Vec<u8>>>,
}

impl Inner {
    /// The sign-ins that the manifest describes.
    pub(super) fn sign_ins(
        &self,
        connection: &Connection,
        of: &Ingredients<'_>,
    ) -> Result<BTreeMap<String, SignIn>, ConnectionError> {
        let mut sign_ins = BTreeMap::new();
        for (name, auth) in &of.manifest.auth {
            let assertion = match auth {
                Auth::OAuth2(oauth2) => oauth2.assertion.as_ref().and_then(|one| of.jwt(one)),
                _ => None,
            };
            let ground = Ground {
                connection: &connection.name,
                secrets: &|name| of.secret(name),
                fill: &|template| of.filled(template),
                assertion,
                stand_ins: &connection.origins,
                redirect_url: &self.redirect_url,
            };
            if let Some(scheme) = self.keeper.scheme(auth, ground)? {
                sign_ins.insert(name.clone(), self.keeper.sign_in(&connection.name, name, scheme)?);
            }
        }
        Ok(sign_ins)
    }

    /// What goes along by an `[auth.NAME]`; none while a secret of it is not set.
    pub(super) fn auth(
        &self,
        name: &str,
        of: &Ingredients<'_>,
        sign_ins: &BTreeMap<String, SignIn>,
    ) -> Option<egress::Auth> {
        if let Some(sign_in) = sign_ins.get(name) {
            return Some(egress::Auth::Issued(sign_in.issuer()));
        }
        let fixed = |credential: Credential| egress::Auth::Fixed(credential);
        match of.manifest.auth.get(name)? {
            Auth::Bearer { secret } => of.secret(secret).map(Credential::Bearer).map(fixed),
            Auth::ApiKey { placement, name, secret, prefix } => {
                let value = Secret::new(format!("{prefix}{}", of.secret(secret)?.expose()));
                let name = name.clone();
                Some(fixed(match placement {
                    Placement::Header => Credential::Header { name, value },
                    Placement::Query => Credential::Query { name, value },
                }))
            }
            Auth::Basic { username, password } => of.basic(username, password).map(fixed),
            Auth::Jwt(assertion) => {
                let Assertion { header, prefix, .. } = &**assertion;
                let issuer = JwtIssuer::new(of.jwt(assertion)?, header, prefix, self.clock.clone());
                Some(egress::Auth::Issued(Arc::new(issuer)))
            }
            Auth::OAuth1(oauth1) => of.oauth1(oauth1).map(fixed),
            Auth::Signature(signature) => of.signature(signature).map(fixed),
            Auth::Placeholder(placeholder) => of.placeholders(placeholder, sign_ins),
            // They are sign-ins.
            Auth::OAuth2(_) | Auth::Session(_) => None,
        }
    }
}

impl Ingredients<'_> {
    /// A secret as text: it was set as such, so this loses nothing.
    fn secret(&self, name: &str) -> Option<Secret<String>> {
        let bytes = self.secrets.get(name)?.expose();
        Some(Secret::new(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn filled(&self, template: &str) -> String {
        fill(template, self.values)
    }

    fn basic(&self, username: &Username, password: &Password) -> Option<Credential> {
        let user_is_secret = matches!(username, Username::Secret(_));
        let username = match username {
            Username::Secret(name) => self.secret(name)?,
            Username::Param(name) => {
                Secret::new(self.values.get(name).cloned().unwrap_or_default())
            }
        };
        let password = match password {
            Password::Secret(name) => self.secret(name)?,
            Password::Literal(text) => Secret::new(text.clone()),
        };
        Some(Credential::Basic { username, password, user_is_secret })
    }

    fn jwt(&self, assertion: &Assertion) -> Option<Jwt> {
        let claims = assertion.claims.iter();
        Some(Jwt {
            algorithm: assertion.algorithm,
            key: self.secret(&assertion.key)?,
            key_id: assertion.key_id.as_deref().map(|template| self.filled(template)),
            claims: claims.map(|(name, value)| (name.clone(), self.filled(value))).collect(),
            lifetime_ms: assertion.lifetime_ms,
        })
    }

    fn oauth1(&self, oauth1: &OAuth1) -> Option<Credential> {
        Some(Credential::OAuth1(Arc::new(egress::OAuth1 {
            consumer_key: self.secret(&oauth1.consumer_key)?,
            consumer_secret: self.secret(&oauth1.consumer_secret)?,
            token: self.secret(&oauth1.token)?,
            token_secret: self.secret(&oauth1.token_secret)?,
            signature: oauth1.signature,
            realm: oauth1.realm.as_deref().map(|template| self.filled(template)),
        })))
    }

    fn signature(&self, signature: &Signature) -> Option<Credential> {
        let mut secrets = BTreeMap::new();
        for name in signature.secret_names() {
            secrets.insert(format!("secret:{name}"), self.secret(name)?);
        }
        let params = self.values.iter();
        Some(Credential::Signature(Arc::new(Template {
            algorithm: signature.algorithm,
            key: self.secret(&signature.secret)?,
            message: signature.message.clone(),
            encoding: signature.encoding,
            timestamp: signature.timestamp,
            headers: signature.headers.clone(),
            params: params.map(|(name, value)| (format!("param:{name}"), value.clone())).collect(),
            secrets,
        })))
    }

    fn placeholders(
        &self,
        placeholder: &Placeholder,
        sign_ins: &BTreeMap<String, SignIn>,
    ) -> Option<egress::Auth> {
        let mut values = BTreeMap::new();
        for name in &placeholder.secrets {
            values.insert(format!("{{secret:{name}}}"), self.secret(name)?);
        }
        let values = Placeholders(values);
        Some(match &placeholder.token {
            Some(token) => {
                let slot = format!("{{token:{token}}}");
                egress::Auth::Issued(sign_ins.get(token)?.issuer_among(slot, values))
            }
            None => egress::Auth::Fixed(Credential::Placeholders(Arc::new(values))),
        })
    }
}
