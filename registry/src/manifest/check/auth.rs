//! Checks `[auth.*]`: that what it names is there, and that a token is asked for where it can be
//! had.

use url::Url;

use super::{Check, traffic::is_header_value};
use crate::manifest::{
    auth::{Auth, CaptureFrom, Grant, OAuth2, Password, Placement, Username},
    document::Place,
};

/// The most scopes, further parameters, captured values or rules of one `[auth.NAME]`.
const LIST_MAX: usize = 64;
/// What stands for a param, and for the part of a value that is meant, where a text is tried.
pub(super) const STAND_IN: &str = "x";

impl Check<'_, '_> {
    pub(super) fn auth(&mut self, place: &Place, auth: &Auth) {
        match auth {
            Auth::Bearer { secret } => self.secret(&place.key("secret"), secret),
            Auth::ApiKey { placement, name, secret, prefix } => {
                self.secret(&place.key("secret"), secret);
                self.key_name(&place.key("name"), *placement, name);
                self.prefix(&place.key("prefix"), prefix);
            }
            Auth::Basic { username, password } => {
                match username {
                    Username::Secret(name) => self.secret(&place.key("username_secret"), name),
                    Username::Param(name) => self.param(&place.key("username_param"), name),
                }
                if let Password::Secret(name) = password {
                    self.secret(&place.key("password_secret"), name);
                }
            }
            Auth::OAuth2(oauth2) => self.oauth2(place, oauth2),
            Auth::Session(session) => self.session(place, session),
            Auth::Jwt(assertion) => self.assertion(place, assertion),
            Auth::OAuth1(oauth1) => self.oauth1(place, oauth1),
            Auth::Signature(signature) => self.signature(place, signature),
            Auth::Placeholder(placeholder) => self.placeholder(place, placeholder),
        }
    }

    /// The header or the query parameter that carries a key.
    fn key_name(&mut self, place: &Place, placement: Placement, name: &str) {
        let in_query = |b: u8| b.is_ascii_alphanumeric() || b"-._~$[]".contains(&b);
        match placement {
            Placement::Header => self.header(place, name),
            Placement::Query if name.is_empty() || !name.bytes().all(in_query) => {
                let message = format!("`{}` is not a query parameter", name.escape_debug());
                self.wrong(place, message, "use letters, digits, `-`, `_` and `.`");
            }
            Placement::Query => {}
        }
    }

    pub(super) fn prefix(&mut self, place: &Place, prefix: &str) {
        if !is_header_value(prefix) {
            let message = "`prefix` is not plain text on one line";
            self.wrong(place, message, "use visible ASCII and spaces");
        }
    }

    fn oauth2(&mut self, place: &Place, oauth2: &OAuth2) {
        match (oauth2.grant, &oauth2.authorize_url) {
            (Grant::Code, Some(url)) => self.token_url(&place.key("authorize_url"), url),
            (Grant::Code, None) => {
                let message = "nothing says where a person signs in";
                self.wrong_key(place, message, "add `authorize_url = \"https://…\"`");
            }
            (Grant::ClientCredentials | Grant::JwtBearer, Some(_)) => {
                let message = "nobody signs in where `grant` is not `code`";
                self.wrong(&place.key("authorize_url"), message, "leave it out");
            }
            (Grant::ClientCredentials, None) if oauth2.client_secret.is_none() => {
                let message = "a client without a secret cannot ask in its own name";
                self.wrong_key(place, message, "add `client_secret = \"NAME\"`");
            }
            (Grant::ClientCredentials | Grant::JwtBearer, None) => {}
        }
        self.granted_by_assertion(place, oauth2);
        self.token_url(&place.key("token_url"), &oauth2.token_url);
        if let Some(url) = &oauth2.refresh_url {
            self.token_url(&place.key("refresh_url"), url);
        }
        self.template(&place.key("client_id"), &oauth2.client_id, STAND_IN);
        if let Some(secret) = &oauth2.client_secret {
            self.secret(&place.key("client_secret"), secret);
        }
        for (key, params) in
            [("authorize_params", &oauth2.authorize_params), ("token_params", &oauth2.token_params)]
        {
            for (name, value) in params {
                let place = place.key(key).key(name);
                let plain = value.replace("{nonce}", STAND_IN);
                self.template(&place, &plain, STAND_IN);
            }
            self.few(&place.key(key), params.len());
        }
        for (name, capture) in &oauth2.capture {
            let place = place.key("capture").key(name);
            self.param_key(&place, name);
            if matches!(capture.from, CaptureFrom::Redirect(_)) && capture.like.is_none() {
                self.no_address(&place, name);
            }
        }
        self.few(&place.key("scopes"), oauth2.scopes.len());
        self.few(&place.key("capture"), oauth2.capture.len());
        self.few(&place.key("dead_when"), oauth2.dead_when.len());
        for (index, rule) in oauth2.dead_when.iter().enumerate() {
            if rule.status.is_none() && rule.error.is_none() && rule.text.is_none() {
                let message = "this rule names nothing, so that every answer would end the sign-in";
                let hint = "name a `status`, an `error` or a `text`";
                self.wrong(&place.key("dead_when").item(index), message, hint);
            }
        }
        self.header(&place.key("header"), &oauth2.header);
        self.prefix(&place.key("prefix"), &oauth2.prefix);
    }

    fn granted_by_assertion(&mut self, place: &Place, oauth2: &OAuth2) {
        match (oauth2.grant, &oauth2.assertion) {
            (Grant::JwtBearer, Some(assertion)) => {
                self.assertion(&place.key("assertion"), assertion);
            }
            (Grant::JwtBearer, None) => {
                let message = "nothing says what is exchanged for a token";
                self.wrong_key(
                    place,
                    message,
                    "add a table `assertion`, with `algorithm` and `key`",
                );
            }
            (_, Some(_)) => {
                let message = "an assertion is exchanged only where `grant` is `jwt-bearer`";
                self.wrong(&place.key("assertion"), message, "leave it out");
            }
            (_, None) => {}
        }
        self.statuses(&place.key("expired_status"), &oauth2.expired_status);
    }

    /// What a browser brings may be anybody's choice: it must not say where requests go.
    fn no_address(&mut self, place: &Place, name: &str) {
        let slot = format!("{{param:{name}}}");
        let manifest = self.manifest;
        let origins = manifest.egress.iter().map(|egress| egress.origin.as_str());
        let mut urls = origins.chain(manifest.auth.values().flat_map(Auth::urls));
        let host = |url: &str| {
            let rest = url.strip_prefix("https://").unwrap_or(url);
            rest.split('/').next().unwrap_or_default().contains(&slot)
        };
        if urls.any(host) {
            let message = format!("what the redirect says of `{name}` would choose a host");
            let hint = "add `like = \"https://{}.example.com\"` with the vendor's own domain";
            self.wrong(place, message, hint);
        }
    }

    /// The name of a param, as a key.
    fn param_key(&mut self, place: &Place, name: &str) {
        if !self.manifest.params.iter().any(|param| param.name == name) && !self.is_full() {
            let message =
                format!("a value is captured for `{}`, which is no param", name.escape_debug());
            self.wrong_key(place, message, "add a `[[param]]` of this name, or leave it out");
        }
    }

    /// A list that a person can still read.
    fn few(&mut self, place: &Place, count: usize) {
        if count > LIST_MAX {
            let message = format!("there are {count} of them");
            self.wrong(place, message, format!("no vendor wants more than {LIST_MAX}"));
        }
    }

    /// A URL to which credentials are sent: https, a host, a path, and nothing that hides.
    pub(super) fn token_url(&mut self, place: &Place, template: &str) {
        let Some(filled) = self.template(place, template, STAND_IN) else { return };
        let good = Url::parse(&filled).is_ok_and(|url| {
            url.scheme() == "https"
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        });
        if !good {
            let message = format!("`{}` is not an https URL", template.escape_debug());
            self.wrong(place, message, "such as `https://identity.example.com/connect/token`");
        }
    }
}
