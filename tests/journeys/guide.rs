//! The guide, followed to the letter: its files are saved, its commands are typed, and at the end
//! a webhook was verified and an action was done at a twin.
//!
//! What needs the tools of a language, a fence such as `sh js`, is typed by `languages` and
//! `author::new`.

use std::{fs, path::Path, process::Command};

use http::{Method, StatusCode};
use jackfield_tests::{
    house::{House, typed, until},
    languages::Template,
    releases::root,
    twin::{Ask, Reply, Twin, Vendor, specs_dir},
};
use serde_json::json;

/// The most lines of a connector without code.
const CONNECTOR_LINES_MAX: usize = 150;

/// A piece of the guide that stands in a fence.
enum Piece {
    /// Commands, a line each.
    Commands(Vec<String>),
    /// A file, with its path.
    File(String, String),
}

/// The pieces of the guide, in order.
fn pieces(guide: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    for (at, fenced) in guide.split("\n```").enumerate().filter(|(at, _)| at % 2 == 1) {
        let (head, text) = fenced.split_once('\n').unwrap_or_else(|| panic!("fence {at} is empty"));
        match head.split_once(' ') {
            Some(("sh", tools)) => {
                let mut typed = Template::ALL.into_iter().map(Template::name).chain(["rust"]);
                assert!(typed.any(|name| name == tools), "nobody types the fence `sh {tools}`");
            }
            Some((_, path)) => all.push(Piece::File(path.into(), format!("{text}\n"))),
            None => {
                assert_eq!(head, "sh", "a fence is a file or commands");
                all.push(Piece::Commands(text.lines().map(str::to_owned).collect()));
            }
        }
    }
    all
}

/// The vendor: whose account it is, and links that can be booked.
#[derive(Debug, Default)]
struct Calendly;

impl Vendor for Calendly {
    const SPECS: &'static [(&'static str, &'static str)] = &[("calendly/openapi.yaml", "")];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let told = ask.header("authorization") == Some("Bearer token-of-a-test");
        if !told {
            return Some(self.refuse(StatusCode::UNAUTHORIZED));
        }
        let user = "https://api.calendly.com/users/AAA";
        let (status, resource) = match (&ask.method, ask.path.as_str()) {
            (&Method::GET, "/users/me") => (
                StatusCode::OK,
                json!({
                    "uri": user, "name": "Mill Lane Bakery", "slug": "mill-lane",
                    "email": "office@mill-lane.example", "timezone": "Europe/London",
                    "scheduling_url": "https://calendly.com/mill-lane", "avatar_url": "https://calendly.com/mill-lane.png",
                    "created_at": "2026-01-02T03:04:05.678123Z",
                    "updated_at": "2026-01-02T03:04:05.678123Z",
                    "current_organization": "https://api.calendly.com/organizations/AAA",
                }),
            ),
            (&Method::POST, "/scheduling_links") => {
                let asked: serde_json::Value = serde_json::from_slice(&ask.body).ok()?;
                let link = "https://calendly.com/d/abcd-brv8/visit";
                (
                    StatusCode::CREATED,
                    json!({
                        "booking_url": link, "owner": asked["owner"], "owner_type": asked["owner_type"],
                    }),
                )
            }
            _ => return None,
        };
        Some(Reply::json(status, &json!({ "resource": resource })))
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::json(status, &json!({ "title": "Unauthenticated", "message": "no" }))
    }
}

/// Somebody who follows the guide.
struct Reader {
    dir: tempfile::TempDir,
    house: House,
    twin: Twin<Calendly>,
}

impl Reader {
    /// Does what a line says.
    async fn follows(&self, line: &str) {
        let here = format!("{}/", self.dir.path().display());
        let words: Vec<String> =
            line.split_whitespace().map(|word| word.replace("./", &here)).collect();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (origin, data) = (
            format!("https://api.calendly.com={}", self.twin.origin()),
            format!("{here}jackfield-data"),
        );
        match words.as_slice() {
            // The host of the test is one that is already being served.
            ["jackfield", "serve", "&"] => return,
            ["jackfield", "init"] => {
                let words = ["jackfield", "--data", &data, "init"].map(str::to_owned).to_vec();
                let (code, _, err) = typed(words).await;
                return assert_eq!(code, 0, "{err}");
            }
            ["jackfield", "connector", "new", .., "--openapi", file, "--only", _]
                if !Path::new(file).exists() =>
            {
                // The vendor's description is not there, and `twin` has said so.
                return;
            }
            ["jackfield", "connection", "add", ..] => words.extend(["--origin", &origin]),
            _ => {}
        }
        assert_eq!(words.first(), Some(&"jackfield"), "{line}");
        self.house.does(&words[1..]).await;
    }

    /// Runs what is no command of Jackfield's, as a shell does.
    fn runs(&self, lines: &[String]) {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &lines.join("\n")]).current_dir(self.dir.path());
        let ended = shell.env("ENDPOINT", self.house.endpoint("calendar")).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "{}: {said}", lines.join("\n"));
    }

    fn saves(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_leads_from_nothing_to_an_installed_connector() {
    let guide = fs::read_to_string(root().join("sdk/GUIDE.md")).unwrap();
    let twin = Twin::launch(Calendly, 0).await.unwrap();
    twin.check_requests();
    let (dir, house) = (tempfile::tempdir().unwrap(), House::open().await);
    let reader = Reader { dir, house, twin };
    reader.saves("token", "token-of-a-test");
    reader.saves("webhook-key", "signing-key-of-a-test");
    if let Some(specs) = specs_dir() {
        let description = fs::read_to_string(specs.join("calendly/openapi.yaml")).unwrap();
        reader.saves("openapi.yaml", &description);
    }
    let mut connector_lines = 0;
    for piece in pieces(&guide) {
        match piece {
            Piece::File(path, text) => {
                if path.ends_with("connector.toml") {
                    connector_lines = text.lines().count();
                }
                reader.saves(&path, &text);
            }
            Piece::Commands(lines) if lines.iter().all(|line| line.starts_with("jackfield ")) => {
                for line in &lines {
                    reader.follows(line).await;
                }
            }
            Piece::Commands(lines) => {
                reader.runs(&lines);
                until("the run is over", || reader.house.is_idle()).await;
            }
        }
    }
    assert!((1..CONNECTOR_LINES_MAX).contains(&connector_lines), "{connector_lines} lines");
    let runs = reader.house.told(&["run", "list"]).await;
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
    assert_eq!(runs[0]["state"], "done", "{runs}");
    let links = reader.twin.requests().into_iter().filter(|asked| asked.method == Method::POST);
    assert_eq!(links.count(), 1);
    assert_eq!(reader.house.dead_letters(), 0);
    reader.twin.assert_no_unexpected();
    reader.twin.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_with_another_signature_is_kept_out() {
    let (dir, house) = (tempfile::tempdir().unwrap(), House::open().await);
    let twin = Twin::launch(Calendly, 0).await.unwrap();
    let guide = fs::read_to_string(root().join("sdk/GUIDE.md")).unwrap();
    let reader = Reader { dir, house, twin };
    reader.saves("token", "token-of-a-test");
    reader.saves("webhook-key", "signing-key-of-a-test");
    for piece in pieces(&guide) {
        match piece {
            Piece::File(path, text) => reader.saves(&path, &text),
            Piece::Commands(lines) => {
                let needed = ["connector build", "connector install", "connection add"];
                for line in lines.iter().filter(|line| needed.iter().any(|one| line.contains(one)))
                {
                    reader.follows(line).await;
                }
            }
        }
    }
    let forged = "curl --silent --output /dev/null --write-out '%{http_code}' -H \
                  'calendly-webhook-signature: t=1,v1=00' --data-binary @./canceled.json \
                  \"$ENDPOINT\" | grep -q 401";
    reader.runs(&[forged.to_owned()]);
    let kept = reader.house.told(&["delivery", "list"]).await;
    assert!(kept.as_array().unwrap().is_empty(), "{kept}");
}
