//! What a trial found: for people in lines, for programs as JSON, for builds as JUnit.

use std::fmt::Write as _;

use serde::Serialize;

/// What was found about one case or one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name: of a property its id, of a case its story.
    pub id: String,
    /// What must hold, in a sentence; the place of a case.
    pub about: String,
    /// Whether it does.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It does, each time it was tried.
    Passed {
        /// How often that was.
        tries: usize,
    },
    /// It does not.
    Failed {
        /// What was expected and what came, a line each.
        why: Vec<String>,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        why: String,
    },
}

/// What a trial found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The connector's id.
    pub connector: String,
    /// The digest of the release.
    pub digest: String,
    /// By what chance was steered.
    pub seed: u64,
    /// The cases.
    pub fixtures: Vec<Finding>,
    /// The properties.
    pub properties: Vec<Finding>,
}

impl Report {
    /// Everything that was found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.fixtures.iter().chain(&self.properties)
    }

    /// How many passed, failed and were skipped.
    pub fn tally(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Verdict) -> bool| {
            self.findings().filter(|finding| is(&finding.verdict)).count()
        };
        (
            count(|verdict| matches!(verdict, Verdict::Passed { .. })),
            count(|verdict| matches!(verdict, Verdict::Failed { .. })),
            count(|verdict| matches!(verdict, Verdict::Skipped { .. })),
        )
    }

    /// Whether nothing failed.
    pub fn is_good(&self) -> bool {
        self.tally().1 == 0
    }

    /// The report in the XML that build servers read.
    pub fn junit(&self) -> String {
        let (passed, failed, skipped) = self.tally();
        let all = passed + failed + skipped;
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let suites = [("fixtures", &self.fixtures), ("properties", &self.properties)];
        // Writing into a text does not fail.
        let _ = writeln!(
            xml,
            "<testsuites tests=\"{all}\" failures=\"{failed}\" skipped=\"{skipped}\">"
        );
        for (name, findings) in suites {
            let _ = writeln!(xml, "  <testsuite name=\"{} {name}\">", escaped(&self.connector));
            for finding in findings {
                xml.push_str(&in_junit(finding));
            }
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        xml
    }
}

fn in_junit(finding: &Finding) -> String {
    let name = escaped(&finding.id);
    let about = escaped(&finding.about);
    let head = format!("    <testcase name=\"{name}\" classname=\"{about}\"");
    match &finding.verdict {
        Verdict::Passed { .. } => format!("{head}/>\n"),
        Verdict::Failed { why } => {
            let first = why.first().map(|line| escaped(line)).unwrap_or_default();
            let all = escaped(&why.join("\n"));
            format!("{head}><failure message=\"{first}\">{all}</failure></testcase>\n")
        }
        Verdict::Skipped { why } => {
            let why = escaped(why);
            format!("{head}><skipped message=\"{why}\"/></testcase>\n")
        }
    }
}

/// A text as it may stand in XML 1.0; characters that it cannot hold are replaced.
fn escaped(text: &str) -> String {
    let sound = |c: char| if c.is_control() && !"\n\t".contains(c) { '\u{fffd}' } else { c };
    let text: String = text.chars().map(sound).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_counted_and_written_for_build_servers() {
        let finding = |id: &str, verdict| Finding { id: id.into(), about: "x".into(), verdict };
        let report = Report {
            connector: "shop".into(),
            digest: "sha256:0".into(),
            seed: 1,
            fixtures: vec![finding("a <good> one", Verdict::Passed { tries: 1 })],
            properties: vec![
                finding("b", Verdict::Failed { why: vec!["1 & 2".into(), "more".into()] }),
                finding("c", Verdict::Skipped { why: "no webhook in the manifest".into() }),
            ],
        };
        assert_eq!(report.tally(), (1, 1, 1));
        assert!(!report.is_good());
        let xml = report.junit();
        assert!(xml.contains("<testsuites tests=\"3\" failures=\"1\" skipped=\"1\">"), "{xml}");
        assert!(xml.contains("<failure message=\"1 &amp; 2\">1 &amp; 2\nmore</failure>"), "{xml}");
        assert!(xml.contains("a &lt;good&gt; one"), "{xml}");
    }
}
