//! The items of a `for_each` on disk: each with what it is, and with its output once it is done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FlowError, Flows, Run};
use crate::store::{Batch, trees};

/// One item.
#[derive(Debug, Serialize, Deserialize)]
struct Item {
    #[serde(default)]
    item: Value,
    #[serde(default)]
    output: Value,
}

/// Adds the items of a step to a batch.
pub(super) fn put(run: &str, step: &str, list: &[Value], batch: &mut Batch) {
    for (index, item) in list.iter().enumerate() {
        write(run, step, index, &Item { item: item.clone(), output: Value::Null }, batch);
    }
}

/// Adds to a batch that an item is done.
pub(super) fn settle(run: &str, step: &str, index: usize, output: Value, batch: &mut Batch) {
    write(run, step, index, &Item { item: Value::Null, output }, batch);
}

/// Removes the items of a step.
pub(super) fn remove(run: &str, step: &str, total: usize, batch: &mut Batch) {
    for index in 0..total {
        batch.delete(trees::ITEMS, &place(run, step, index));
    }
}

fn write(run: &str, step: &str, index: usize, item: &Item, batch: &mut Batch) {
    // JSON always makes JSON.
    let value = serde_json::to_vec(item).expect("plain data");
    batch.put(trees::ITEMS, &place(run, step, index), value);
}

fn place(run: &str, step: &str, index: usize) -> Vec<u8> {
    format!("{run}/{step}/{index:06}").into_bytes()
}

impl Flows {
    /// The item of a run that is next, and its place.
    pub(super) fn item(&self, run: &Run) -> Result<(Value, usize), FlowError> {
        // The run says that it has items.
        let (step, index) = run.items.as_ref().map_or(("", 0), |i| (i.step.as_str(), i.done));
        Ok((self.kept(&run.id, step, index)?.item, index))
    }

    /// The outputs of the first so many items.
    pub(super) fn outputs(
        &self,
        run: &str,
        step: &str,
        count: usize,
    ) -> Result<Vec<Value>, FlowError> {
        (0..count).map(|index| Ok(self.kept(run, step, index)?.output)).collect()
    }

    fn kept(&self, run: &str, step: &str, index: usize) -> Result<Item, FlowError> {
        let place = place(run, step, index);
        let value = self.0.store.get(trees::ITEMS, &place)?.unwrap_or_default();
        serde_json::from_slice(&value).map_err(|error| FlowError::Unreadable {
            what: "item",
            id: String::from_utf8_lossy(&place).into_owned(),
            why: error.to_string(),
        })
    }
}
