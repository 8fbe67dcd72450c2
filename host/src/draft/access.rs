//! Where requests go, and with which credential: what a description says of `servers` and of
//! security, as blocks of a manifest.
//!
//! Promises origins that are https, and one credential: a description may have many, and a
//! connection has one.

use serde_json::Value;
use url::Url;

use super::{
    document::Document,
    toml::{line, name, string},
};

/// The most scopes that are named in a comment.
const SCOPES_SHOWN: usize = 12;
/// The longest words of a description that are repeated, in characters.
const WORDS_CHARS: usize = 80;

/// The place below which all paths are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// Such as `https://api.example.com`; `{param:name}` may stand in it.
    pub(super) origin: String,
    /// What stands before every path, such as `/v2`.
    pub(super) prefix: String,
    /// The params that it names.
    pub(super) params: Vec<String>,
    /// Whether the description says it.
    pub(super) is_said: bool,
}

/// A credential, as blocks.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// `[[param]]` and `[[secret]]`.
    pub(super) asks: String,
    /// `[auth.api]`; empty where there is none.
    pub(super) auth: String,
}

/// Where requests go.
pub(super) fn server(id: &str, document: &Document) -> Server {
    let root = document.root();
    let said = root["servers"][0]["url"].as_str().map(str::to_owned).or_else(|| {
        let host = root["host"].as_str()?;
        Some(format!("https://{host}{}", root["basePath"].as_str().unwrap_or_default()))
    });
    let variables = &root["servers"][0]["variables"];
    said.and_then(|url| read(&url, variables)).unwrap_or_else(|| Server {
        origin: format!("https://api.{id}.example"),
        prefix: String::new(),
        params: Vec::new(),
        is_said: false,
    })
}

/// A server's URL, its variables as params where they have no value of their own.
fn read(url: &str, variables: &Value) -> Option<Server> {
    let (mut filled, mut params, mut rest) = (String::new(), Vec::new(), url);
    while let Some((before, after)) = rest.split_once('{') {
        let (variable, after) = after.split_once('}')?;
        filled.push_str(before);
        let of = &variables[variable];
        // One with a few values to choose from has a usual one; others are the account's own.
        match of["default"].as_str().filter(|_| of["enum"].is_array()) {
            Some(usual) => filled.push_str(usual),
            None => {
                let param = name(variable)?;
                filled.push_str(&format!("{{param:{param}}}"));
                params.push(param);
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    let filled = filled.replacen("http://", "https://", 1);
    let place = filled.strip_prefix("https://")?;
    let (host, prefix) = place.split_once('/').unwrap_or((place, ""));
    let prefix = prefix.trim_matches('/');
    let origin = format!("https://{host}");
    let tried = params
        .iter()
        .fold(origin.clone(), |url, param| url.replace(&format!("{{param:{param}}}"), "x"));
    let whole = Url::parse(&tried).ok()?.origin().ascii_serialization();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if whole != tried || !prefix.chars().all(plain) {
        return None;
    }
    let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    params.dedup();
    Some(Server { origin, prefix, params, is_said: true })
}

/// The credential that the description asks for first.
pub(super) fn access(document: &Document) -> Access {
    let root = document.root();
    let schemes = match &root["components"]["securitySchemes"] {
        Value::Null => &root["securityDefinitions"],
        schemes => schemes,
    };
    let Some(schemes) = schemes.as_object().filter(|all| !all.is_empty()) else {
        return Access {
            auth: "# DECIDE: the description names no credential; write `[auth.api]` here and \
                   `auth = \"api\"` below `[[egress]]`, unless requests need none.\n\n"
                .into(),
            ..Access::default()
        };
    };
    let wanted = root["security"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let wanted = wanted.flat_map(|one| one.keys()).map(String::as_str);
    let mut order: Vec<&str> = wanted.chain(schemes.keys().map(String::as_str)).collect();
    let mut seen = std::collections::BTreeSet::new();
    order.retain(|name| seen.insert(*name));
    let found = order.iter().find_map(|name| {
        let access = written(document.follow(schemes.get(*name)?))?;
        Some((*name, access))
    });
    let Some((chosen, mut access)) = found else {
        let kinds = line(&order.join(", "), WORDS_CHARS);
        let auth = format!(
            "# DECIDE: none of the description's credentials ({kinds}) could be drafted.\n\n"
        );
        return Access { auth, ..Access::default() };
    };
    let others: Vec<&str> = order.into_iter().filter(|name| *name != chosen).collect();
    if !others.is_empty() {
        let others = line(&others.join(", "), WORDS_CHARS);
        access.auth = format!("# DECIDE: the description also has {others}.\n{}", access.auth);
    }
    access
}

/// A security scheme as blocks; none where a manifest has no words for it.
fn written(scheme: &Value) -> Option<Access> {
    let kind = scheme["type"].as_str()?.to_ascii_lowercase();
    match kind.as_str() {
        "apikey" => {
            let place =
                scheme["in"].as_str().filter(|place| ["header", "query"].contains(place))?;
            let header = line(scheme["name"].as_str()?, WORDS_CHARS);
            if place == "header" && !header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            {
                return None;
            }
            let prefix = match header.eq_ignore_ascii_case("authorization") {
                true => "# DECIDE: what stands before the key there.\nprefix = \"\"\n",
                false => "",
            };
            Some(Access {
                asks: secret("api_key", "API key"),
                auth: format!(
                    "[auth.api]\nkind = \"api-key\"\nin = \"{place}\"\nname = {}\nsecret = \
                     \"api_key\"\n{prefix}\n",
                    string(&header)
                ),
            })
        }
        "http" if scheme["scheme"].as_str()?.eq_ignore_ascii_case("basic") => Some(basic()),
        "basic" => Some(basic()),
        "http" | "openidconnect" => Some(bearer()),
        "oauth2" => Some(oauth2(scheme)),
        _ => None,
    }
}

fn bearer() -> Access {
    let auth = "[auth.api]\nkind = \"bearer\"\nsecret = \"api_token\"\n\n".into();
    Access { asks: secret("api_token", "API token"), auth }
}

fn basic() -> Access {
    let auth = "[auth.api]\nkind = \"basic\"\nusername_secret = \"user\"\npassword_secret = \
                \"password\"\n\n"
        .into();
    Access { asks: secret("user", "User name") + &secret("password", "Password"), auth }
}

/// OAuth 2.0, by a person's sign-in or in the host's own name; a plain token where the description
/// has neither.
fn oauth2(scheme: &Value) -> Access {
    let flows = &scheme["flows"];
    // Swagger 2 has one flow, in the scheme itself.
    let own = scheme["flow"].as_str();
    let code = match own {
        Some("accessCode") => scheme,
        _ => &flows["authorizationCode"],
    };
    let own_name = match own {
        Some("application") => scheme,
        _ => &flows["clientCredentials"],
    };
    let url = |flow: &Value, key: &str| {
        let url = flow[key].as_str().filter(|url| url.starts_with("https://"))?;
        Url::parse(url).ok().filter(|_| !url.contains('{')).map(|_| url.to_owned())
    };
    let (grant, flow, sign_in) = match (url(code, "authorizationUrl"), url(code, "tokenUrl")) {
        (Some(sign_in), Some(_)) => ("code", code, Some(sign_in)),
        _ => ("client-credentials", own_name, None),
    };
    let Some(token_url) = url(flow, "tokenUrl") else { return bearer() };
    let scopes: Vec<&str> =
        flow["scopes"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let shown = line(&scopes[..scopes.len().min(SCOPES_SHOWN)].join(" "), 4 * WORDS_CHARS);
    let shown = if shown.is_empty() { ".".into() } else { format!("; there are: {shown}") };
    let sign_in = sign_in.map(|url| format!("authorize_url = {}\n", string(&url)));
    Access {
        asks: format!(
            "[[param]]\nname = \"client_id\"\ntitle = \"Client id\"\n\n{}",
            secret("client_secret", "Client secret")
        ),
        auth: format!(
            "[auth.api]\nkind = \"oauth2\"\ngrant = \"{grant}\"\n{}token_url = {}\nclient_id = \
             \"{{param:client_id}}\"\nclient_secret = \"client_secret\"\n# DECIDE: the fewest \
             scopes that do{shown}\nscopes = []\n\n",
            sign_in.unwrap_or_default(),
            string(&token_url),
        ),
    }
}

fn secret(name: &str, title: &str) -> String {
    format!("[[secret]]\nname = \"{name}\"\ntitle = \"{title}\"\n\n")
}
