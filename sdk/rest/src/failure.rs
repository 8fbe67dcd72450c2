//! What an answer's failure means: the manifest's own rules first, then the status.

use jackfield_sdk::Problem;
use jackfield_vocabulary::Refusal;

use crate::{desk::Desk, json, reply::Read};

/// The longest message of a system that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 500;

/// The reply, if it is no failure.
pub(crate) fn judged(desk: &Desk<'_>, read: Read) -> Result<Read, Problem> {
    let about = read.about();
    let vars = [("reply", about.as_str())];
    for rule in &desk.http.error {
        if !rule.status.is_empty() && !rule.status.contains(&read.reply.status) {
            continue;
        }
        let fits = match &rule.when {
            Some(when) => {
                // A rule about the members of an object says nothing of a list or a text.
                let asked = format!("try ({}\n) catch false", when.text());
                let what = "when` in `[[http.error]]";
                json::holds(&desk.values(what, &[&asked], &read.body, &vars)?.remove(0))
            }
            None => true,
        };
        if fits {
            return Err(refused(desk, rule, &read, &vars)?);
        }
    }
    if read.reply.is_success() {
        return Ok(read);
    }
    let problem = read.reply.problem();
    let said = message(desk, None, &read, &vars);
    Err(match said {
        Some(said) => Problem { message: format!("{}: {said}", problem.message), ..problem },
        None => problem,
    })
}

fn refused(
    desk: &Desk<'_>,
    rule: &Refusal,
    read: &Read,
    vars: &[(&'static str, &str)],
) -> Result<Problem, Problem> {
    let usual = read.reply.problem();
    let said = message(desk, rule.message.as_ref(), read, vars);
    let retry_after_ms = match &rule.retry_after_ms {
        Some(jq) => {
            let wait = desk.value("retry_after_ms", jq, &read.body, vars)?;
            json::some(&wait).and_then(|ms| ms.parse::<f64>().ok()).map(|ms| ms.max(0.0) as u64)
        }
        None => usual.retry_after_ms,
    };
    Ok(Problem {
        code: rule.code.clone(),
        message: said.unwrap_or_else(|| format!("the system said no ({})", read.reply.status)),
        retry_after_ms,
        details: usual.details,
    })
}

/// What the system says of it, on one line; a failure to read that is no failure of its own.
fn message(
    desk: &Desk<'_>,
    jq: Option<&jackfield_vocabulary::Jq>,
    read: &Read,
    vars: &[(&'static str, &str)],
) -> Option<String> {
    let jq = jq.or(desk.http.error_message.as_ref())?;
    let said = desk.value("error_message", jq, &read.body, vars).ok()?;
    let said = json::some(&said)?.replace(['\n', '\r'], " ");
    Some(said.chars().take(MESSAGE_CHARS_MAX).collect())
}
