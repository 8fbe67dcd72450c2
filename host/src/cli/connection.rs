//! `jackfield connection …`.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    Common, Voice,
    client::escaped,
    file::{read_text, typed},
    sign_in,
    voice::{items, text},
};

#[derive(Debug, Subcommand)]
pub(super) enum Connection {
    /// Add an account at a system. Prints the URL for its webhooks.
    Add {
        /// Its name, such as `books`.
        name: String,
        /// The connector through which it goes.
        #[arg(long, value_name = "ID")]
        connector: String,
        /// A setting, as `name=value`.
        #[arg(long, value_name = "K=V")]
        set: Vec<String>,
        /// A secret: `name=@FILE`, or `name=-` to type it.
        #[arg(long, value_name = "K=@FILE|K=-")]
        secret: Vec<String>,
        /// An origin that stands in for the vendor's, such as a sandbox:
        /// `https://api.vendor.com=http://127.0.0.1:9000`.
        #[arg(long, value_name = "ORIGIN=ORIGIN")]
        origin: Vec<String>,
    },
    /// Change settings and secrets of a connection.
    #[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["set", "secret"]))]
    Set {
        /// Its name.
        name: String,
        /// A setting, as `name=value`.
        #[arg(long, value_name = "K=V")]
        set: Vec<String>,
        /// A secret: `name=@FILE`, or `name=-` to type it.
        #[arg(long, value_name = "K=@FILE|K=-")]
        secret: Vec<String>,
        /// Take names that only the connector's next release knows.
        #[arg(long)]
        ahead: bool,
    },
    /// Sign in at the vendor: prints the URL, and waits until somebody has.
    #[command(after_help = "Example:\n  jackfield connection authorize books\n\nThe vendor must \
        know the redirect URL that is printed. Signing in again keeps the connection, its endpoint \
        and the work that waits.")]
    Authorize {
        /// Its name.
        name: String,
        /// By which `[auth.NAME]` of its connector, where there are several.
        #[arg(long, value_name = "NAME")]
        auth: Option<String>,
        /// Print the URL, and do not wait.
        #[arg(long)]
        no_wait: bool,
    },
    /// Show how old the secrets are, and change them for new ones.
    #[command(after_help = "Examples:\n  jackfield connection rotate crm\n  jackfield connection \
        rotate crm --secret webhook_key=@new.key --overlap 48\n  jackfield connection rotate crm \
        --every 30\n\nWebhooks that are signed under the secret before count for the overlap.")]
    Rotate {
        /// Its name.
        name: String,
        /// A new secret: `name=@FILE`, or `name=-` to type it.
        #[arg(long, value_name = "K=@FILE|K=-")]
        secret: Vec<String>,
        /// How long webhooks count that are signed under the secret before.
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        overlap: u32,
        /// How often secrets shall be changed; 0 is never.
        #[arg(long, value_name = "DAYS")]
        every: Option<u32>,
    },
    /// List connections, and how their credentials stand.
    List,
    /// Prove that a connection works, and show the account's own name.
    Test {
        /// Its name.
        name: String,
    },
    /// Have the vendor send webhooks to the connection's endpoint, and look after that.
    #[command(
        after_help = "Examples:\n  jackfield connection subscribe crm\n  jackfield connection \
        subscribe crm deal.won deal.lost\n\nTwice a day the host looks whether the vendor still has \
        them, and makes them anew where not."
    )]
    Subscribe {
        /// Its name.
        name: String,
        /// The kinds of events; without them, all that the connector can register.
        #[arg(value_name = "EVENT")]
        events: Vec<String>,
    },
    /// Have the vendor send no more webhooks to the connection's endpoint.
    Unsubscribe {
        /// Its name.
        name: String,
    },
    /// Keep what comes in and do nothing, until it is resumed.
    Pause {
        /// Its name.
        name: String,
    },
    /// Go on with a paused connection.
    Resume {
        /// Its name.
        name: String,
    },
    /// Remove a connection, its secrets, all that its connector kept for it, and what calls it from the
    /// vendor where `subscribe` registered it.
    Remove {
        /// Its name.
        name: String,
        /// Give up work and dead letters that wait for it, and webhooks that the vendor does not remove.
        #[arg(long)]
        discard: bool,
    },
}

impl Connection {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::Add { name, connector, set, secret, origin } => {
                let new = json!({
                    "name": name,
                    "connector": connector,
                    "settings": pairs(&set, "--set")?,
                    "secrets": secrets(&secret)?,
                    "origins": pairs(&origin, "--origin")?,
                });
                voice.data(&client.post("/v1/connections", &new).await?, added);
            }
            Self::Set { name, set, secret, ahead } => {
                let change = json!({
                    "settings": pairs(&set, "--set")?,
                    "secrets": secrets(&secret)?,
                    "ahead": ahead,
                });
                let path = format!("/v1/connections/{}", escaped(&name));
                let told = client.patch(&path, &change).await?;
                voice.data(&told, |voice, _| voice.line(&format!("`{name}` is changed")));
            }
            Self::Rotate { name, secret, overlap, every } => {
                let path = format!("/v1/connections/{}/rotate", escaped(&name));
                let told = if secret.is_empty() && every.is_none() {
                    client.get(&path).await?
                } else {
                    let turnover = json!({
                        "secrets": secrets(&secret)?,
                        "overlap_hours": overlap,
                        "every_days": every,
                    });
                    client.post(&path, &turnover).await?
                };
                voice.data(&told, ages);
            }
            Self::Remove { name, discard } => {
                let path = format!("/v1/connections/{}?discard={discard}", escaped(&name));
                let told = client.delete(&path).await?;
                voice.data(&told, |voice, _| voice.line(&format!("removed `{name}`")));
            }
            Self::Authorize { name, auth, no_wait } => {
                sign_in::authorize(&client, voice, &name, auth, no_wait).await?;
            }
            Self::List => voice.data(&client.get("/v1/connections").await?, list),
            Self::Test { name } => {
                let path = format!("/v1/connections/{}/test", escaped(&name));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, told| {
                    voice.line(&format!("`{name}` works: {}", text(&told["account"])));
                });
            }
            Self::Subscribe { name, events } => {
                let path = format!("/v1/connections/{}/subscribe", escaped(&name));
                let told = client.post(&path, &json!({ "events": events })).await?;
                voice.data(&told, subscribed);
            }
            Self::Unsubscribe { name } => {
                let path = format!("/v1/connections/{}/subscribe", escaped(&name));
                voice.data(&client.delete(&path).await?, |voice, told| {
                    voice.line(&format!("{} removed at the vendor of `{name}`", told["removed"]));
                });
            }
            Self::Pause { name } => {
                let path = format!("/v1/connections/{}/pause", escaped(&name));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, _| {
                    voice.line(&format!("`{name}` is paused; what comes in is kept"));
                });
            }
            Self::Resume { name } => {
                let path = format!("/v1/connections/{}/resume", escaped(&name));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, _| {
                    voice.line(&format!("`{name}` goes on"));
                });
            }
        }
        Ok(())
    }
}

fn added(voice: &mut Voice, told: &Value) {
    voice.line(&format!("added `{}`", text(&told["name"])));
    if let Some(endpoint) = told["endpoint"].as_str() {
        voice.line(&format!("its webhooks arrive at {endpoint}"));
    }
    if items(&told["sign_ins"]).iter().any(|sign_in| sign_in["state"] == "needs-person") {
        let name = text(&told["name"]);
        voice.line(&format!("nobody has signed in yet: jackfield connection authorize {name}"));
    }
    for missing in items(&told["missing_secrets"]) {
        let (name, secret) = (text(&told["name"]), text(missing));
        voice.line(&format!(
            "the secret `{secret}` is not set yet: jackfield connection set {name} --secret {secret}=-"
        ));
    }
}

fn list(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let connector = format!("{} {}", text(&one["connector"]), text(&one["version"]));
        let row = ["name", "state", "health", "endpoint"].map(|key| text(&one[key]));
        let [name, state, health, endpoint] = row;
        vec![name, connector, state, health, endpoint]
    });
    let head = ["NAME", "CONNECTOR", "STATE", "CREDENTIALS", "ENDPOINT"];
    voice.table(&head, &rows.collect::<Vec<_>>());
    for one in items(told) {
        let name = text(&one["name"]);
        sign_in::choice(voice, &name, &one["choice"]);
        if let Some(problem) = one["subscribed"]["problem"].as_str() {
            voice.line(&format!("its webhooks at the vendor are not seen: {problem}"));
        }
        for rest in items(&one["left_alone"]) {
            voice.line(&left_alone(&name, rest));
        }
    }
}

/// Why nothing is sent to a system for a while, and when it is tried again.
pub(super) fn left_alone(name: &str, rest: &Value) -> String {
    format!(
        "`{name}` leaves {} alone until {}: {} failures in a row, the last: {}",
        text(&rest["origin"]),
        super::voice::time(&rest["until_ms"]),
        rest["failures"],
        text(&rest["last"])
    )
}

fn subscribed(voice: &mut Voice, told: &Value) {
    let rows = items(&told["subscriptions"]).iter().map(|one| {
        let events = items(&one["events"]).iter().map(text).collect::<Vec<_>>().join(" ");
        let lapses = &one["expires_at_ms"];
        let lapses = if lapses.is_null() { "never".to_owned() } else { super::voice::time(lapses) };
        vec![text(&one["id"]), events, lapses]
    });
    voice.table(&["ID", "EVENTS", "LAPSES"], &rows.collect::<Vec<_>>());
}

fn ages(voice: &mut Voice, told: &Value) {
    let time = |at: &Value| if at.is_null() { "-".to_owned() } else { super::voice::time(at) };
    let rows = items(&told["secrets"]).iter().map(|one| {
        let [set, due, before] =
            ["set_at_ms", "due_at_ms", "previous_until_ms"].map(|key| time(&one[key]));
        vec![text(&one["secret"]), set, due, before]
    });
    let head = ["SECRET", "SET", "DUE", "THE ONE BEFORE COUNTS UNTIL"];
    voice.table(&head, &rows.collect::<Vec<_>>());
}

/// `name=value` pairs.
fn pairs(given: &[String], flag: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .with_context(|| format!("`{text}` is no pair\n  hint: {flag} name=value"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

/// Secrets, from files or from whoever types them; never from the command line, which every
/// process of the machine can read.
fn secrets(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut secrets = BTreeMap::new();
    for (name, from) in pairs(given, "--secret")? {
        let value = match from.strip_prefix('@') {
            Some(file) => read_text(Path::new(file))?,
            None if from == "-" => typed(&name)?,
            None => bail!(
                "the secret `{name}` stands on the command line, where others can read it\n  \
                 hint: --secret {name}=@FILE, or --secret {name}=- to type it"
            ),
        };
        secrets.insert(name, value.trim_end_matches(['\r', '\n']).to_owned());
    }
    Ok(secrets)
}
