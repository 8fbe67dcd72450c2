//! The connector of the canaries: every kind of `[auth.NAME]` in one, each at an origin of its own.

use jackfield_tests::releases;

/// The kinds, by the names of their `[auth.NAME]` and of their origin.
pub const KINDS: [(&str, &str); 13] = [
    ("bearer", "kind = \"bearer\"\nsecret = \"bearer\""),
    (
        "header",
        "kind = \"api-key\"\nin = \"header\"\nname = \"x-key\"\nsecret = \"header_key\"\n\
         prefix = \"Token \"",
    ),
    ("query", "kind = \"api-key\"\nin = \"query\"\nname = \"key\"\nsecret = \"query_key\""),
    (
        "basic",
        "kind = \"basic\"\nusername_secret = \"user_name\"\npassword_secret = \"user_password\"",
    ),
    ("user", "kind = \"basic\"\nusername_secret = \"sole_user\"\npassword = \"x\""),
    (
        "code",
        "kind = \"oauth2\"\ngrant = \"code\"\nauthorize_url = \"https://code.example/authorize\"\n\
         token_url = \"https://code.example/token\"\nclient_id = \"canary\"\n\
         client_secret = \"code_client\"\ngrace = \"1h\"",
    ),
    (
        "own",
        "kind = \"oauth2\"\ngrant = \"client-credentials\"\n\
         token_url = \"https://own.example/token\"\nclient_id = \"canary\"\n\
         client_secret = \"own_client\"\nclient_auth = \"body\"",
    ),
    (
        "session",
        "kind = \"session\"\nurl = \"https://session.example/token\"\n\
         body = '{\"user\":\"ann\",\"password\":\"{secret:session_password}\"}'\n\
         token = { json = \"/session\" }",
    ),
    (
        "cookie",
        "kind = \"session\"\nurl = \"https://cookie.example/token\"\n\
         body = '{\"user\":\"ann\",\"password\":\"{secret:cookie_password}\"}'\n\
         token = { cookie = \"sid\" }\nheader = \"cookie\"\nprefix = \"sid=\"",
    ),
    (
        "jwt",
        "kind = \"jwt\"\nalgorithm = \"HS256\"\nkey = \"jwt_key\"\nclaims = { iss = \"canary\" }",
    ),
    (
        "oauth1",
        "kind = \"oauth1\"\nconsumer_key = \"consumer_key\"\n\
         consumer_secret = \"consumer_secret\"\ntoken = \"token\"\n\
         token_secret = \"token_secret\"",
    ),
    (
        "signature",
        "kind = \"signature\"\nalgorithm = \"sha256\"\nsecret = \"signing_key\"\n\
         encoding = \"hex\"\nmessage = \"{timestamp}{method}{path}\"\n\
         headers = { x-sign = \"{signature}\", x-id = \"{secret:signing_id}\" }",
    ),
    ("soap", "kind = \"placeholder\"\nsecrets = [\"soap_password\"]"),
];

/// The secrets of the form, in which any character may stand.
pub const SECRETS: [&str; 20] = [
    "bearer",
    "header_key",
    "query_key",
    "user_name",
    "user_password",
    "sole_user",
    "code_client",
    "own_client",
    "session_password",
    "cookie_password",
    "jwt_key",
    "consumer_key",
    "consumer_secret",
    "token",
    "token_secret",
    "signing_key",
    "signing_id",
    "soap_password",
    "ungranted",
    "webhook_key",
];

/// What it has beside these.
const OWN: &str = r#"
[[param]]
name = "marker"
title = "What is no secret and is to be found"

[[secret]]
name = "handshake"
title = "What the vendor brings"
required = false

[[egress]]
origin = "https://plain.example"
methods = ["GET", "POST"]
why = "is told everything and shown nothing"

[webhook.verify]
kind = "hmac"
algorithm = "sha256"
encoding = "hex"
header = "x-signature"
secret = "webhook_key"
message = "{body}"

[[webhook.handshake]]
kind = "echo"
method = "POST"
from = { header = "x-hook-secret" }
reply = { header = "x-hook-secret" }
keep_as_secret = "handshake"

[events."canary.sung"]
title = "A canary has sung"

[actions."canary.try"]
title = "Try every route"
mutates = false

[limits]
cpu_ms = 10000
wall_ms = 30000
storage_kib = 256
why = "repeats itself a hundred times"
"#;

/// The manifest.
pub fn manifest() -> String {
    let mut manifest = releases::head("canary", "A canary");
    for name in SECRETS {
        manifest += &format!("\n[[secret]]\nname = \"{name}\"\ntitle = \"A secret\"\n");
    }
    for (name, how) in KINDS {
        manifest += &format!("\n[auth.{name}]\n{how}\n");
        manifest += &format!(
            "\n[[egress]]\norigin = \"https://{name}.example\"\nmethods = [\"GET\", \"POST\"]\n\
             paths = [\"/v1/\"]\nauth = \"{name}\"\nwhy = \"repeats what it is sent\"\n"
        );
    }
    manifest + OWN
}

/// A flow in which a connection does what its own events say.
pub fn flow(connection: &str) -> String {
    format!(
        "name = \"{connection}\"\n[on]\nconnection = \"{connection}\"\nevent = \"canary.sung\"\n\
         [[step]]\nid = \"try\"\nconnection = \"{connection}\"\naction = \"canary.try\"\n\
         input = '.event.record | del(.heard)'\n"
    )
}
