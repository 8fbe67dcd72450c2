//! `jackfield doctor`: looks at everything that a host stands on, and says what to do.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use clap::Args;
use serde_json::{Value, json};

use super::{
    Common, Voice, alert,
    connection::left_alone,
    voice::{items, text},
};
use crate::{
    admin::TOKEN_FILE,
    keys::{Keys, Place},
};

/// Free space below which the doctor warns, in bytes.
const FREE_BYTES: u64 = 1 << 30;

/// What `doctor` is told.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Where the master key is kept [default: a file beside the data directory]: FILE, or
    /// aws-secrets-manager:NAME.
    #[arg(long, env = "JACKFIELD_MASTER_KEY_FILE", value_name = "PLACE")]
    master_key: Option<Place>,
}

/// One thing that was looked at: what, and what is wrong with it, if something is.
type Finding = (&'static str, Result<String, String>);

impl Doctor {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<u8> {
        let data = common.data()?;
        let keys = common.keys(self.master_key)?;
        let mut findings = vec![
            ("data directory", directory(&data)),
            ("free space", free_space(&data)),
            ("master key", master_key(&keys).await),
            ("admin token", private(&data.join(TOKEN_FILE))),
        ];
        findings.extend(host(common).await);
        let failed = findings.iter().any(|(_, found)| found.is_err());
        let told = findings.iter().map(|(what, found)| {
            let (ok, said) = match found {
                Ok(said) => (true, said),
                Err(said) => (false, said),
            };
            json!({ "what": what, "ok": ok, "said": said })
        });
        voice.data(&Value::Array(told.collect()), |voice, told| {
            for finding in items(told) {
                let mark = if finding["ok"] == true { "ok   " } else { "wrong" };
                voice.line(&format!(
                    "{mark} {}: {}",
                    text(&finding["what"]),
                    text(&finding["said"])
                ));
            }
        });
        Ok(u8::from(failed))
    }
}

fn directory(data: &Path) -> Result<String, String> {
    if data.join(TOKEN_FILE).exists() {
        return Ok(data.display().to_string());
    }
    Err(format!(
        "`{}` is none; make one with `jackfield init`, or name it with --data",
        data.display()
    ))
}

fn free_space(data: &Path) -> Result<String, String> {
    let disk = rustix::fs::statvfs(data).map_err(|error| error.to_string())?;
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    let said = format!("{} MiB", free_bytes >> 20);
    if free_bytes < FREE_BYTES {
        Err(format!("{said}; make room before it is used up"))
    } else {
        Ok(said)
    }
}

async fn master_key(keys: &Keys) -> Result<String, String> {
    let key = keys.current().await.map_err(|error| error.to_string())?;
    if let Place::File(path) = keys.place() {
        private(path)?;
    }
    Ok(format!("{} ({})", key.id(), keys.place()))
}

/// Whether a file is its owner's alone.
fn private(path: &Path) -> Result<String, String> {
    let file = fs::metadata(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    if file.permissions().mode() & 0o077 == 0 {
        return Ok(path.display().to_string());
    }
    Err(format!("others can read `{0}`; mend it with `chmod 600 {0}`", path.display()))
}

/// What the running host says: its connections, its work, its audit trail.
async fn host(common: &Common) -> Vec<Finding> {
    let status = async { common.client()?.get("/v1/status").await };
    let status = match status.await {
        Ok(status) => status,
        Err(error) => return vec![("host", Err(format!("{error:#}")))],
    };
    let mut findings: Vec<Finding> =
        vec![("host", Ok(format!("jackfield {} runs", text(&status["version"]))))];
    findings.push((
        "dead letters",
        match status["dead_letters"].as_u64() {
            Some(0) => Ok("none".into()),
            _ => Err(format!(
                "{} wait for a person; see `jackfield dead-letter list`",
                status["dead_letters"]
            )),
        },
    ));
    let alerts = &status["alerts"];
    findings.push((
        "alerts",
        match &alerts["trouble"] {
            Value::Null => Ok(alert::standing(alerts)),
            _ => Err(format!(
                "{}; `jackfield alert test` tries it, `jackfield alert set` sets another way",
                alert::standing(alerts)
            )),
        },
    ));
    let audit = async { common.client()?.get("/v1/audit/verify").await };
    findings.push((
        "audit trail",
        match audit.await {
            Ok(audit) => Ok(format!("whole, {} lines", audit["lines"])),
            Err(error) => Err(format!("{error:#}")),
        },
    ));
    let connections = async { common.client()?.get("/v1/connections").await };
    for connection in connections.await.ok().iter().flat_map(items) {
        let lost = items(&connection["sign_ins"]).iter().find(|one| one["state"] == "needs-person");
        if let Some(lost) = lost {
            let name = text(&connection["name"]);
            findings.push((
                "connection",
                Err(format!(
                    "`{name}` needs a person: {}; sign in with `jackfield connection authorize \
                     {name}`",
                    text(&lost["why"])
                )),
            ));
        }
        if connection["choice"].is_object() {
            let name = text(&connection["name"]);
            let why = text(&connection["health"]);
            findings.push((
                "connection",
                Err(format!("`{name}` {why}; `jackfield connection list` shows what there is")),
            ));
        }
        for rest in items(&connection["left_alone"]) {
            let name = text(&connection["name"]);
            findings.push(("connection", Err(left_alone(&name, rest))));
        }
        let missing = items(&connection["missing_secrets"]);
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(text).collect();
            let name = text(&connection["name"]);
            findings.push((
                "connection",
                Err(format!(
                    "`{name}` has no {}; set it with `jackfield connection set {name} --secret …`",
                    names.join(", ")
                )),
            ));
        }
    }
    findings
}
