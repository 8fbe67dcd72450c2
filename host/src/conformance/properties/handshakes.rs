//! Handshakes: each question that the manifest knows is answered, and none with a challenge that
//! cannot be sent back.

use bytes::Bytes;
use jackfield_registry::manifest::webhook::{Condition, Field, Handshake, Webhook};
use serde_json::{Value, json};

use super::{
    super::{
        fixture::{Delivery, ENDPOINT},
        webhook::{Drawer, incoming},
    },
    Trying, several,
};
use crate::verify::{self, Verdict};

/// A challenge as vendors send them: a random token.
const CHALLENGE: &str = "hWk3TtvZ2r8Yc0bL5nQ1";
/// A challenge that is longer than any.
const LONG: usize = 100_000;

impl Trying<'_> {
    /// Asks each question that needs no signature.
    pub(super) fn handshakes(&mut self) {
        let Some(webhook) = self.subject.manifest.webhook.clone() else { return };
        let secrets = webhook.secret_names().into_iter();
        let drawer =
            Drawer(secrets.map(|name| (name.into(), vec![b"c2VjcmV0".to_vec()])).collect());
        for (number, one) in webhook.handshake.iter().enumerate() {
            if one.is_verified() {
                continue;
            }
            let place = format!("`[[webhook.handshake]]` {}", number + 1);
            // What the vendor brings as a secret is taken only while there is none.
            let brings = matches!(one, Handshake::Echo(echo) if echo.keep_as_secret.is_some());
            let known = if brings { Drawer::default() } else { drawer.clone() };
            let asked = question(one, CHALLENGE);
            let answer = asked.as_ref().map(|asked| self.answered(&webhook, asked, &known));
            let held = match answer {
                Some(Ok(body)) if says(one, &body) => Ok(()),
                Some(Ok(body)) => Err(format!("the answer lacks the challenge: {body:?}")),
                Some(Err(why)) => Err(why),
                None => continue,
            };
            self.ledger.keep("handshake.answered", &place, held);
            if matches!(one, Handshake::Ping(_)) {
                continue;
            }
            for (id, challenge) in
                [("handshake.empty", String::new()), ("handshake.long", "x".repeat(LONG))]
            {
                let Some(asked) = question(one, &challenge) else { continue };
                let held = match self.answered(&webhook, &asked, &known) {
                    Err(_) => Ok(()),
                    Ok(_) => {
                        let characters = several(challenge.len(), "character");
                        Err(format!("a challenge of {characters} is answered"))
                    }
                };
                self.ledger.keep(id, &place, held);
            }
        }
    }

    /// What a question is answered, headers and body; or what it is instead.
    fn answered(
        &self,
        webhook: &Webhook,
        asked: &Delivery,
        drawer: &Drawer,
    ) -> Result<String, String> {
        let arrived = incoming(asked).ok_or("it is no request of HTTP")?;
        match verify::verify(webhook, arrived, drawer, asked.at_ms) {
            Verdict::Handshake(answer) => {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                Ok(format!("{:?} {body}", answer.headers))
            }
            Verdict::Forged(reason) => Err(format!("expected an answer, it is refused: {reason}")),
            _ => Err("expected an answer, it is taken for a delivery".into()),
        }
    }
}

/// Whether an answer holds what shows that the challenge was read.
fn says(one: &Handshake, answer: &str) -> bool {
    match one {
        Handshake::Echo(_) => answer.contains(CHALLENGE),
        Handshake::HashChallenge(form) => answer.contains(&form.reply_field),
        Handshake::MacChallenge(form) => answer.contains(&form.reply_field),
        Handshake::Ping(_) => true,
    }
}

/// A request that asks it; none where two fields cannot stand in one body.
fn question(one: &Handshake, challenge: &str) -> Option<Delivery> {
    let (from, when): (Option<&Field>, Option<&Condition>) = match one {
        Handshake::Echo(echo) => (Some(&echo.from), echo.when.as_ref()),
        Handshake::HashChallenge(form) => (Some(&form.from), None),
        Handshake::MacChallenge(form) => (Some(&form.from), form.when.as_ref()),
        Handshake::Ping(ping) => (None, ping.when.as_ref()),
    };
    let fields = from.map(|from| (from, challenge)).into_iter();
    let fields = fields.chain(when.map(|when| (&when.field, when.equals.as_str())));
    let (mut headers, mut query, mut form) = (Vec::new(), Vec::new(), Vec::new());
    let mut body = json!({});
    for (field, value) in fields {
        match field {
            Field::Header(name) => headers.push((name.as_str().to_owned(), value.to_owned())),
            Field::Query(name) => query.push(pair(name, value)),
            Field::Form(name) => form.push(pair(name, value)),
            Field::Json(pointer) => put(&mut body, pointer.as_str(), value)?,
        }
    }
    let (kind, body) = match form.is_empty() {
        true => ("application/json", body.to_string()),
        false => ("application/x-www-form-urlencoded", form.join("&")),
    };
    headers.push(("content-type".into(), kind.into()));
    let method = one.method().as_str().to_owned();
    let empty = matches!(one, Handshake::Ping(_)) && body == "{}";
    Some(Delivery {
        body: if empty || method == "GET" { Bytes::new() } else { body.into() },
        method,
        url: ENDPOINT.into(),
        path: String::new(),
        query: query.join("&"),
        headers,
        secrets: Some(Default::default()),
        at_ms: 0,
    })
}

fn pair(name: &str, value: &str) -> String {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    written.append_pair(name, value).finish()
}

/// Puts a text at a pointer of names, making the objects on the way.
fn put(body: &mut Value, pointer: &str, value: &str) -> Option<()> {
    let mut at = body;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        at = at.as_object_mut()?.entry(name).or_insert_with(|| json!({}));
    }
    *at = value.into();
    Some(())
}
