//! Dead letters as a person reads them.

use serde_json::Value;

use crate::cli::{
    Voice,
    voice::{items, text, time},
};

pub(super) fn groups(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let (first, last) = (time(&one["first_ms"]), time(&one["last_ms"]));
        let why = format!("{}: {}", text(&one["code"]), text(&one["message"]));
        let [id, connection, count] = ["id", "connection", "count"].map(|name| text(&one[name]));
        vec![id, count, connection, place(one), first, last, why]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return voice.line("nothing waits for a person");
    }
    let head = ["CAUSE", "WAIT", "CONNECTION", "WHAT", "FIRST", "LAST", "WHY"];
    voice.table(&head, &rows);
}

pub(super) fn letters(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let why = format!("{}: {}", text(&one["code"]), text(&one["message"]));
        let at = time(&one["at_ms"]);
        let [id, connection, tries] = ["id", "connection", "attempts"].map(|name| text(&one[name]));
        vec![id, at, connection, tries, text(&one["cause"]), why]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return voice.line("nothing waits for a person");
    }
    voice.table(&["ID", "STOPPED", "CONNECTION", "TRIES", "CAUSE", "WHY"], &rows);
}

/// What was to be done: a webhook, or a step of a flow.
fn place(one: &Value) -> String {
    match one["place"].as_object() {
        Some(place) => format!("{} of {}", text(&place["step"]), text(&place["flow"])),
        None => "-".into(),
    }
}

pub(super) fn show(voice: &mut Voice, told: &Value) {
    let group = &told["group"];
    voice.line(&format!("dead letter  {}", text(&told["id"])));
    voice.line(&format!("stopped      {}", time(&told["at_ms"])));
    let (tries, since) = (&told["attempts"], time(&told["since_ms"]));
    voice.line(&format!("tries        {tries}, since {since}"));
    voice.line(&format!("connection   {}", text(&told["connection"])));
    voice.line(&format!("what         {}", text(&told["what"])));
    voice.line(&format!("why          {}: {}", text(&told["code"]), text(&told["message"])));
    voice.line(&format!("cause        {}, {} in all", text(&group["id"]), group["count"]));
    if let Some(why) = told["unreadable"].as_str() {
        voice.line(&format!("not shown    {why}"));
    }
    let (stuck, halted) = (&told["stuck"], &told["halted"]);
    if !halted["waiting"].is_null() {
        voice.line(&format!("waited for   {}", awaited(&halted["waiting"])));
    }
    for one in items(&stuck["broken"]) {
        voice.line("");
        voice.line(&format!("at           `{}`", text(&one["pointer"])));
        voice.line(&format!("the rule     {}", text(&one["rule"])));
        voice.line(&format!("the value    {}", text(&one["value"])));
    }
    for (name, value) in [
        ("input", &stuck["input"]),
        ("original input, before it was edited", &stuck["edit"]["original"]),
        ("event", &stuck["event"]),
        ("event", &halted["event"]),
    ] {
        if !value.is_null() {
            voice.line(&format!("\n{name}:\n{value:#}"));
        }
    }
    if let Some(body) = told["body"].as_str() {
        voice.line(&format!("\nwebhook:\n{body}"));
    }
    voice.line("\nnext:");
    let rows = items(&told["next"]).iter();
    let rows: Vec<_> = rows.map(|one| vec![text(&one[0]), text(&one[1])]).collect();
    voice.table(&["COMMAND", "IF"], &rows);
}

/// For what a run waited, and how long.
fn awaited(waiting: &Value) -> String {
    let [connection, event, ask, run] =
        ["connection", "event", "ask", "run"].map(|name| text(&waiting[name]));
    let what = match waiting["for"].as_str() {
        Some("event") => format!("the event `{event}` of `{connection}`"),
        Some("person") => format!("an answer to \"{ask}\""),
        Some("run") => format!("the end of the run {run}"),
        _ => "a time".to_owned(),
    };
    let since = time(&waiting["since_ms"]);
    match &waiting["until_ms"] {
        Value::Null => format!("{what}, since {since}"),
        until => format!("{what}, from {since} to {}", time(until)),
    }
}
