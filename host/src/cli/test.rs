//! `jackfield connector test`: a connector on the bench, and what was found.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use clap::Args;
use jackfield_registry::package::Release;
use serde_json::Value;

use super::{
    Voice, build, file,
    inspect::read,
    voice::{items, text},
};
use crate::{
    config,
    conformance::{Bench, Description, Plan, fixture, trial},
    host::Scratch,
    inbox::Bundle,
};

/// What `connector test` is told.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// The folder with `connector.toml`, or a release.
    #[arg(value_name = "DIR|FILE")]
    subject: PathBuf,
    /// The fixtures [default: the folder `fixtures` beside the manifest].
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,
    /// Try only the cases whose name has this in it, and no properties.
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    /// The vendor's description, against which every request is held: OpenAPI 3, Swagger 2, or what
    /// GraphQL's introspection answers.
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// By what chance is steered: the same number, the same trial.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Run a recorded call again instead, as `jackfield delivery show --bundle` writes it: nothing
    /// is sent, and anything that the connector says or asks otherwise than then is a failure.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fixtures", "case", "spec", "junit"])]
    bundle: Option<PathBuf>,
    /// Show what passed and what was skipped too.
    #[arg(long, short)]
    verbose: bool,
    /// Write the report for build servers, in the XML of JUnit.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    pub(super) async fn run(self, voice: &mut Voice) -> anyhow::Result<u8> {
        let (release, beside) = subject(&self.subject)?;
        if let Some(bundle) = &self.bundle {
            return again(&release, bundle, voice).await;
        }
        let cases = fixture::in_folder(&self.fixtures.clone().unwrap_or(beside))?;
        let spec = self.spec.as_deref().map(described).transpose()?;
        let plan = Plan { only: self.case.clone(), seed: self.seed, spec };
        let (bench, _scratch) = bench().await?;
        let subject = bench.subject(&release)?;
        let report = trial(&bench, &subject, &cases, &plan).await?;
        if self.case.is_some() && report.fixtures.is_empty() {
            bail!("no case has this in its name\n  hint: leave out --case to see them all");
        }
        if let Some(junit) = &self.junit {
            file::write(junit, report.junit().as_bytes())?;
        }
        let told = serde_json::to_value(&report)?;
        let verbose = self.verbose || self.case.is_some();
        voice.data(&told, |voice, told| shown(voice, told, report.tally(), verbose));
        Ok(u8::from(!report.is_good()))
    }
}

/// Runs the call of a bundle again.
async fn again(release: &Release, bundle: &Path, voice: &mut Voice) -> anyhow::Result<u8> {
    let read = Bundle::read(&file::read_text(bundle)?).map_err(anyhow::Error::msg);
    let bundle = read.with_context(|| format!("`{}` cannot be read", bundle.display()))?;
    let connector = &release.manifest().connector;
    let parsed = &bundle.parsed;
    if parsed.connector != connector.id {
        let (id, other) = (&connector.id, &parsed.connector);
        bail!("the bundle is of a call of `{other}`, and this is `{id}`");
    }
    let (bench, _scratch) = bench().await?;
    let came = bench.again(&bench.subject(release)?, &bundle).await?;
    let is_same = came.same;
    let mut told = serde_json::to_value(came)?;
    told["delivery"] = bundle.id.clone().into();
    told["whole"] = parsed.saw.whole.into();
    voice.data(&told, |voice, told| {
        let by = format!("{} {}", parsed.connector, parsed.version);
        voice.line(&format!("delivery {}, parsed by {by}:", bundle.id));
        again_shown(voice, told);
        if !parsed.saw.whole {
            voice.line("  the bundle is not whole: the call saw more than is kept of one");
        }
    });
    Ok(u8::from(!is_same))
}

/// What came of a call that was run again, in a few lines.
pub(super) fn again_shown(voice: &mut Voice, told: &Value) {
    let events = items(&told["said"]["events"]);
    let kinds: Vec<_> = events.iter().map(|event| text(&event["kind"])).collect();
    let said = match told["said"]["failed"].as_object() {
        Some(failed) => format!("{}: {}", text(&failed["code"]), text(&failed["message"])),
        None => format!("{} events [{}]", events.len(), kinds.join(", ")),
    };
    let same = told["same"] == true;
    let word = match (same, told["same_release"] == true) {
        (true, true) => "✓ the same, bit for bit",
        (true, false) => "✓ the same from this release, bit for bit",
        (false, true) => "✗ not the same",
        (false, false) => "✗ not the same from this release",
    };
    voice.line(&format!("  {word}: {said}"));
    for difference in items(&told["differences"]) {
        voice.line(&format!("      {}", text(difference)));
    }
}

/// A vendor's description.
fn described(path: &Path) -> anyhow::Result<Arc<Description>> {
    let text = file::read_text(path)?;
    let read = Description::read(&text).map_err(anyhow::Error::msg);
    let spec = read.with_context(|| {
        format!("`{}` is no description in OpenAPI 3, Swagger 2 or GraphQL", path.display())
    });
    spec.map(Arc::new)
}

/// The release that is tried, and where its fixtures are.
fn subject(path: &Path) -> anyhow::Result<(Release, PathBuf)> {
    if path.is_dir() {
        return Ok((build::connector(path)?, path.join("fixtures")));
    }
    let beside = path.parent().unwrap_or(Path::new("")).join("fixtures");
    Ok((read(path)?, beside))
}

/// A bench. Compiled code is kept in the user's cache, so that the second trial is quick.
pub(super) async fn bench() -> anyhow::Result<(Bench, Scratch)> {
    let scratch = Scratch::new();
    let (key, cache) = scratch.compiled();
    let store = scratch.path().join("store");
    let bench = Bench::open(store, cache, key, config::own_compiler()?).await?;
    Ok((bench, scratch))
}

/// The report for a person: what failed in full, and the rest where it is asked for.
fn shown(voice: &mut Voice, told: &Value, tally: (usize, usize, usize), verbose: bool) {
    for (title, findings) in [("fixtures", &told["fixtures"]), ("properties", &told["properties"])]
    {
        if items(findings).is_empty() {
            continue;
        }
        voice.line(title);
        for finding in items(findings) {
            finding_shown(voice, finding, verbose);
        }
    }
    let (passed, failed, skipped) = tally;
    let (id, seed) = (text(&told["connector"]), text(&told["seed"]));
    if passed + failed + skipped == 0 {
        voice.line(&format!("{id}: nothing to try; write `fixtures/*.toml` beside the manifest"));
        return;
    }
    voice.line(&format!("{id}: {passed} passed, {failed} failed, {skipped} skipped (seed {seed})"));
}

fn finding_shown(voice: &mut Voice, finding: &Value, verbose: bool) {
    let (id, about) = (text(&finding["id"]), text(&finding["about"]));
    match finding["verdict"].as_str() {
        Some("failed") => {
            voice.line(&format!("  ✗ {id} ({about})"));
            for line in items(&finding["why"]) {
                voice.line(&format!("      {}", text(line)));
            }
        }
        Some("skipped") if verbose => {
            voice.line(&format!("  – {id}: {}", text(&finding["why"])));
        }
        Some("passed") if verbose => {
            let tries = finding["tries"].as_u64().filter(|tries| *tries > 1);
            let tries = tries.map(|tries| format!(" [{tries} tries]")).unwrap_or_default();
            voice.line(&format!("  ✓ {id} ({about}){tries}"));
        }
        _ => {}
    }
}
