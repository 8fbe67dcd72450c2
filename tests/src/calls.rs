//! Calls past the doors: a connector is called as the host calls it, without a webhook or a flow.

use jackfield::{
    capabilities::Window,
    connections::Live,
    contract::{Call, Delivery},
    runtime::{Called, Limits},
};
use serde_json::Value;

use crate::house::House;

impl House {
    /// Has the connector of a connection do an action within limits; it looks through `window`.
    pub async fn invoke(
        &self,
        live: &Live,
        window: Window,
        limits: Limits,
        action: &str,
        input: &Value,
    ) -> Called<String> {
        let call = Call { action: action.to_owned(), input: input.to_string(), ext: Vec::new() };
        self.rooms().runtime.invoke(&live.connector.package, window, limits, &call).await
    }
}

/// A webhook as the contract has it: this body, posted, and nothing besides.
pub fn posted(body: impl Into<Vec<u8>>) -> Delivery {
    Delivery {
        id: "posted".into(),
        received_at_ms: 0,
        method: "POST".into(),
        path: String::new(),
        query: String::new(),
        headers: Vec::new(),
        body: body.into(),
        ext: Vec::new(),
    }
}
