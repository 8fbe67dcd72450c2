//! What is asked for with credentials: which go along, and where the host signs in.

use std::collections::BTreeMap;

use super::Asks;
use crate::manifest::{
    Assertion, Auth, CaptureFrom, Manifest, OAuth2, Password, Placement, Username,
};

impl Manifest {
    /// Where the host signs in for it, as whom and for what.
    pub(super) fn ask_tokens(&self, asks: &mut Asks) {
        for (name, auth) in &self.auth {
            let why = format!("this is how the token of {name} is come by");
            match auth {
                Auth::OAuth2(oauth2) => oauth2_asks(oauth2, &why, asks),
                Auth::Session(session) => {
                    let with = secrets(&session.secret_names());
                    asks.thing(format!("a sign-in at {} with {with}", session.url), &why);
                }
                _ => {}
            }
            // Where the operator left it open, the default decides to whom secrets are sent.
            for param in &self.params {
                let slot = format!("{{param:{}}}", param.name);
                if let Some(default) = &param.default
                    && auth.urls().iter().any(|url| url.contains(&slot))
                {
                    asks.thing(format!("{slot} being {default} unless it is set"), &param.title);
                }
            }
        }
        if let Some(tenants) = &self.tenants {
            let what = format!("{{param:{}}} chosen from what its vendor lists", tenants.param);
            asks.thing(what, "one sign-in opens several organisations");
        }
    }
}

fn oauth2_asks(oauth2: &OAuth2, why: &str, asks: &mut Asks) {
    let scopes = oauth2.scopes.join(&oauth2.scope_separator);
    let mut known = oauth2.client_id.clone();
    if let Some(secret) = &oauth2.client_secret {
        known.push_str(&format!(" and the secret {secret}"));
    }
    if let Some(assertion) = &oauth2.assertion {
        known.push_str(&format!(" and {}", claims(assertion)));
    }
    if let Some(url) = &oauth2.authorize_url {
        let more = pairs(&oauth2.authorize_params);
        asks.thing(
            format!("a sign-in at {url} as {}, for {scopes:?}{more}", oauth2.client_id),
            why,
        );
    }
    let more = pairs(&oauth2.token_params);
    for url in [Some(&oauth2.token_url), oauth2.refresh_url.as_ref()].into_iter().flatten() {
        asks.thing(format!("tokens from {url} for {known}, for {scopes:?}{more}"), why);
    }
    for (param, capture) in &oauth2.capture {
        let like = capture.like.as_deref().unwrap_or("whatever it is");
        let from = match &capture.from {
            CaptureFrom::Redirect(name) => format!("where the person comes back ({name})"),
            CaptureFrom::Answer(place) => format!("with the token ({})", place.as_str()),
        };
        asks.thing(format!("{{param:{param}}} from the vendor {from}, being {like}"), why);
    }
}

/// Claims under a signature, in words.
fn claims(assertion: &Assertion) -> String {
    let more = pairs(&assertion.claims);
    format!("claims signed with the secret {}{more}", assertion.key)
}

/// Names and values as they are written.
fn pairs(pairs: &BTreeMap<String, String>) -> String {
    pairs.iter().map(|(name, value)| format!(", {name}={value}")).collect()
}

/// Secrets by their names, in words.
fn secrets(names: &[&str]) -> String {
    let mut names: Vec<&str> = names.to_vec();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => "no secret".into(),
        [one] => format!("the secret {one}"),
        many => format!("the secrets {}", many.join(", ")),
    }
}

/// What goes along with a request, named by the secrets that it is made of.
pub(super) fn credential(name: &str, auth: &Auth) -> String {
    match auth {
        Auth::OAuth2(oauth2) => format!(
            "with the token of {name} in the header {} after {:?}",
            oauth2.header, oauth2.prefix
        ),
        Auth::Session(session) => format!(
            "with the token of {name} in the header {} after {:?}",
            session.header, session.prefix
        ),
        Auth::Jwt(assertion) => {
            format!("with {} in the header {} for {name}", claims(assertion), assertion.header)
        }
        Auth::OAuth1(_) | Auth::Signature(_) => {
            format!("with a signature of {name} made with {}", secrets(&auth.secret_names()))
        }
        Auth::Placeholder(placeholder) => {
            let token = placeholder.token.as_ref().map(|token| format!(" the token of {token}"));
            let secrets = match placeholder.secrets.as_slice() {
                [] => String::new(),
                _ => format!(" {}", secrets(&auth.secret_names())),
            };
            format!("with{}{secrets} wherever it wants", token.unwrap_or_default())
        }
        Auth::Bearer { secret } => format!("with the secret {secret} as a bearer token"),
        Auth::ApiKey { placement, name, secret, prefix } => {
            let place = match placement {
                Placement::Header => "header",
                Placement::Query => "query parameter",
            };
            let after =
                if prefix.is_empty() { String::new() } else { format!(" after {prefix:?}") };
            format!("with the secret {secret} in the {place} {name}{after}")
        }
        Auth::Basic { username, password } => {
            let user = match username {
                Username::Secret(name) => format!("the secret {name}"),
                Username::Param(name) => format!("{{param:{name}}}"),
            };
            let password = match password {
                Password::Secret(name) => format!("the secret {name}"),
                Password::Literal(text) => format!("{text:?}"),
            };
            format!("with {user} as the user and {password} as the password")
        }
    }
}
