//! The file as TOML has it, before anybody asks whether its words belong together.

use serde::Deserialize;
use toml::Spanned;

use super::Text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFlow {
    pub(super) name: Text,
    pub(super) description: Option<String>,
    pub(super) on: Spanned<RawOn>,
    pub(super) runs: Option<RawRuns>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOn {
    pub(super) connection: Option<Text>,
    pub(super) event: Option<Text>,
    pub(super) when: Option<Text>,
    pub(super) echoes: Option<Spanned<bool>>,
    pub(super) schedule: Option<Text>,
    pub(super) zone: Option<Text>,
    pub(super) manual: Option<Spanned<bool>>,
    pub(super) flow: Option<Text>,
    pub(super) ended: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRuns {
    pub(super) key: Option<Text>,
    pub(super) at_once: Option<Spanned<i64>>,
    pub(super) debounce: Option<Text>,
    pub(super) throttle: Option<RawThrottle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawThrottle {
    pub(super) runs: Spanned<i64>,
    pub(super) per: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: Text,
    pub(super) when: Option<Text>,
    pub(super) for_each: Option<Text>,
    pub(super) at_most: Option<Spanned<i64>>,
    pub(super) connection: Option<Text>,
    pub(super) action: Option<Text>,
    pub(super) input: Option<Text>,
    pub(super) sleep: Option<Text>,
    pub(super) until: Option<Text>,
    pub(super) wait_for: Option<Spanned<RawAwaited>>,
    pub(super) approve: Option<Text>,
    pub(super) flow: Option<Text>,
    pub(super) set: Option<Text>,
    pub(super) timeout: Option<Text>,
    pub(super) on_timeout: Option<Text>,
    pub(super) on_reject: Option<Text>,
    pub(super) cancel_on: Option<Spanned<RawAwaited>>,
    pub(super) after_error: Option<Text>,
    #[serde(default)]
    pub(super) on_error: Vec<RawStep>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAwaited {
    pub(super) connection: Text,
    pub(super) event: Text,
    #[serde(rename = "where")]
    pub(super) filter: Option<Text>,
}
