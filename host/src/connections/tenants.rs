//! Which of several organisations a connection is for: taken where a sign-in opens one, asked for
//! where it opens several, and never changed behind a person's back.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;

use super::{ConnectionError, Connections, Live, change::put, sign_in::is_name};
use crate::{
    audit::{Actor, Line, Word},
    oauth::{self, Look, Tenant},
    store::Batch,
    text::{cut, one_line},
};

/// The most organisations of one sign-in that are kept.
const TENANTS_MAX: usize = 1000;
/// The longest name of one, in bytes.
const LABEL_BYTES_MAX: usize = 256;

/// A connection at which somebody has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The connection.
    pub live: Arc<Live>,
    /// By which `[auth.NAME]`.
    pub auth: String,
    /// No work of it begins before this is dropped, where it is to be seen first what the
    /// sign-in opens.
    pub look: Option<Look>,
}

/// What a person has to choose before work of a connection can begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The param that holds the id of the chosen organisation.
    pub param: String,
    /// What it holds now, if anything: none of those below.
    pub chosen: Option<String>,
    /// What the sign-in opens; none where that is not known.
    pub tenants: Option<Vec<Tenant>>,
}

impl Choice {
    /// Why it has to be made, in words for the operator.
    pub fn why(&self) -> String {
        let param = &self.param;
        match (&self.chosen, self.tenants.as_deref()) {
            (Some(id), _) => format!("this sign-in does not open the tenant `{id}`"),
            (None, None) => {
                format!("`{param}` is not set, and what this sign-in opens is not known")
            }
            (None, Some([])) => "this sign-in opens no tenant".into(),
            (None, Some(tenants)) => {
                format!("this sign-in opens {} tenants, and `{param}` is not set", tenants.len())
            }
        }
    }
}

impl Connections {
    /// Keeps what a sign-in opens, as the connector lists it. Where that is one organisation and
    /// none was chosen, it becomes the chosen one.
    pub async fn settle(
        &self,
        name: &str,
        auth: &str,
        listed: Vec<Tenant>,
    ) -> Result<Arc<Live>, ConnectionError> {
        let tenants = sound(listed).map_err(|why| ConnectionError::Unfit(vec![why]))?;
        let _one = self.0.changing.lock().await;
        let live = self.get(name)?;
        let sign_in = live.sign_in(auth)?;
        let held = sign_in.hold().await;
        let mut connection = live.connection.clone();
        let mut batch = Batch::new();
        if let Some(asked) = &live.connector.manifest.tenants
            && let [only] = tenants.as_slice()
            && !connection.settings.contains_key(&asked.param)
        {
            connection.settings.insert(asked.param.clone(), only.id.clone());
            // Whatever does not fit shows before anything is kept.
            self.0.enliven(connection.clone())?;
            put(&mut batch, &connection);
            Line::new(self.0.clock.now_ms(), Actor::Vendor, Word::TenantChosen, name)
                .connection(name)
                .detail("param", &asked.param)
                .detail("tenant", &only.id)
                .record(&mut batch);
        }
        let written = sign_in.write_tenants(tenants, &held, &mut batch)?;
        self.0.store.commit(batch).await?;
        sign_in.show(written);
        drop(held);
        self.0.show(connection)
    }
}

impl Live {
    /// What a person has to choose, if anything. Before somebody has signed in there is nothing to
    /// choose from.
    pub fn choice(&self) -> Option<Choice> {
        let param = &self.connector.manifest.tenants.as_ref()?.param;
        let mut standings = self.sign_ins().map(|(_, sign_in)| sign_in.standing());
        if standings.any(|standing| standing.state == oauth::State::NeedsPerson) {
            return None;
        }
        let tenants = self.sign_ins().find_map(|(_, sign_in)| sign_in.standing().tenants);
        let chosen = self.connection.settings.get(param).filter(|id| !id.is_empty());
        // Ids are of letters of either case at some vendors, and typed by people.
        let opens =
            |id: &String| tenants.iter().flatten().any(|tenant| tenant.id.eq_ignore_ascii_case(id));
        // What the sign-in opens may not be known; then the setting is believed.
        let is_made = chosen.is_some_and(|id| tenants.is_none() || opens(id));
        (!is_made).then(|| Choice { param: param.clone(), chosen: chosen.cloned(), tenants })
    }
}

/// What a component lists, if it can be believed: it becomes a setting, and part of headers.
fn sound(listed: Vec<Tenant>) -> Result<Vec<Tenant>, String> {
    if listed.len() > TENANTS_MAX {
        let count = listed.len();
        return Err(format!("the connector lists {count} tenants, more than {TENANTS_MAX}"));
    }
    let mut seen = BTreeSet::new();
    let mut tenants = Vec::new();
    for Tenant { id, label } in listed {
        if !is_name(&id) {
            return Err("the connector lists a tenant whose id is not one plain word".into());
        }
        if seen.insert(id.clone()) {
            tenants.push(Tenant { id, label: one_line(&cut(label, LABEL_BYTES_MAX)) });
        }
    }
    Ok(tenants)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> Tenant {
        Tenant { id: id.into(), label: format!("{id}\nLtd") }
    }

    #[test]
    fn what_a_component_lists_is_bounded_plain_and_each_once() {
        let twice = vec![tenant("a-1"), tenant("b"), tenant("a-1")];
        let sound_ones = sound(twice).unwrap();
        assert_eq!(sound_ones.len(), 2);
        assert_eq!(sound_ones[0].label, one_line("a-1\nLtd"));
        for id in ["", "a b", "a/b", "a:1", "a\r\nx: y", "{param:x}", "ä", &"x".repeat(600)] {
            assert!(sound(vec![tenant(id)]).is_err(), "{id}");
        }
        let many = |count| (0..count).map(|number| tenant(&format!("t{number}"))).collect();
        assert_eq!(sound(many(TENANTS_MAX)).unwrap().len(), TENANTS_MAX);
        assert!(sound(many(TENANTS_MAX + 1)).unwrap_err().contains("more than 1000"));
    }

    #[test]
    fn a_choice_says_why_it_has_to_be_made() {
        let choice = |chosen: Option<&str>, tenants| Choice {
            param: "tenant_id".into(),
            chosen: chosen.map(str::to_owned),
            tenants,
        };
        let two = || Some(vec![tenant("a"), tenant("b")]);
        for (choice, why) in [
            (choice(None, two()), "this sign-in opens 2 tenants, and `tenant_id` is not set"),
            (choice(None, Some(vec![])), "this sign-in opens no tenant"),
            (
                choice(None, None),
                "`tenant_id` is not set, and what this sign-in opens is not known",
            ),
            (choice(Some("c"), two()), "this sign-in does not open the tenant `c`"),
        ] {
            assert_eq!(choice.why(), why);
        }
    }
}
