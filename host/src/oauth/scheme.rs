//! How the tokens of one connection are had: its manifest's `[auth.NAME]`, with the connection's
//! values filled in.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::{Auth, Grant, OAuth2, Session};
use url::{Position, Url};

use super::{OAuthError, session};
use crate::{
    egress::{Client, Egress, Jwt, Origin, Policy, Rule},
    secret::Secret,
};

/// What follows the name of a connection where its requests for tokens are meant; no name has a
/// space.
const TOKENS: &str = " tokens";

/// How the tokens of one connection are had.
#[derive(Debug)]
pub struct Scheme {
    pub(super) way: Way,
    pub(super) times: Times,
    /// The header in which the token is sent, in lower case, and what stands before it there.
    pub(super) header: String,
    pub(super) prefix: String,
    /// The statuses by which the vendor's API turns a token away that has run out.
    pub(super) expired_status: Vec<u16>,
    /// The way to where tokens are had, and to nothing else.
    pub(super) client: Client,
}

/// By which kind of request.
#[derive(Debug)]
pub(super) enum Way {
    OAuth2(Box<OAuth2Way>),
    Session(session::SignIn),
}

/// What RFC 6749 needs.
#[derive(Debug)]
pub(super) struct OAuth2Way {
    pub(super) manifest: Arc<OAuth2>,
    pub(super) authorize_url: Option<Url>,
    pub(super) token_url: Url,
    pub(super) refresh_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret<String>>,
    /// What is exchanged for a token, where that is so.
    pub(super) assertion: Option<Jwt>,
    pub(super) scope: String,
    pub(super) authorize_params: BTreeMap<String, String>,
    pub(super) token_params: BTreeMap<String, String>,
    /// Where a person comes back to.
    pub(super) redirect_url: Url,
}

/// How long things live, in milliseconds; see the manifest's `OAuth2`.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) lifetime_ms: Option<u64>,
    pub(super) refresh_after_ms: u64,
    pub(super) idle_limit_ms: Option<u64>,
    pub(super) grace_ms: Option<u64>,
}

/// What a scheme is made from.
pub struct Ground<'a> {
    /// The name of the connection.
    pub connection: &'a str,
    /// Its secrets, by name.
    pub secrets: &'a dyn Fn(&str) -> Option<Secret<String>>,
    /// Its manifest's templates over params, filled in.
    pub fill: &'a dyn Fn(&str) -> String,
    /// What is exchanged for a token, where that is so.
    pub assertion: Option<Jwt>,
    /// Origins that stand in for the vendor's.
    pub stand_ins: &'a BTreeMap<String, String>,
    /// Where a person comes back to.
    pub redirect_url: &'a Url,
}

impl Scheme {
    /// Fills in the values of a connection; none for a kind that needs no request of its own.
    pub fn new(
        auth: &Auth,
        ground: Ground<'_>,
        egress: &Egress,
    ) -> Result<Option<Arc<Self>>, OAuthError> {
        Ok(match auth {
            Auth::OAuth2(oauth2) => Some(Arc::new(Self::oauth2(oauth2, ground, egress)?)),
            Auth::Session(session) => Some(Arc::new(Self::session(session, &ground, egress)?)),
            _ => None,
        })
    }

    fn oauth2(manifest: &OAuth2, ground: Ground<'_>, egress: &Egress) -> Result<Self, OAuthError> {
        let filled = |params: &BTreeMap<String, String>| {
            params.iter().map(|(name, value)| (name.clone(), (ground.fill)(value))).collect()
        };
        let token_url = ground.url(&manifest.token_url)?;
        let refresh_url = match &manifest.refresh_url {
            Some(template) => ground.url(template)?,
            None => token_url.clone(),
        };
        let authorize_url = match &manifest.authorize_url {
            Some(template) => Some(ground.for_a_browser(ground.url(template)?)?),
            None => None,
        };
        Ok(Self {
            times: Times {
                lifetime_ms: manifest.lifetime_ms,
                refresh_after_ms: manifest.refresh_after_ms.unwrap_or(0),
                idle_limit_ms: manifest.idle_limit_ms,
                grace_ms: manifest.grace_ms,
            },
            header: manifest.header.to_ascii_lowercase(),
            prefix: manifest.prefix.clone(),
            expired_status: manifest.expired_status.clone(),
            client: ground.client(egress, &[&token_url, &refresh_url])?,
            way: Way::OAuth2(Box::new(OAuth2Way {
                authorize_url,
                token_url,
                refresh_url,
                client_id: (ground.fill)(&manifest.client_id),
                client_secret: manifest.client_secret.as_deref().and_then(ground.secrets),
                scope: manifest.scopes.join(&manifest.scope_separator),
                authorize_params: filled(&manifest.authorize_params),
                token_params: filled(&manifest.token_params),
                redirect_url: ground.redirect_url.clone(),
                assertion: ground.assertion,
                manifest: Arc::new(manifest.clone()),
            })),
        })
    }

    fn session(
        manifest: &Session,
        ground: &Ground<'_>,
        egress: &Egress,
    ) -> Result<Self, OAuthError> {
        let sign_in = session::SignIn::new(manifest, ground)?;
        Ok(Self {
            times: Times { lifetime_ms: manifest.lifetime_ms, ..Times::default() },
            header: manifest.header.to_ascii_lowercase(),
            prefix: manifest.prefix.clone(),
            expired_status: manifest.expired_status.clone(),
            client: ground.client(egress, &[sign_in.url()])?,
            way: Way::Session(sign_in),
        })
    }

    /// Whether the host asks in its own name, so that nobody has to sign in.
    pub(super) fn asks_in_own_name(&self) -> bool {
        match &self.way {
            Way::OAuth2(oauth2) => oauth2.manifest.grant != Grant::Code,
            Way::Session(_) => true,
        }
    }
}

impl Ground<'_> {
    /// A URL of the manifest.
    pub(super) fn url(&self, template: &str) -> Result<Url, OAuthError> {
        let filled = (self.fill)(template);
        let url = Url::parse(&filled).ok().filter(|url| url.scheme() == "https");
        url.ok_or(OAuthError::NoUrl(filled))
    }

    /// The same for a person's browser, at the origin that stands in for its own.
    fn for_a_browser(&self, url: Url) -> Result<Url, OAuthError> {
        let origin = url.origin().ascii_serialization();
        let Some(stand_in) = self.stand_ins.get(&origin) else { return Ok(url) };
        let url = format!("{}{}", stand_in.trim_end_matches('/'), &url[Position::BeforePath..]);
        Url::parse(&url).map_err(|_| OAuthError::NoUrl(url))
    }

    /// The way to these URLs, and to nothing else.
    fn client(&self, egress: &Egress, urls: &[&Url]) -> Result<Client, OAuthError> {
        let parse =
            |text: &str| text.parse::<Origin>().map_err(|_| OAuthError::NoUrl(text.to_owned()));
        let mut rules = Vec::new();
        for url in urls {
            let origin = url.origin().ascii_serialization();
            rules.push(Rule {
                origin: parse(&origin)?,
                methods: vec!["POST".into()],
                paths: vec![url.path().to_owned()],
                auth: None,
                safe_posts: Vec::new(),
                graphql: Vec::new(),
                redirect_to: self.stand_ins.get(&origin).map(|to| parse(to)).transpose()?,
            });
        }
        let policy = Arc::new(Policy::new(rules, Vec::new()));
        Ok(egress.client(&budget_of(self.connection), policy))
    }
}

/// Under which name the requests for tokens of a connection are counted: they are not its
/// connector's.
pub(super) fn budget_of(connection: &str) -> String {
    format!("{connection}{TOKENS}")
}

/// Whose a use of credentials is: the connection's own or its requests' for tokens.
pub fn whose(name: &str) -> &str {
    name.strip_suffix(TOKENS).unwrap_or(name)
}
