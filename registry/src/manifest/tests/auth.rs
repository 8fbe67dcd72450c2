//! The kinds of `[auth.NAME]` that sign in or sign, and what is said of bad ones.

use super::*;

/// Everything that vendors do differently, in one.
const OAUTH2: &str = r#"
[auth.main]
kind = "oauth2"
grant = "code"
authorize_url = "https://{param:region}.example.com/authorize"
token_url = "https://identity.example.com/token"
refresh_url = "https://identity.example.com/refresh"
client_id = "{param:tenant_id}"
client_secret = "access_token"
client_auth = "body"
scopes = ["a", "b"]
scope_separator = ","
pkce = false
authorize_params = { prompt = "consent", nonce = "{nonce}" }
token_params = { audience = "x" }
body = "json"
code_param = "spapi_oauth_code"
answer_at = "/authed_user"
header = "x-token"
prefix = ""
lifetime = "30m"
refresh_after = "570s"
idle_limit = "60d"
grace = "30m"
expired_status = [401, 403]
dead_when = [{ status = 400, text = "revoked" }]

[auth.main.capture]
tenant_id = { redirect = "realmId" }
region = { answer = "/instance_url", like = "https://{}.example.com" }
"#;

fn with(auth: &str) -> Result<Manifest, String> {
    let error = |error: ManifestError| error.to_string();
    Manifest::parse(&format!("{FULL}\n{auth}"), "connector.toml").map_err(error)
}

#[test]
fn what_vendors_do_differently_is_read() {
    let manifest = with(OAUTH2).unwrap();
    let Auth::OAuth2(oauth2) = &manifest.auth["main"] else { panic!("it is oauth2") };
    assert_eq!(oauth2.refresh_after_ms, Some(570_000));
    assert_eq!(oauth2.idle_limit_ms, Some(60 * 86_400_000));
    assert_eq!(oauth2.capture["tenant_id"].from, CaptureFrom::Redirect("realmId".into()));
    assert!(manifest.is_captured("region") && !manifest.is_captured("word"));
    assert_eq!(manifest.auth["main"].urls().len(), 3);
    let asks = manifest.asks();
    let asked = |what: &str| asks.things.keys().any(|thing| thing.contains(what));
    assert!(asked(
        "a sign-in at https://{param:region}.example.com/authorize as {param:tenant_id}"
    ));
    assert!(asked(
        "tokens from https://identity.example.com/token for {param:tenant_id} and the secret access_token"
    ));
    assert!(asked(
        "{param:region} from the vendor with the token (/instance_url), being https://{}.example.com"
    ));
    assert!(asked("for \"a,b\", nonce={nonce}, prompt=consent"));
}

#[test]
fn a_wider_scope_and_another_token_endpoint_are_asked_for_anew() {
    let before = with(OAUTH2).unwrap().asks();
    for (from, to) in [
        ("scopes = [\"a\", \"b\"]", "scopes = [\"a\", \"b\", \"payroll\"]"),
        ("https://identity.example.com/token", "https://evil.example/token"),
        ("prompt = \"consent\"", "scope = \"payroll\""),
        ("{ answer = \"/instance_url\"", "{ redirect = \"instance\""),
        (
            "answer = \"/instance_url\", like = \"https://{}.example.com\"",
            "answer = \"/instance_url\"",
        ),
    ] {
        let after = with(&OAUTH2.replace(from, to)).unwrap().asks();
        assert!(!after.beyond(&before).is_empty(), "{to}");
    }
}

#[test]
fn the_kinds_that_sign_are_read_and_name_their_secrets() {
    let manifest = with(
        r#"
[auth.claims]
kind = "jwt"
algorithm = "RS256"
key = "access_token"

[auth.magento]
kind = "oauth1"
consumer_key = "access_token"
consumer_secret = "webhook_key"
token = "access_token"
token_secret = "webhook_key"

[auth.own]
kind = "signature"
algorithm = "sha512"
secret = "webhook_key"
message = "{timestamp}{method}{path}{body}{header:x-own}"
encoding = "base64"
headers = { x-key = "{secret:access_token}", x-sign = "{signature}" }

[auth.session]
kind = "session"
url = "https://{param:region}.xero.com/login"
body = '{"password":"{secret:access_token}","in":{"tenant":"{param:tenant_id}"}}'
token = { cookie = "sid" }
header = "cookie"
prefix = "sid="

[auth.soap]
kind = "placeholder"
secrets = ["access_token"]
token = "session"
"#,
    )
    .unwrap();
    assert_eq!(manifest.auth["own"].secret_names(), ["access_token", "webhook_key"]);
    assert_eq!(manifest.auth["session"].secret_names(), ["access_token"]);
    assert_eq!(manifest.auth["magento"].secret_names().len(), 4);
}

#[test]
fn what_makes_no_sense_is_said_with_its_place() {
    for (auth, said) in [
        (
            "[auth.x]\nkind = \"oauth2\"\ngrant = \"code\"\ntoken_url = \"https://a.example/t\"\nclient_id = \"x\"",
            "nothing says where a person signs in",
        ),
        (
            "[auth.x]\nkind = \"oauth2\"\ngrant = \"client-credentials\"\ntoken_url = \"https://a.example/t\"\nclient_id = \"x\"",
            "a client without a secret cannot ask in its own name",
        ),
        (
            "[auth.x]\nkind = \"oauth2\"\ngrant = \"jwt-bearer\"\ntoken_url = \"http://a.example/t\"\nclient_id = \"x\"",
            "`http://a.example/t` is not an https URL",
        ),
        (
            "[auth.x]\nkind = \"signature\"\nalgorithm = \"sha256\"\nsecret = \"access_token\"\nencoding = \"hex\"\nmessage = \"{bdoy}\"\nheaders = { x-a = \"{signature}\" }",
            "nothing is known that goes into `{bdoy}`",
        ),
        (
            "[auth.x]\nkind = \"signature\"\nalgorithm = \"sha256\"\nsecret = \"access_token\"\nencoding = \"hex\"\nmessage = \"{body}\"\nheaders = { x-a = \"b\" }",
            "no header holds the signature",
        ),
        (
            "[auth.x]\nkind = \"oauth2\"\ngrant = \"code\"\nauthorize_url = \"https://a.example/a\"\ntoken_url = \"https://{param:tenant_id}/t\"\nclient_id = \"x\"\ncapture.tenant_id = { redirect = \"shop\" }",
            "what the redirect says of `tenant_id` would choose a host",
        ),
        ("[auth.x]\nkind = \"placeholder\"", "nothing is filled in"),
        ("[auth.x]\nkind = \"placeholder\"\ntoken = \"key\"", "`key` has no token"),
        (
            "[auth.x]\nkind = \"session\"\nurl = \"https://a.example/l\"\nbody = \"{secret:nobody}\"\ntoken = { json = \"/t\" }",
            "unknown secret `nobody`",
        ),
        (
            "[auth.x]\nkind = \"session\"\nurl = \"https://a.example/l\"\nbody = \"\"\ntoken = { json = \"/t\" }\nheader = \"cookie\"",
            "the header `cookie` is the host's own",
        ),
        (
            "[auth.x]\nkind = \"session\"\nurl = \"https://a.example/l\"\nbody = \"\"\ntoken = { json = \"/t\" }\nexpired_status = [500]",
            "a status from 400 to 499",
        ),
    ] {
        let error = with(auth).expect_err(said);
        assert!(error.contains(said) && error.contains("hint: "), "{said}: {error}");
    }
}

#[test]
fn claims_that_change_are_asked_for_anew() {
    let jwt = "[auth.x]\nkind = \"jwt\"\nalgorithm = \"HS256\"\nkey = \"access_token\"\n\
               claims = { scope = \"read\" }\n";
    let used = FULL.replace("auth = \"token\"", "auth = \"x\"");
    let asks =
        |auth: &str| Manifest::parse(&format!("{used}\n{auth}"), "connector.toml").unwrap().asks();
    let wider = asks(&jwt.replace("scope = \"read\"", "scope = \"all\", sub = \"admin\""));
    assert!(!wider.beyond(&asks(jwt)).is_empty());
}

/// One sign-in that opens several organisations.
const TENANTS: &str = r#"
[auth.main]
kind = "oauth2"
grant = "code"
authorize_url = "https://identity.example.com/authorize"
token_url = "https://identity.example.com/token"
client_id = "x"

[tenants]
param = "tenant_id"
"#;

#[test]
fn a_choice_among_organisations_is_read_and_asked_for() {
    let manifest = with(TENANTS).unwrap();
    assert!(manifest.is_chosen("tenant_id") && !manifest.is_chosen("region"));
    let before = with(&TENANTS.replace("[tenants]\nparam = \"tenant_id\"", "")).unwrap();
    let new = manifest.asks().beyond(&before.asks());
    let new: Vec<&str> = new.iter().map(|ask| ask.what.as_str()).collect();
    assert_eq!(new, ["{param:tenant_id} chosen from what its vendor lists"]);
}

#[test]
fn a_choice_that_makes_no_sense_is_said_with_its_place() {
    for (from, to, said) in [
        ("\"tenant_id\"\n", "\"tenant\"\n", "unknown param `tenant`"),
        ("param = ", "params = ", "unknown key `params`"),
        ("param = \"tenant_id\"\n", "", "has no `param`"),
        ("\"tenant_id\"\n", "\"region\"\n", "has a default, so that nobody would choose"),
        ("\"tenant_id\"\n", "\"region\"\n", "stands in an origin"),
        (
            "https://identity.example.com/token",
            "https://{param:tenant_id}.example.com/token",
            "stands in an origin",
        ),
        (
            "client_id = \"x\"\n",
            "client_id = \"x\"\ncapture = { tenant_id = { redirect = \"realmId\" } }\n",
            "is captured at the sign-in already",
        ),
        (
            "grant = \"code\"\nauthorize_url = \"https://identity.example.com/authorize\"\n",
            "grant = \"client-credentials\"\nclient_secret = \"access_token\"\n",
            "nobody signs in",
        ),
        ("[tenants]", "[[tenants]]", "must be written `[tenants]`"),
    ] {
        assert!(TENANTS.contains(from), "{from}");
        let error = with(&TENANTS.replace(from, to)).expect_err(said);
        assert!(error.contains(said) && error.contains("hint: "), "{said}: {error}");
    }
    let path = TENANTS.replace("com/token", "com/{param:tenant_id}/token");
    with(&path).expect("what comes after the host may be the organisation's");
}
