//! `jackfield alert …`: who is told of what stops.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Common, Voice,
    file::secret_from,
    voice::{text, time},
};

const EXAMPLES: &str = "\
Examples:
  jackfield alert set --webhook @chat-url --input '{ text: .text }'
  jackfield alert set --webhook https://ops.example/hook --secret @signing-secret
  jackfield alert set --connection mail --action message.send \\
    --input '{ to: \"ops@example.com\", subject: .title, text: .text }'
  jackfield alert test

A cause that is new is told at once, more of the same in a digest within an hour, and causes of
which nothing waits any more once they have been quiet for five minutes: at most seven notices in
an hour. The expression makes the webhook's body, or the action's input, of
{ id, kind, at_ms, title, text, causes: [{ id, line, count, new }], more }.
A webhook carries webhook-id, webhook-timestamp and, with a secret, webhook-signature, as
standardwebhooks.com says.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum Alert {
    /// Say how alerts go out: to a webhook, or through a connection.
    #[command(after_help = EXAMPLES)]
    Set(Set),
    /// Show how alerts go out, and whether they arrive.
    Show,
    /// Send a notice that says nothing, to see whether it arrives.
    Test,
    /// Send no alerts from now on.
    Remove,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("way").required(true).args(["webhook", "connection"]))]
pub(super) struct Set {
    /// A URL to which notices are posted: URL, or @FILE where the URL itself is a secret.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// The secret under which webhooks are signed: @FILE, or - to type it.
    #[arg(long, requires = "webhook", value_name = "@FILE")]
    secret: Option<String>,
    /// The connection through which notices go.
    #[arg(long, requires = "action", value_name = "NAME")]
    connection: Option<String>,
    /// Its action, such as message.send.
    #[arg(long, requires = "connection", value_name = "ACTION")]
    action: Option<String>,
    /// A jq expression that makes the body or the input of a notice.
    #[arg(long, value_name = "EXPRESSION")]
    input: Option<String>,
}

impl Alert {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        match self {
            Self::Set(Set { webhook, secret, connection, action, input }) => {
                let webhook = match webhook {
                    Some(url) if url.starts_with('@') => Some(secret_from("webhook", &url)?),
                    given => given,
                };
                let secret = secret.map(|from| secret_from("secret", &from)).transpose()?;
                let wish = json!({
                    "webhook": webhook,
                    "secret": secret,
                    "connection": connection,
                    "action": action,
                    "input": input,
                });
                voice.data(&client.post("/v1/alert", &wish).await?, |voice, told| {
                    voice.line(&format!("alerts go to {}", way(told)));
                    voice.line("next: jackfield alert test");
                });
            }
            Self::Show => voice.data(&client.get("/v1/alert").await?, show),
            Self::Test => {
                let told = client.post("/v1/alert/test", &Value::Null).await?;
                voice.data(&told, |voice, told| {
                    voice.line(&format!("the notice {} was taken", text(&told["id"])));
                });
            }
            Self::Remove => {
                let told = client.delete("/v1/alert").await?;
                voice.data(&told, |voice, _| voice.line("no alerts go out from now on"));
            }
        }
        Ok(())
    }
}

fn way(told: &Value) -> String {
    match told["way"].as_str() {
        Some("webhook") if told["signed"] == true => format!("{}, signed", text(&told["origin"])),
        Some("webhook") => text(&told["origin"]),
        _ => format!("{} of {}", text(&told["action"]), text(&told["connection"])),
    }
}

/// How alerts stand, in a line.
pub(super) fn standing(told: &Value) -> String {
    if told.is_null() {
        return "none are set; `jackfield alert set` has people told of what stops".into();
    }
    match &told["trouble"] {
        Value::Null => format!("to {}", way(told)),
        trouble => format!(
            "not taken by {} since {}, {} tries: {}",
            way(told),
            time(&trouble["since_ms"]),
            trouble["tries"],
            text(&trouble["why"])
        ),
    }
}

fn show(voice: &mut Voice, told: &Value) {
    voice.line(&format!("alerts       {}", standing(told)));
    if told.is_null() {
        return;
    }
    voice.line(&format!("made by      {}", text(&told["input"])));
    voice.line(&format!("set          {} by {}", time(&told["at_ms"]), text(&told["by"])));
    voice.line(&format!("last taken   {}", time(&told["delivered_at_ms"])));
    voice.line(&format!("told causes  {}", told["causes"]));
}
