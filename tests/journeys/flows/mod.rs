//! The flow language, word by word: what a flow says happens at the systems, and no more.
//!
//! Every system is the generic connector at its twin, and the clock stands still until a story
//! moves it, so that nothing happens early and nothing late.

mod apply;
mod approve;
mod cancel;
mod cancel_on;
mod echo;
mod errors;
mod items;
mod killed;
mod manual;
mod mistakes;
mod pause;
mod schedule;
mod sub_flows;
mod time;
mod trial;
mod turns;
mod wait_for;

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use jackfield::{clock::VirtualClock, dispatch::Backoff};
use jackfield_tests::{house::House, patterns::Patterns};
use serde_json::{Value, json};

/// 2026-03-02, a Monday, at noon in UTC.
const NOON_MS: u64 = 1_772_452_800_000;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A deal that was won starts the flow.
const ON_DEAL: &str = "[on]\nconnection = \"crm\"\nevent = \"deal.won\"\n";
/// A person or another flow starts it.
const ON_HAND: &str = "[on]\nmanual = true\n";

/// A business whose clock stands still until the story goes on.
struct Story {
    scene: Patterns,
    clock: VirtualClock,
}

impl Deref for Story {
    type Target = Patterns;

    fn deref(&self) -> &Patterns {
        &self.scene
    }
}

impl DerefMut for Story {
    fn deref_mut(&mut self) -> &mut Patterns {
        &mut self.scene
    }
}

impl Story {
    /// The business with these flows.
    async fn begin(flows: &[&str]) -> Self {
        let clock = VirtualClock::at(NOON_MS);
        let house = House::with(Arc::new(clock.clone()), Backoff::default()).await;
        let story = Self { scene: Patterns::set_up(house, &[]).await, clock };
        for flow in flows {
            story.apply(flow).await;
        }
        story
    }

    /// Applies a flow.
    async fn apply(&self, text: &str) {
        let file = self.house.file("flow.toml", text);
        self.house.does(&["flow", "apply", &file]).await;
    }

    /// A deal of this title is won, and all that follows from it at once is done.
    async fn wins(&self, title: &str) {
        self.tell("crm", "deal.won", &deal(title)).await;
        self.settle().await;
    }

    /// An invoice is paid, and all that follows from it at once is done.
    async fn is_paid(&self, id: &str) {
        self.tell("books", "invoice.paid", &invoice(id)).await;
        self.settle().await;
    }

    /// So much time goes by.
    async fn passes(&self, time: Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// The host is killed and started again.
    async fn is_killed(&mut self) {
        self.scene.house.kill();
        self.scene.house.start().await;
        self.settle().await;
    }

    /// What was said to customers, in order.
    fn said(&self) -> Vec<String> {
        let said = self.twin.done("mail", "message.send");
        said.iter().map(|mail| mail["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The runs of a flow, the oldest first.
    async fn runs(&self, flow: &str) -> Vec<Value> {
        let mut runs = Vec::new();
        let listed = self.house.told(&["run", "list", "--flow", flow]).await;
        for run in listed.as_array().unwrap().iter().rev() {
            runs.push(self.house.told(&["run", "show", id(run)]).await["run"].clone());
        }
        runs
    }

    /// The only run of a flow.
    async fn run(&self, flow: &str) -> Value {
        let mut runs = self.runs(flow).await;
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// How far the runs of a flow are, the oldest first.
    async fn states(&self, flow: &str) -> Vec<String> {
        let runs = self.runs(flow).await;
        runs.iter().map(|run| run["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The only dead letter.
    async fn letter(&self) -> Value {
        let letters = self.house.told(&["dead-letter", "list", "--all"]).await;
        assert_eq!(letters.as_array().unwrap().len(), 1, "{letters}");
        letters[0].clone()
    }

    /// Types a command that must be refused, and hands back what it says.
    async fn is_refused(&self, args: &[&str]) -> String {
        let (code, out, err) = self.house.types(args).await;
        assert_eq!(code, 1, "{out}");
        err
    }

    /// Ends the story: nothing was done twice, and nothing waits for a person.
    async fn ends(self) {
        self.scene.strike().await;
    }
}

/// The id of what is shown.
fn id(shown: &Value) -> &str {
    shown["id"].as_str().unwrap()
}

fn deal(title: &str) -> Value {
    json!({ "id": "42", "title": title })
}

fn invoice(id: &str) -> Value {
    json!({ "id": id, "contact": "c-1", "lines": [] })
}

/// A flow of a name and its tables.
fn flow(name: &str, tables: &[&str]) -> String {
    format!("name = \"{name}\"\n{}", tables.join("\n"))
}

/// A step that writes a text to the customer; what follows it in the file may be more of its words.
fn says(id: &str, text: &str) -> String {
    format!(
        "[[step]]\nid = \"{id}\"\nconnection = \"mail\"\naction = \"message.send\"\n\
         input = '''{{ to: \"ada@milllane.example\", text: {text} }}'''\n"
    )
}

/// The same in the error branch of the step before it.
fn says_on_error(id: &str, text: &str) -> String {
    says(id, text).replace("[[step]]", "[[step.on_error]]")
}

/// A step of these words.
fn step(id: &str, words: &str) -> String {
    format!("[[step]]\nid = \"{id}\"\n{words}\n")
}
