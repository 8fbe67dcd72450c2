//! The system of orders behind a sign-in: its connector, and how a person connects it.

use jackfield::oauth::CALLBACK;
use serde_json::Value;

use crate::{
    browser::{Browser, Page},
    house::House,
    orders::{KEY, MANIFEST},
    releases,
    twin::{
        Twin,
        identity::{CLIENT_ID, CLIENT_SECRET, Identity},
    },
};

/// How the connector says that its token is had.
pub const AUTH: &str = r#"
[auth.main]
kind = "oauth2"
grant = "code"
authorize_url = "https://identity.orders.example/authorize"
token_url = "https://identity.orders.example/token"
client_id = "{param:client_id}"
client_secret = "client_secret"
scopes = ["receipts", "offline_access"]
"#;

/// The manifest of the orders connector with such an `[auth.main]`.
pub fn manifest(auth: &str) -> String {
    let signed = MANIFEST
        .replace("methods = [\"POST\"]", "methods = [\"GET\", \"POST\"]")
        .replace("paths = [\"/v1/receipts\"]", "paths = [\"/v1/receipts\", \"/v1/me\"]")
        .replace("why = \"writes receipts\"", "auth = \"main\"\nwhy = \"writes receipts\"");
    let form = "[[param]]\nname = \"client_id\"\ntitle = \"Client id\"\n\n\
                [[secret]]\nname = \"client_secret\"\ntitle = \"Client secret\"\n";
    format!("{signed}\n{form}{auth}")
}

/// Installs the connector and adds the connection `orders`, at which nobody has signed in yet.
pub async fn add(house: &House, vendor: &Twin<Identity>, auth: &str) {
    add_at(house, &vendor.origin(), CLIENT_SECRET, auth).await;
}

/// The same for whatever stands at `origin` as the vendor, with the secret that is typed.
pub async fn add_at(house: &House, origin: &str, client_secret: &str, auth: &str) {
    house.install("signed", &releases::guest("signed", &manifest(auth))).await;
    let key = format!("signing_key=@{}", house.file("signing-key", KEY));
    let secret = format!("client_secret=@{}", house.file("client-secret", client_secret));
    let client = format!("client_id={CLIENT_ID}");
    let api = format!("https://api.orders.example={origin}");
    let identity = format!("https://identity.orders.example={origin}");
    let add = ["connection", "add", "orders", "--connector", "orders", "--set", &client];
    let secrets = ["--secret", &key, "--secret", &secret];
    house.does(&[&add[..], &secrets, &["--origin", &api, "--origin", &identity]].concat()).await;
}

/// Does what a person does: begins a sign-in, goes to the vendor, agrees, and comes back.
/// Answers the page on which they end.
pub async fn signs_in(house: &House) -> Page {
    signs_in_for(house, "orders").await
}

/// The same for a connection of any name.
pub async fn signs_in_for(house: &House, connection: &str) -> Page {
    Browser::default().follow(&begins(house, connection).await).await
}

/// The same up to the vendor: where it sends the person back to.
pub async fn goes_to_the_vendor(house: &House) -> String {
    let is_callback = |to: &str| to.contains(CALLBACK);
    let page = Browser::default().follow_until(&begins(house, "orders").await, is_callback).await;
    page.location.expect("the vendor sends them back")
}

/// Begins a sign-in: where the person goes.
async fn begins(house: &House, connection: &str) -> String {
    let begun = house.told(&["connection", "authorize", connection, "--no-wait"]).await;
    begun["url"].as_str().expect("a URL").to_owned()
}

/// How the sign-in stands, as `connection list` tells it.
pub async fn standing(house: &House) -> Value {
    house.told(&["connection", "list"]).await[0]["sign_ins"][0].clone()
}
