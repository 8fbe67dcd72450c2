//! `sdk/GUIDE.md` as something to follow: the commands of its fences, typed in a folder.
//!
//! A fence with a language's name, such as `sh js`, makes a connector in it. Whoever has the tools
//! of that language types it here; what fetches the tools is left out. [`kept`] is what the kit
//! finds of what was made.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::{house, releases::root};

/// The guide.
const GUIDE: &str = include_str!("../../sdk/GUIDE.md");

/// The lines of the fence for a language.
///
/// # Panics
/// The guide has none.
pub fn recipe(language: &str) -> Vec<&'static str> {
    let head = format!("sh {language}\n");
    let fence = GUIDE.split("\n```").find_map(|fence| fence.strip_prefix(&head));
    fence.unwrap_or_else(|| panic!("the guide has no fence `sh {language}`")).lines().collect()
}

/// Does in a folder what a recipe says. The tools of its language are found from the folder.
pub async fn follow(recipe: &[&str], dir: &Path) -> anyhow::Result<()> {
    for line in recipe {
        followed(line, dir).await.with_context(|| format!("`{line}`"))?;
    }
    Ok(())
}

async fn followed(line: &str, dir: &Path) -> anyhow::Result<()> {
    let here = format!("{}/", dir.display());
    let mut words: Vec<_> = line.split_whitespace().map(|word| word.replace("./", &here)).collect();
    let named: Vec<&str> = line.split_whitespace().collect();
    match named.as_slice() {
        ["npm", "install", ..] | ["python3", "-m", "venv", ..] => Ok(()),
        [program, "install", ..] if program.ends_with("/pip") => Ok(()),
        ["jackfield", "connector", "new", _, "--lang", "rust", "--dir", made] => {
            // The SDK and the versions that the repository has, which are here already.
            let sdk = root().join("sdk/rust").display().to_string();
            words.extend(["--sdk".to_owned(), sdk]);
            typed(words).await?;
            fs::copy(root().join("Cargo.lock"), dir.join(made).join("Cargo.lock"))?;
            Ok(())
        }
        ["jackfield", ..] => typed(words).await,
        _ => run(Command::new("sh").args(["-e", "-c", line]).current_dir(dir)),
    }
}

async fn typed(words: Vec<String>) -> anyhow::Result<()> {
    let (code, out, err) = house::typed(words).await;
    ensure!(code == 0, "{out}{err}");
    Ok(())
}

/// How many properties of the kit of `connector test` a connector keeps: all that are tried, and
/// every case of its fixtures comes out.
///
/// # Panics
/// It does not keep one.
pub async fn kept(subject: &Path, fixtures: &Path) -> usize {
    let words = ["jackfield", "connector", "test", "--json", "--fixtures"].map(str::to_owned);
    let paths = [fixtures, subject].map(|path| path.display().to_string());
    let (code, out, err) = house::typed([&words[..], &paths].concat()).await;
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let all = ["fixtures", "properties"].iter().flat_map(|kind| told[kind].as_array());
    let failed: Vec<_> = all.flatten().filter(|one| one["verdict"] == "failed").collect();
    assert_eq!(code, 0, "{failed:#?}");
    let passed = |findings: &Value| {
        let all = findings.as_array().expect("findings").iter();
        all.filter(|one| one["verdict"] == "passed").count()
    };
    assert!(passed(&told["fixtures"]) > 0, "{out}");
    passed(&told["properties"])
}

/// The same of a template of code, of whichever language: with the cases that all templates have,
/// and with webhooks that hardly make sense, which all understand alike.
///
/// # Panics
/// It does not keep one.
pub async fn kept_by_template(release: &Path) -> usize {
    let fixtures = tempfile::tempdir().expect("a directory");
    for file in ["sdk/templates/js/fixtures/orders.toml", "tests/languages/nonsense.toml"] {
        let name = Path::new(file).file_name().unwrap_or_default();
        fs::copy(root().join(file), fixtures.path().join(name)).expect("a file of fixtures");
    }
    kept(release, fixtures.path()).await
}

/// Runs a program to its end, which must be a good one.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let ended = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    if !ended.status.success() {
        let (out, err) = (&ended.stdout, &ended.stderr);
        bail!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    }
    Ok(())
}
