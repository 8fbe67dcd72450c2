//! Checks `[auth.*]`, `[http]`, `[[egress]]`, `[[budget]]`, `[health]` and `[webhook]`: what
//! goes between a connector and its vendor.

use toml::{
    Spanned,
    de::{DeArray, DeValue},
};
use url::Url;

use super::{Check, header_mistake};
use crate::manifest::{
    METHODS,
    document::{Place, search},
    egress::{Budget, Egress},
    webhook::Webhook,
};

/// The longest that one request may take, in milliseconds.
const TIMEOUT_MS_MAX: u64 = 300_000;
/// The most requests that a budget can count.
const REQUESTS_MAX: u64 = 100_000_000;
/// The most requests at a time that a budget can ask for.
const CONCURRENCY_MAX: u64 = 1000;
/// How a vendor may write when a budget is renewed.
const RESETS: &str = "`seconds`, `epoch-seconds`, `epoch-milliseconds`, `rfc3339`, `http-date`";
/// The longest value of a header, in bytes.
const HEADER_VALUE_BYTES_MAX: usize = 4 << 10;

impl Check<'_, '_> {
    /// Everything that is sent and received.
    pub(super) fn traffic(&mut self) {
        let manifest = self.manifest;
        for (name, auth) in &manifest.auth {
            let place = Place::block("auth").key(name);
            self.name_key(&place, "an auth", name);
            self.auth(&place, auth);
        }
        self.http();
        for (index, egress) in manifest.egress.iter().enumerate() {
            self.egress(&Place::block("egress").item(index), egress);
        }
        for (index, budget) in manifest.budgets.iter().enumerate() {
            let place = Place::block("budget").item(index);
            self.bounds(&place.key("requests"), budget.requests.into(), REQUESTS_MAX);
            if let Some(concurrency) = budget.concurrency {
                self.bounds(&place.key("concurrency"), concurrency.into(), CONCURRENCY_MAX);
            }
            self.told(&place, budget);
        }
        if let Some(health) = &manifest.health {
            let place = Place::block("health");
            if let Some(path) = &health.path {
                self.path(&place.key("path"), path);
            }
            if manifest.egress.is_empty() {
                let message = "`[health]` is read at the first `[[egress]]`, and there is none";
                self.wrong_key(&place, message, "add an `[[egress]]`, or leave `[health]` out");
            }
        }
        if let Some(webhook) = &manifest.webhook {
            self.webhook(webhook);
        }
    }

    /// What a vendor tells of a budget: each header with what it means, and none without the one
    /// that says how much is left.
    fn told(&mut self, place: &Place, budget: &Budget) {
        let headers = [
            ("remaining_header", &budget.remaining_header),
            ("reset_header", &budget.reset_header),
            ("limit_header", &budget.limit_header),
        ];
        for (key, header) in headers {
            let Some(header) = header else { continue };
            self.header(&place.key(key), header);
            if budget.remaining_header.is_none() {
                let message = format!("{place} has a `{key}` and no `remaining_header`");
                let hint = "add `remaining_header`, the header that says how many are left";
                self.wrong_key(&place.key(key), message, hint);
            }
        }
        match (&budget.reset_header, budget.reset) {
            (Some(_), None) => {
                let message = format!("`reset_header` in {place} does not say how it is written");
                let hint = format!("add `reset`, one of {RESETS}");
                self.wrong_key(&place.key("reset_header"), message, hint);
            }
            (None, Some(_)) => {
                let message = format!("{place} has a `reset` and no `reset_header`");
                self.wrong_key(&place.key("reset"), message, "name the header that it is about");
            }
            _ => {}
        }
    }

    /// The block checks itself when it is read; what is left is what it refers to.
    fn webhook(&mut self, webhook: &Webhook) {
        let block = Place::block("webhook");
        if let Some(route) = &webhook.route {
            self.param(&block.key("route").key("param"), &route.param);
        }
        for name in webhook.secret_names() {
            let value = self.document.root.get("webhook");
            let names_it = |value: &DeValue<'_>| value.as_str() == Some(name);
            let holds_it = |key: &str, value: &Spanned<DeValue<'_>>| {
                let value = value.get_ref();
                let among = |all: &DeArray<'_>| all.iter().any(|one| names_it(one.get_ref()));
                key.contains("secret") && (names_it(value) || value.as_array().is_some_and(among))
            };
            let place = value.and_then(|value| search(value, &block, &holds_it));
            self.secret(&place.unwrap_or_else(|| block.clone()), name);
        }
    }

    fn http(&mut self) {
        let http = &self.manifest.http;
        let block = Place::block("http");
        self.bounds(&block.key("timeout_ms"), http.timeout_ms, TIMEOUT_MS_MAX);
        for (name, value) in &http.headers {
            let place = block.key("headers").key(name);
            if let Some((message, hint)) = header_mistake(name) {
                self.wrong_key(&place, message, hint);
            }
            if name.eq_ignore_ascii_case("authorization") {
                let message = "the header `authorization` is a credential";
                self.wrong_key(&place, message, "describe it as an `[auth.NAME]`");
            }
            let filled = self.template(&place, value, "x");
            if filled.is_some_and(|value| !is_header_value(&value)) {
                let message = format!("the value of the header `{name}` is not plain text");
                self.wrong(&place, message, "use visible ASCII and spaces, on one line");
            }
        }
    }

    fn egress(&mut self, place: &Place, egress: &Egress) {
        self.origin(&place.key("origin"), &egress.origin);
        for (index, method) in egress.methods.iter().enumerate() {
            self.known(&place.key("methods").item(index), "method", method, &METHODS);
        }
        let posts = [("safe_posts", &egress.safe_posts), ("graphql", &egress.graphql)];
        for (key, paths) in [("paths", &egress.paths)].into_iter().chain(posts) {
            for (index, path) in paths.iter().enumerate() {
                self.path(&place.key(key).item(index), path);
            }
        }
        for (key, list) in [("methods", &egress.methods), ("paths", &egress.paths)] {
            if list.is_empty() {
                let message = format!("`{key}` in {place} is empty, so that nothing is granted");
                self.wrong(&place.key(key), message, "leave it out to ask for all of them");
            }
        }
        for (key, paths) in posts {
            for (index, path) in paths.iter().enumerate() {
                let granted = egress.paths.iter().any(|prefix| path.starts_with(prefix.as_str()));
                if !granted || !egress.methods.iter().any(|method| method == "POST") {
                    let message =
                        format!("`{}` is in `{key}` but not granted", path.escape_debug());
                    let hint = "`methods` must have `POST`, and `paths` a beginning of it";
                    self.wrong(&place.key(key).item(index), message, hint);
                }
            }
        }
        if let Some(auth) = &egress.auth {
            let known: Vec<_> = self.manifest.auth.keys().map(String::as_str).collect();
            self.known(&place.key("auth"), "auth", auth, &known);
        }
        self.text(&place.key("why"), &egress.why);
    }

    /// An origin: `https`, a host, perhaps a port, and nothing else.
    fn origin(&mut self, place: &Place, origin: &str) {
        let Some(filled) = self.template(place, origin, "x") else { return };
        let url = Url::parse(&filled).ok();
        let whole = url.as_ref().map(|url| url.origin().ascii_serialization());
        if whole.as_deref() == Some(filled.as_str()) && filled.starts_with("https://") {
            return;
        }
        let shown = origin.escape_debug();
        let hint = match url.filter(|url| url.has_host()) {
            Some(url) if url.scheme() == "https" && !origin.contains('{') => {
                format!("write `{}`, and paths in `paths`", url.origin().ascii_serialization())
            }
            Some(url) if url.scheme() == "http" => "origins are https, without exception; a test \
                 sends a connection's requests elsewhere by its own setting"
                .into(),
            _ => "such as `https://api.example.com` or `https://{param:shop}.example.com`".into(),
        };
        self.wrong(place, format!("`{shown}` is not an https origin"), hint);
    }
}

pub(super) fn is_header_value(text: &str) -> bool {
    text.len() <= HEADER_VALUE_BYTES_MAX && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}
