//! How the tokens of one connection are had: its manifest's `[auth.NAME]`, with the connection's
//! values filled in.

use std::{collections::BTreeMap, sync::Arc};

use jackfield_registry::manifest::{Grant, OAuth2};
use url::{Position, Url};

use super::OAuthError;
use crate::{
    egress::{Client, Egress, Origin, Policy, Rule},
    secret::Secret,
};

/// How the tokens of one connection are had.
#[derive(Debug)]
pub struct Scheme {
    pub(super) manifest: Box<OAuth2>,
    pub(super) authorize_url: Option<Url>,
    pub(super) token_url: Url,
    pub(super) refresh_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret<String>>,
    pub(super) scope: String,
    pub(super) authorize_params: BTreeMap<String, String>,
    pub(super) token_params: BTreeMap<String, String>,
    /// Where a person comes back to.
    pub(super) redirect_url: Url,
    /// The way to the token endpoint, and to nothing else.
    pub(super) client: Client,
}

/// What a scheme is made from.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The name of the connection.
    pub connection: &'a str,
    /// Its manifest's `[auth.NAME]`.
    pub manifest: &'a OAuth2,
    /// By which the host shows who it is.
    pub client_secret: Option<Secret<String>>,
    /// Origins that stand in for the vendor's.
    pub stand_ins: &'a BTreeMap<String, String>,
    /// Where a person comes back to.
    pub redirect_url: &'a Url,
}

impl Scheme {
    /// Fills in the values of a connection.
    pub fn new(
        ground: Ground<'_>,
        egress: &Egress,
        fill: impl Fn(&str) -> String,
    ) -> Result<Arc<Self>, OAuthError> {
        let manifest = ground.manifest;
        let url = |template: &str| {
            let filled = fill(template);
            let url = Url::parse(&filled).ok().filter(|url| url.scheme() == "https");
            url.ok_or(OAuthError::NoUrl(filled))
        };
        let filled = |params: &BTreeMap<String, String>| {
            params.iter().map(|(name, value)| (name.clone(), fill(value))).collect()
        };
        let token_url = url(&manifest.token_url)?;
        let refresh_url = match &manifest.refresh_url {
            Some(template) => url(template)?,
            None => token_url.clone(),
        };
        let rule = |url: &Url| -> Result<Rule, OAuthError> {
            let origin = url.origin().ascii_serialization();
            let parse =
                |text: &str| text.parse::<Origin>().map_err(|_| OAuthError::NoUrl(text.to_owned()));
            Ok(Rule {
                origin: parse(&origin)?,
                methods: vec!["POST".into()],
                paths: vec![url.path().to_owned()],
                auth: None,
                safe_posts: Vec::new(),
                redirect_to: ground.stand_ins.get(&origin).map(|to| parse(to)).transpose()?,
            })
        };
        let policy = Policy::new(vec![rule(&token_url)?, rule(&refresh_url)?], Vec::new());
        Ok(Arc::new(Self {
            manifest: Box::new(manifest.clone()),
            authorize_url: manifest
                .authorize_url
                .as_deref()
                .map(|template| stood_in(url(template)?, ground.stand_ins))
                .transpose()?,
            token_url,
            refresh_url,
            client_id: fill(&manifest.client_id),
            client_secret: ground.client_secret,
            scope: manifest.scopes.join(&manifest.scope_separator),
            authorize_params: filled(&manifest.authorize_params),
            token_params: filled(&manifest.token_params),
            redirect_url: ground.redirect_url.clone(),
            client: egress.client(&budget_of(ground.connection), Arc::new(policy)),
        }))
    }
}

impl Scheme {
    /// Whether the host asks in its own name, so that nobody has to sign in.
    pub(super) fn asks_in_own_name(&self) -> bool {
        self.manifest.grant == Grant::ClientCredentials
    }
}

/// A URL for a person's browser, at the origin that stands in for its own.
fn stood_in(url: Url, stand_ins: &BTreeMap<String, String>) -> Result<Url, OAuthError> {
    let Some(stand_in) = stand_ins.get(&url.origin().ascii_serialization()) else { return Ok(url) };
    let rest = &url[Position::BeforePath..];
    let url = format!("{}{rest}", stand_in.trim_end_matches('/'));
    Url::parse(&url).map_err(|_| OAuthError::NoUrl(url))
}

/// Under which name the requests for tokens of a connection are counted: they are not its
/// connector's.
pub(super) fn budget_of(connection: &str) -> String {
    format!("{connection} tokens")
}
