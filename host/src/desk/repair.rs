//! One letter: shown with what is wrong, edited, retried, discarded.

use serde::Serialize;
use serde_json::Value;

use super::{Desk, DeskError, advice};
use crate::{
    audit::Actor,
    flows::{EditError, Halted, Stuck, UNDECIDED},
    queue::{DeadLetter, Group, Task, is_cause},
    store::{Batch, Expect, trees},
    text::cut,
};

/// The part of a delivery's body that is shown, in bytes.
const BODY_BYTES_MAX: usize = 4 << 10;

/// A letter with everything that a person needs to decide about it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The letter.
    #[serde(flatten)]
    pub letter: DeadLetter,
    /// All that have the same cause.
    pub group: Group,
    /// What was to be done, in words.
    pub what: String,
    /// For a step that does an action: where the run stopped, with the input and what is wrong
    /// with it.
    pub stuck: Option<Stuck>,
    /// For another step: where the run stopped, and for what it waited.
    pub halted: Option<Halted>,
    /// For a webhook: the beginning of its body.
    pub body: Option<String>,
    /// What the letter belongs to that cannot be read, if something cannot.
    pub unreadable: Option<String>,
    /// What a person can do next: commands, and what each is for.
    pub next: Vec<(String, String)>,
}

impl Desk {
    /// A letter by its id, or the newest one of a cause.
    pub async fn show(&self, id: &str) -> Result<Shown, DeskError> {
        let letter = self.find(id)?;
        let group = self.letters().group(&letter.cause)?;
        let (mut stuck, mut halted, mut body, mut unreadable) = (None, None, None, None);
        let flows = &self.0.rooms.flows;
        match &letter.task {
            Task::Step { run } => match flows.stuck(run).await {
                Ok(found) => stuck = Some(found),
                Err(EditError::NoAction(_)) => halted = Some(flows.halted(run)?),
                Err(error) => unreadable = Some(error.to_string()),
            },
            Task::Parse { delivery, .. } => match self.0.rooms.inbox.get(delivery) {
                Ok(delivery) => {
                    let text = String::from_utf8_lossy(&delivery.body).into_owned();
                    body = Some(cut(text, BODY_BYTES_MAX));
                }
                Err(error) => unreadable = Some(error.to_string()),
            },
            // There is nothing beside what the letter says.
            Task::Wake { .. } | Task::Tick { .. } | Task::Start { .. } | Task::Burst { .. } => {}
        }
        let ended = letter.task.run().and_then(|run| flows.run(run).ok());
        let ended = ended.is_some_and(|run| run.has_ended());
        let next = match ended {
            true => advice::of_ended(&letter),
            false => advice::of(&letter, &group, stuck.as_ref(), halted.as_ref()),
        };
        let what = what(&letter);
        Ok(Shown { letter, group, what, stuck, halted, body, unreadable, next })
    }

    /// Has the step of a letter tried with this input from now on.
    pub async fn edit(&self, id: &str, input: Value, actor: &Actor) -> Result<(), DeskError> {
        let letter = self.find(id)?;
        let run = match &letter.task {
            Task::Step { run } => run,
            _ => return Err(DeskError::NoInput(what(&letter))),
        };
        let mut batch = Batch::new();
        // While the letter waits nobody runs the step.
        batch.require(trees::DEAD_LETTERS, letter.id.as_bytes(), Expect::Present);
        self.0.rooms.flows.edit(run, input, actor, &mut batch).await?;
        self.0.rooms.store.commit(batch).await?;
        Ok(())
    }

    /// Puts stopped work back. If its effect is not known, the person who retries has decided
    /// that it did not happen.
    pub async fn retry(&self, id: &str, actor: &Actor) -> Result<(), DeskError> {
        self.retry_one(&self.letters().get(id)?, actor).await
    }

    /// Says that the action of a letter, of which nobody knew, did happen: its run goes on, with
    /// `output` for its answer. Answers the steps that read an output which is not given.
    pub async fn happened(
        &self,
        id: &str,
        output: Option<Value>,
        actor: &Actor,
    ) -> Result<Vec<String>, DeskError> {
        let letter = self.letters().get(id)?;
        let Task::Step { run } = &letter.task else {
            return Err(DeskError::NoStep(letter.id));
        };
        let mut decided = Batch::new();
        let missed = self.0.rooms.flows.happened(run, output, actor, &mut decided)?;
        self.letters().happened(&letter, actor, decided).await?;
        Ok(missed)
    }

    /// Gives the work up for good.
    pub async fn discard(&self, id: &str, actor: &Actor) -> Result<(), DeskError> {
        self.discard_one(&self.letters().get(id)?, actor).await
    }

    pub(super) async fn discard_one(
        &self,
        letter: &DeadLetter,
        actor: &Actor,
    ) -> Result<(), DeskError> {
        let mut given_up = Batch::new();
        self.give_up(letter, actor, &mut given_up)?;
        Ok(self.letters().discard(std::slice::from_ref(letter), actor, given_up).await?)
    }

    /// Adds to a batch what becomes of that of which work that is given up is a part.
    pub(super) fn give_up(
        &self,
        letter: &DeadLetter,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let flows = &self.0.rooms.flows;
        match &letter.task {
            Task::Step { run } => flows.give_up(run, actor, batch)?,
            other => flows.pass_over(other, batch)?,
        }
        Ok(())
    }

    pub(super) async fn retry_one(
        &self,
        letter: &DeadLetter,
        actor: &Actor,
    ) -> Result<(), DeskError> {
        let mut decided = Batch::new();
        self.decide(letter, actor, &mut decided)?;
        Ok(self.letters().retry(std::slice::from_ref(letter), actor, decided).await?)
    }

    /// Adds to a batch what a retry decides about that of which the work is a part.
    pub(super) fn decide(
        &self,
        letter: &DeadLetter,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        if let Task::Step { run } = &letter.task {
            // Who retries it for another reason has not been asked whether it happened.
            let decided = letter.code == UNDECIDED;
            self.0.rooms.flows.decide_to_retry(run, decided, actor, batch)?;
        }
        Ok(())
    }

    fn find(&self, id: &str) -> Result<DeadLetter, DeskError> {
        if !is_cause(id) {
            return Ok(self.letters().get(id)?);
        }
        let none = || crate::queue::QueueError::NoCause(id.to_owned());
        Ok(self.letters().get(&self.letters().newest(id)?.ok_or_else(none)?)?)
    }
}

/// What was to be done, in words.
fn what(letter: &DeadLetter) -> String {
    match (&letter.task, &letter.place) {
        (Task::Step { .. }, Some(place)) => {
            format!("the step `{}` of the flow `{}`", place.step, place.flow)
        }
        (Task::Step { run }, None) => format!("a step of the run `{run}`"),
        (Task::Parse { delivery, .. }, _) => format!("the webhook `{delivery}`"),
        (Task::Wake { run }, _) => format!("to have the run `{run}` hear what it was told"),
        (Task::Tick { flow, .. } | Task::Start { flow, .. }, _) => {
            format!("to start the flow `{flow}` by the clock")
        }
        (Task::Burst { flow, .. }, _) => {
            format!("to start the flow `{flow}` at the end of a burst of events")
        }
    }
}
