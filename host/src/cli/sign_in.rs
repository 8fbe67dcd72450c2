//! A sign-in as a person at the command line sees it: the URL, what came of it, and what there
//! is to choose.

use anyhow::bail;
use serde_json::{Value, json};

use super::{
    Voice,
    client::{Client, escaped},
    voice::{items, text},
};
use crate::clock::{Clock as _, SystemClock};

/// How often the command looks whether somebody has signed in, in milliseconds.
const GLANCE_MS: u64 = 300;

/// Begins a sign-in, and waits until a person has been to the vendor and back.
pub(super) async fn authorize(
    client: &Client,
    voice: &mut Voice,
    name: &str,
    auth: Option<String>,
    no_wait: bool,
) -> anyhow::Result<()> {
    let path = format!("/v1/connections/{}/authorize", escaped(name));
    let begun = client.post(&path, &json!({ "auth": auth })).await?;
    let show = |voice: &mut Voice, begun: &Value| {
        voice.line(&format!("open this in a browser, and sign in:\n\n  {}\n", text(&begun["url"])));
        voice.line(&format!(
            "the vendor must know this redirect URL: {}",
            text(&begun["redirect_url"])
        ));
    };
    if no_wait {
        voice.data(&begun, show);
        return Ok(());
    }
    // With --json the one document is what came of it, so the URL goes beside it.
    voice.aside(|voice| show(voice, &begun));
    let ended = loop {
        let progress = client.get(&path).await?;
        match progress["state"].as_str() {
            Some("waiting") => SystemClock.sleep_until(SystemClock.now_ms() + GLANCE_MS).await,
            Some("done") => break progress,
            _ => bail!(
                "`{name}` is not signed in: {}\n  hint: `jackfield connection authorize {name}` \
                 begins anew",
                text(&progress["why"])
            ),
        }
    };
    voice.data(&ended, |voice, told| ended_well(voice, name, told));
    Ok(())
}

fn ended_well(voice: &mut Voice, name: &str, told: &Value) {
    if told["choice"].is_object() {
        voice.line(&format!("`{name}` is signed in, and its work waits"));
        if told["choice"]["tenants"].is_null() {
            voice.line(&text(&told["trouble"]));
        }
        return choice(voice, name, &told["choice"]);
    }
    let account = told["account"].as_str().map(|account| format!(" to {account}"));
    voice.line(&format!("`{name}` is connected{}", account.unwrap_or_default()));
    if let Some(was) = told["was"].as_str() {
        voice.line(&format!("note: it was {was}, now is {}", text(&told["account"])));
    }
    if let Some(trouble) = told["trouble"].as_str() {
        voice.line(&format!("but it does not work yet: {trouble}"));
    }
}

/// What a person has to choose for a connection, if anything, and how.
pub(super) fn choice(voice: &mut Voice, name: &str, choice: &Value) {
    let Some(param) = choice["param"].as_str() else { return };
    let tenants = items(&choice["tenants"]);
    let said = match (choice["chosen"].as_str(), &choice["tenants"]) {
        (Some(id), _) => format!("does not open the tenant `{id}`; nothing was changed"),
        (None, Value::Null) => "opens nobody knows what: its connector could not say".into(),
        (None, _) if tenants.is_empty() => "opens no tenant".into(),
        (None, _) => "opens several tenants".into(),
    };
    voice.line(&format!("\nthe sign-in of `{name}` {said}"));
    voice.line(&format!("sign in as somebody else: jackfield connection authorize {name}"));
    if !tenants.is_empty() {
        voice.line(&format!("or choose one: jackfield connection set {name} --set {param}=ID"));
        let row = |one: &Value| vec![text(&one["id"]), text(&one["label"])];
        voice.table(&["ID", "NAME"], &tenants.iter().map(row).collect::<Vec<_>>());
    }
}
