//! Flow files: checked, applied together, removed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use super::{
    Applied, CURRENT, Expressions, Flow, FlowError, Flows, Mistake, Trigger, VERSION,
    check::{Checker, Known},
    pause::PAUSED,
};
use crate::{
    audit::{Actor, Line, Word},
    connections::Connections,
    store::{Batch, trees},
};

/// The most files in one go.
pub const FILES_MAX: usize = 200;

/// A flow file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Source {
    /// Its name, for the places of mistakes.
    pub file: String,
    /// What it says.
    pub text: String,
}

/// Everything that is wrong with some flow files in themselves and against each other, without a
/// host: whether connections, events and actions are there is not known.
pub async fn check_alone(
    expressions: &Expressions,
    sources: &[Source],
) -> Result<Vec<Flow>, FlowError> {
    look(expressions, sources, None, BTreeMap::new()).await
}

async fn look(
    expressions: &Expressions,
    sources: &[Source],
    connections: Option<&Connections>,
    mut known: BTreeMap<String, Flow>,
) -> Result<Vec<Flow>, FlowError> {
    let mut mistakes = Vec::new();
    let mut flows: Vec<Flow> = Vec::new();
    if sources.len() > FILES_MAX {
        let what = format!("{} files are too many; the most is {FILES_MAX}", sources.len());
        let mistake = Mistake::at("flow", "", None, what, "apply them in several goes");
        return Err(FlowError::Mistakes(vec![mistake]));
    }
    for source in sources {
        match Flow::parse(&source.text, &source.file) {
            Ok(flow) => flows.push(flow),
            Err(FlowError::Mistakes(found)) => mistakes.extend(found),
            Err(error) => return Err(error),
        }
    }
    if !mistakes.is_empty() {
        return Err(FlowError::Mistakes(mistakes));
    }
    let mut names = BTreeSet::new();
    for (flow, source) in flows.iter().zip(sources) {
        if !names.insert(&flow.name) {
            let what = format!("there are two flows `{}`", flow.name);
            let hint = "give each file a `name` of its own";
            mistakes.push(Mistake::at(&source.file, &source.text, Some(0), what, hint));
        }
        known.insert(flow.name.clone(), flow.clone());
    }
    for (flow, source) in flows.iter().zip(sources) {
        let checker = Checker {
            file: &source.file,
            text: &source.text,
            known: connections.map(|connections| Known { connections, flows: &known }),
            expressions,
            found: Vec::new(),
        };
        mistakes.extend(checker.look(flow).await);
    }
    if mistakes.is_empty() { Ok(flows) } else { Err(FlowError::Mistakes(mistakes)) }
}

impl Flows {
    /// Everything that is wrong with some flow files, against what is connected now and against each
    /// other.
    pub async fn check(&self, sources: &[Source]) -> Result<Vec<Flow>, FlowError> {
        let flows = self.list();
        let known = flows.iter().map(|entry| (entry.0.name.clone(), entry.1.clone())).collect();
        look(&self.0.expressions, sources, Some(&self.0.connections), known).await
    }

    /// Checks flows and makes them current, all or none, each in the place of the one with its name.
    /// What begins from now on follows these versions; what is under way ends on its own.
    pub async fn apply(
        &self,
        sources: &[Source],
        actor: Actor,
    ) -> Result<Vec<Arc<(Applied, Flow)>>, FlowError> {
        let _one = self.0.changing.lock().await;
        let flows = self.check(sources).await?;
        let now_ms = self.0.clock.now_ms();
        let mut batch = Batch::new();
        let mut current = BTreeMap::clone(&self.0.current.load());
        let mut entries = Vec::new();
        for (flow, source) in flows.into_iter().zip(sources) {
            let version = hex::encode(Sha256::digest(&source.text));
            let before = current.get(&flow.name);
            if let Some(same) = before.filter(|entry| entry.0.version == version) {
                entries.push(same.clone());
                continue;
            }
            // By this time a schedule tells its own ticks from those of the version before.
            let applied_at_ms = before.map_or(0, |entry| entry.0.applied_at_ms + 1).max(now_ms);
            let applied = Applied {
                name: flow.name.clone(),
                version,
                text: source.text.clone(),
                applied_at_ms,
            };
            // Strings and numbers always make JSON.
            let value = serde_json::to_vec(&applied).expect("plain data");
            let place = format!("{VERSION}{}", applied.version);
            batch.put(trees::FLOWS, format!("{CURRENT}{}", applied.name).as_bytes(), value.clone());
            batch.put(trees::FLOWS, place.as_bytes(), value);
            Line::new(now_ms, actor.clone(), Word::FlowApplied, &applied.name)
                .detail("version", &applied.version)
                .record(&mut batch);
            if let Some(tick) = self.next_tick(&flow, applied_at_ms, now_ms) {
                self.enqueue(&mut batch, tick);
            }
            let entry = Arc::new((applied, flow));
            current.insert(entry.0.name.clone(), entry.clone());
            entries.push(entry);
        }
        if !batch.is_empty() {
            self.0.store.commit(batch).await?;
            self.0.current.store(Arc::new(current));
        }
        Ok(entries)
    }

    /// Removes a flow: nothing starts it from now on. Its runs go on to their end, those too that
    /// rested because it was paused.
    pub async fn remove(&self, name: &str, actor: Actor) -> Result<(), FlowError> {
        let _one = self.0.changing.lock().await;
        let entry = self.known(name)?;
        if let Some(by) = self.user_of(name) {
            return Err(FlowError::InUse { name: name.into(), by });
        }
        let mut batch = Batch::new();
        batch.delete(trees::FLOWS, format!("{CURRENT}{name}").as_bytes());
        batch.delete(trees::FLOWS, format!("{PAUSED}{name}").as_bytes());
        Line::new(self.0.clock.now_ms(), actor, Word::FlowRemoved, name)
            .detail("version", &entry.0.version)
            .record(&mut batch);
        self.0.store.commit(batch).await?;
        let mut current = BTreeMap::clone(&self.0.current.load());
        current.remove(name);
        self.0.current.store(Arc::new(current));
        self.let_all_go(name).await?;
        Ok(())
    }

    /// A flow that starts runs of this one, or that one's end starts.
    fn user_of(&self, name: &str) -> Option<String> {
        let flows = self.list();
        let user = flows.iter().filter(|entry| entry.0.name != name).find(|entry| {
            let follows =
                matches!(&entry.1.on, Trigger::Flow { flow, .. } if flow.get_ref() == name);
            follows || entry.1.sub_flows().any(|flow| flow.get_ref() == name)
        });
        user.map(|entry| format!("the flow `{}`", entry.0.name))
    }
}
