//! Checks `[tenants]`: that there is something to choose for, and that the choice is no way out.

use super::Check;
use crate::manifest::{
    auth::{Auth, Grant},
    document::Place,
};

impl Check<'_, '_> {
    /// The component lists the organisations, so the choice must not say where requests go.
    pub(super) fn tenants(&mut self) {
        let manifest = self.manifest;
        let Some(tenants) = &manifest.tenants else { return };
        let place = Place::block("tenants").key("param");
        let name = tenants.param.as_str();
        self.param(&place, name);
        let default = manifest.params.iter().find(|param| param.name == name);
        if default.is_some_and(|param| param.default.is_some()) {
            let message = format!("the param `{name}` has a default, so that nobody would choose");
            self.wrong(&place, message, "leave the default out");
        }
        if manifest.is_captured(name) {
            let message = format!("the param `{name}` is captured at the sign-in already");
            self.wrong(&place, message, "leave either `[tenants]` or the capture out");
        }
        let is_by_person =
            |auth: &Auth| matches!(auth, Auth::OAuth2(one) if one.grant == Grant::Code);
        if !manifest.auth.values().any(is_by_person) {
            let message = "nobody signs in, so that nothing is listed to choose from";
            let hint = "an `[auth.NAME]` of kind `oauth2` with `grant = \"code\"` is missing";
            self.wrong_key(&Place::block("tenants"), message, hint);
        }
        let slot = format!("{{param:{name}}}");
        let origins = manifest.egress.iter().map(|rule| rule.origin.as_str());
        let urls = manifest.auth.values().flat_map(Auth::urls);
        // Of a URL only the part before the path says who is reached.
        let is_host = |url: &str| url.split('/').nth(2).is_some_and(|host| host.contains(&slot));
        if origins.chain(urls).any(is_host) {
            let message = format!(
                "the param `{name}` stands in an origin, and the component says what its value is"
            );
            self.wrong(&place, message, "a param in an origin is captured with `like`, or typed");
        }
    }
}
