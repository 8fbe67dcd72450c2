//! `jackfield table …`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Subcommand;

use super::{
    Common, Voice,
    client::escaped,
    file::read,
    voice::{items, text, time},
};

const EXAMPLES: &str = "\
Examples:
  jackfield table set accounts accounts.csv        a heading row; the first column is the key
  jackfield table show accounts                    its first rows
  jackfield table remove accounts                  refused while a flow names it

In a flow:
  account: (lookup(\"accounts\"; .event.record.category).code)
  account: (lookup(\"accounts\"; .event.record.category; {code: \"999\"}).code)";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum Table {
    /// Set a table, in the place of the one with its name; flows see it from then on.
    Set {
        /// What expressions call it: a-z, 0-9 and `-`.
        #[arg(value_name = "NAME")]
        name: String,
        /// A CSV file (heading row, first column is the key) or a JSON object: FILE.csv, FILE.json.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List tables.
    List,
    /// Show a table.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
        /// How many rows.
        #[arg(long, default_value_t = 20, value_name = "N")]
        rows: usize,
    },
    /// Remove a table that no flow names.
    Remove {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

impl Table {
    pub(super) async fn run(self, common: &Common, voice: &mut Voice) -> anyhow::Result<()> {
        let client = common.client()?;
        let at = |name: &str| format!("/v1/tables/{}", escaped(name));
        match self {
            Self::Set { name, file } => {
                let path = format!("{}?form={}", at(&name), form(&file)?);
                let told = client.post_bytes(&path, read(&file)?).await?;
                voice.data(&told, |voice, told| {
                    voice.line(&format!("`{name}` has {} rows", text(&told["rows"])));
                });
            }
            Self::List => {
                let told = client.get("/v1/tables").await?;
                voice.data(&told, |voice, told| {
                    let rows = items(told).iter().map(|one| {
                        let columns: Vec<String> =
                            items(&one["columns"]).iter().map(text).collect();
                        let (name, rows) = (text(&one["name"]), text(&one["rows"]));
                        vec![name, rows, columns.join(", "), time(&one["set_at_ms"])]
                    });
                    voice.table(&["NAME", "ROWS", "COLUMNS", "SET"], &rows.collect::<Vec<_>>());
                });
            }
            Self::Show { name, rows } => {
                let told = client.get(&format!("{}?rows={rows}", at(&name))).await?;
                voice.data(&told, |voice, told| {
                    let shown = items(&told["rows"]);
                    let rows =
                        shown.iter().map(|one| vec![text(&one["key"]), one["row"].to_string()]);
                    voice.table(&["KEY", "ROW"], &rows.collect::<Vec<_>>());
                    let all = told["table"]["rows"].as_u64().unwrap_or_default();
                    if all > shown.len() as u64 {
                        voice.line(&format!("… {all} rows; --rows {all} shows them"));
                    }
                });
            }
            Self::Remove { name } => {
                let told = client.delete(&at(&name)).await?;
                voice.data(&told, |voice, _| voice.line(&format!("removed `{name}`")));
            }
        }
        Ok(())
    }
}

/// In which form a file is, by the end of its name.
fn form(file: &Path) -> anyhow::Result<&'static str> {
    match file.extension().map(|end| end.to_string_lossy().to_lowercase()).as_deref() {
        Some("csv") => Ok("csv"),
        Some("json") => Ok("json"),
        _ => bail!(
            "`{}` is neither NAME.csv nor NAME.json\n  hint: save a spreadsheet as \"CSV UTF-8\"",
            file.display()
        ),
    }
}
