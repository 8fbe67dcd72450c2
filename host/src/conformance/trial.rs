//! A trial: all cases to the letter, and then what must hold of every connector.

use std::sync::Arc;

use super::{
    bench::{Bench, BenchError, Subject, Way},
    description::Description,
    fixture::Case,
    outcome::Outcome,
    properties,
    report::{Finding, Report, Verdict},
};

/// What is tried, and how.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Only cases whose name has this in it.
    pub only: Option<String>,
    /// By what chance is steered.
    pub seed: u64,
    /// What the vendor says of its own API.
    pub spec: Option<Arc<Description>>,
}

/// Tries a connector.
pub async fn trial(
    bench: &Bench,
    subject: &Subject,
    cases: &[Case],
    plan: &Plan,
) -> Result<Report, BenchError> {
    let wanted = |case: &&Case| plan.only.as_ref().is_none_or(|only| case.name.contains(only));
    let (mut fixtures, mut good) = (Vec::new(), Vec::new());
    for case in cases.iter().filter(wanted) {
        let ran = bench.run(subject, case, Way::LETTER).await?;
        let mut why = ran.complaints.clone();
        why.extend(ran.outcome.mistakes(&case.expect));
        // What went well can go worse, also where it is not what the case says: the property then
        // tells why. A refusal has nothing that could.
        let refused = matches!(ran.outcome, Outcome::Problem { .. } | Outcome::Refused(_));
        good.extend((!refused).then_some((case, ran)));
        let verdict = match why.is_empty() {
            true => Verdict::Passed { tries: 1 },
            false => Verdict::Failed { why },
        };
        fixtures.push(Finding { id: case.name.clone(), about: case.place.clone(), verdict });
    }
    let properties = match plan.only {
        Some(_) => Vec::new(),
        None => properties::tried(bench, subject, good, plan).await?,
    };
    Ok(Report {
        connector: subject.manifest.connector.id.clone(),
        digest: subject.digest.clone(),
        seed: plan.seed,
        fixtures,
        properties,
    })
}
