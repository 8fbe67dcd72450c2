//! `jackfield flow …`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::{
    Common, Voice,
    client::escaped,
    file::{read_json, read_text},
    voice::{items, text, time},
};
use crate::{config, flows, host};

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum Flow {
    /// Say what is wrong with flows, against what is connected now. Without a running host, all is
    /// looked at but that.
    Check {
        /// Flow files, or directories of them.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Do not ask the running host.
        #[arg(long)]
        offline: bool,
    },
    /// Say what a flow would do with an event. Nothing is sent.
    Test {
        /// The flow.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The event, as JSON: whole, or its record alone.
        #[arg(long, value_name = "FILE")]
        event: PathBuf,
        /// What a step gives, as JSON, in the place of a stand-in; for several steps several times.
        #[arg(long = "output", value_name = "STEP=FILE", value_parser = step_and_file)]
        outputs: Vec<(String, PathBuf)>,
    },
    /// Check flows and make them current, all or none. Runs in flight end on the version they began
    /// with.
    Apply {
        /// Flow files, or directories of them.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// List flows.
    List,
    /// Show one, with its text.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Start a run of a flow that is manual or on a schedule.
    Run {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// What the run finds as `.event.record`, as JSON.
        #[arg(long, value_name = "FILE")]
        input: Option<PathBuf>,
        /// The same key starts one run, however often it is asked for.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Have the runs of a flow rest before their next step; those that begin meanwhile too.
    Pause {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Have a paused flow go on.
    Resume {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Remove a flow: nothing starts it any more; its runs in flight go on.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

const EXAMPLES: &str = "\
Examples:
  jackfield flow check flows/                             every mistake in a directory of flows
  jackfield flow test flows/won-deal.toml --event deal.json   what it would send
  jackfield flow apply flows/                             all of them, or none
  jackfield flow run month-end --key 2026-03              once for this key
  jackfield flow pause won-deal                           and later: flow resume won-deal";

/// `STEP=FILE`.
fn step_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((step, file)) if !step.is_empty() && !file.is_empty() => {
            Ok((step.to_owned(), file.into()))
        }
        _ => Err("write it as STEP=FILE".into()),
    }
}

/// The flow files that were named, and those in the directories that were.
fn sources(files: &[PathBuf]) -> anyhow::Result<Vec<flows::Source>> {
    let mut paths = Vec::new();
    for file in files {
        if !file.is_dir() {
            paths.push(file.clone());
            continue;
        }
        let before = paths.len();
        for entry in std::fs::read_dir(file)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        paths[before..].sort();
        anyhow::ensure!(
            paths.len() > before,
            "there is no flow in `{}`\n  hint: flow files end in `.toml`",
            file.display()
        );
    }
    let source = |path: &PathBuf| {
        Ok(flows::Source { file: path.display().to_string(), text: read_text(path)? })
    };
    paths.iter().map(source).collect()
}

fn body(sources: &[flows::Source]) -> Value {
    sources.iter().map(|source| json!({ "file": source.file, "text": source.text })).collect()
}

impl Flow {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        if let Self::Check { files, offline } = &self {
            return check(common, voice, &sources(files)?, *offline).await;
        }
        let client = common.client()?;
        match self {
            // It needs no host.
            Self::Check { .. } => {}
            Self::Test { file, event, outputs } => {
                let mut given = Map::new();
                for (step, file) in outputs {
                    given.insert(step, read_json(&file)?);
                }
                let source =
                    json!({ "file": file.display().to_string(), "text": read_text(&file)? });
                let tried =
                    json!({ "source": source, "event": read_json(&event)?, "outputs": given });
                let told = client.post("/v1/flows/test", &tried).await?;
                voice.data(&told, would);
                let steps = items(&told["steps"]);
                let wrong = steps.iter().any(|step| !items(&step["mistakes"]).is_empty());
                anyhow::ensure!(!wrong, "the flow would stop there");
            }
            Self::Apply { files } => {
                let told = client.post("/v1/flows", &body(&sources(&files)?)).await?;
                voice.data(&told, |voice, told| {
                    for one in items(told) {
                        let name = text(&one["name"]);
                        voice.line(&format!("applied `{name}`: {}", starts(&one["on"])));
                    }
                });
            }
            Self::List => voice.data(&client.get("/v1/flows").await?, list),
            Self::Show { name } => {
                let told = client.get(&format!("/v1/flows/{}", escaped(&name))).await?;
                voice.data(&told, |voice, told| {
                    let since = time(&told["applied_at_ms"]);
                    voice.line(&format!("# {} since {since}", starts(&told["on"])));
                    voice.line(text(&told["text"]).trim_end());
                });
            }
            Self::Run { name, input, key } => {
                let record = input.map_or(Ok(Value::Null), |file| read_json(&file))?;
                let start = json!({ "record": record, "key": key });
                let told =
                    client.post(&format!("/v1/flows/{}/run", escaped(&name)), &start).await?;
                voice.data(&told, |voice, told| match told["run"].as_str() {
                    Some(run) => voice.line(&format!("the run {run} of `{name}` begins")),
                    None => voice.line(&format!("a run of `{name}` begins when its burst is over")),
                });
            }
            Self::Pause { name } => {
                let path = format!("/v1/flows/{}/pause", escaped(&name));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, _| {
                    voice.line(&format!("`{name}` is paused; what begins meanwhile waits"));
                });
            }
            Self::Resume { name } => {
                let path = format!("/v1/flows/{}/resume", escaped(&name));
                voice.data(&client.post(&path, &Value::Null).await?, |voice, told| {
                    let runs = text(&told["runs"]);
                    voice.line(&format!("`{name}` goes on; runs that waited: {runs}"));
                });
            }
            Self::Remove { name } => {
                let told = client.delete(&format!("/v1/flows/{}", escaped(&name))).await?;
                voice.data(&told, |voice, _| voice.line(&format!("removed `{name}`")));
            }
        }
        Ok(())
    }
}

/// Looks at flows with the running host, or alone.
async fn check(
    common: &Common,
    voice: &mut Voice,
    sources: &[flows::Source],
    offline: bool,
) -> anyhow::Result<()> {
    let client = if offline { None } else { common.client().ok() };
    let (told, alone) = match client {
        Some(client) => (client.post("/v1/flows/check", &body(sources)).await?, false),
        None => {
            let compiler = config::own_compiler();
            let compiler = compiler.context("this program does not know its own file")?;
            let flows = host::check_flows(sources, compiler).await?;
            let names = flows.iter().map(|f| json!({ "name": f.name, "steps": f.steps.len() }));
            (names.collect(), true)
        }
    };
    voice.data(&told, |voice, told| {
        for one in items(told) {
            voice.line(&format!("`{}` is right", text(&one["name"])));
        }
        if alone {
            voice.line("connections, events and actions were not looked at: no host was asked");
        }
    });
    Ok(())
}

/// What starts a flow, in words.
fn starts(on: &Value) -> String {
    if let Some(event) = on["event"].as_str() {
        return format!("`{event}` of `{}` starts it", text(&on["connection"]));
    }
    if let Some(schedule) = on["schedule"].as_str() {
        return format!("it starts at {schedule}, next {}", time(&on["next_at_ms"]));
    }
    match on["flow"].as_str() {
        Some(flow) => format!("the end of a run of `{flow}` starts it"),
        None => "a person or another flow starts it".into(),
    }
}

fn list(voice: &mut Voice, told: &Value) {
    let rows = items(told).iter().map(|one| {
        let steps: Vec<String> = items(&one["steps"])
            .iter()
            .map(|step| text(step["action"].as_str().map_or(&step["does"], |_| &step["action"])))
            .collect();
        let state = if one["paused"] == true { "paused" } else { "active" };
        let since = time(&one["applied_at_ms"]);
        vec![text(&one["name"]), state.into(), starts(&one["on"]), steps.join(", "), since]
    });
    let rows: Vec<_> = rows.collect();
    voice.table(&["NAME", "STATE", "STARTS", "STEPS", "APPLIED"], &rows);
}

/// What a flow would do.
fn would(voice: &mut Voice, told: &Value) {
    if told["starts"] == false {
        return voice.line("the flow would not start: its `when` does not hold");
    }
    for step in items(&told["steps"]) {
        let what = match step["action"].as_str() {
            Some(action) => format!("{action} through {}", text(&step["connection"])),
            None => text(&step["does"]),
        };
        let note = step["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
        voice.line(&format!("{}: {what}{note}", text(&step["step"])));
        for input in items(&step["inputs"]) {
            for line in format!("{input:#}").lines() {
                voice.line(&format!("    {line}"));
            }
        }
        for mistake in items(&step["mistakes"]) {
            voice.line(&format!("    wrong: {}", text(mistake)));
        }
    }
    voice.line("nothing was sent");
}
