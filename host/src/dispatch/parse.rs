//! A delivery to parse: through its connector, in a sandbox, and its events to the flows. Where
//! one URL gets what is for several accounts, each part goes to the connection of its account.

use std::sync::Arc;

use super::{
    Dispatch, Outcome,
    share::{is_own, parts},
};
use crate::{
    audit::{Actor, Line, Word},
    capabilities::{Particulars, Taping, Window},
    connections::Live,
    contract::{self, Event},
    fault::Fault,
    inbox::{Fate, Parsed, Said, Status},
    octets::Octets,
    queue::{Task, Work},
};

/// What is parsed for one connection, and for which other accounts there is more.
struct Share {
    live: Arc<Live>,
    /// None where nothing is for this connection.
    delivery: Option<contract::Delivery>,
    /// Whether that is not all of the body.
    is_part: bool,
    others: Vec<String>,
}

impl Dispatch {
    /// Parses a delivery, or the part of it that is for a tenant, and routes what it means.
    pub(super) async fn parse(&self, work: &Work, id: &str, tenant: Option<&str>) -> Outcome {
        let share = match self.share(id, tenant) {
            Ok(share) => share,
            Err(fault) => return Outcome::failed(fault),
        };
        let name = &share.live.connection.name;
        if *name != work.lane {
            // Its account has its own turn.
            let handed_on = Work::new(name, work.task.clone(), self.clock.now_ms());
            return Outcome { result: Ok(vec![handed_on]), ..Outcome::nothing() };
        }
        let (events, parsed) = match &share.delivery {
            Some(delivery) => self.events(work, &share.live, delivery).await,
            None => (Ok(Vec::new()), None),
        };
        let mut outcome = match events {
            Ok(events) => self.route(work, id, tenant, &events).await,
            Err(fault) => Outcome::failed(fault),
        };
        if let Some(parsed) = parsed {
            let part =
                share.delivery.filter(|_| share.is_part).map(|part| Octets(part.body.into()));
            Parsed { part, ..parsed }.put(&mut outcome.batch, id, tenant);
        }
        if let Ok(follow) = &mut outcome.result {
            let now_ms = self.clock.now_ms();
            follow.extend(share.others.into_iter().map(|tenant| {
                let task = Task::Parse { delivery: id.to_owned(), tenant: Some(tenant) };
                Work::new(&work.lane, task, now_ms)
            }));
        }
        outcome
    }

    /// What of a delivery is for the connection at whose endpoint it arrived, or for a tenant.
    fn share(&self, id: &str, tenant: Option<&str>) -> Result<Share, Fault> {
        let delivery = self.inbox.get(id).map_err(|error| Fault::host("inbox", error))?;
        let live = self.connections.get(&delivery.connection);
        let live = live.map_err(|error| Fault::operator("connection", error.to_string()))?;
        let mut delivery = delivery.for_connector();
        let webhook = live.connector.manifest.webhook.as_ref();
        let Some(route) = webhook.and_then(|webhook| webhook.route.as_ref()) else {
            return Ok(Share {
                live,
                delivery: Some(delivery),
                is_part: false,
                others: Vec::new(),
            });
        };
        let mut parts = parts(route, &delivery).ok_or_else(|| {
            Fault::operator("unrouted", "the webhook is for more accounts than one can be")
        })?;
        let setting = |live: &Live| live.connection.settings.get(&route.param).cloned();
        if let Some(tenant) = tenant {
            let connector = &live.connection.connector;
            let is_meant = |one: &Arc<Live>| {
                one.connection.connector == *connector && setting(one).as_deref() == Some(tenant)
            };
            let meant = self.connections.list().into_iter().find(is_meant).ok_or_else(|| {
                let param = &route.param;
                Fault::operator(
                    "unrouted",
                    format!(
                        "no connection of `{connector}` has the {param} `{tenant}` for which this \
                         webhook is; add one and retry, or discard it"
                    ),
                )
            })?;
            delivery.body = parts.remove(tenant).unwrap_or_default();
            return Ok(Share {
                live: meant,
                delivery: Some(delivery),
                is_part: true,
                others: Vec::new(),
            });
        }
        let own = setting(&live);
        let (mine, others): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(tenant, _)| is_own(own.as_ref(), tenant));
        let mine: Vec<Vec<u8>> = mine.into_iter().map(|(_, body)| body).collect();
        let delivery = joined(mine).map(|body| contract::Delivery { body, ..delivery });
        let others = others.into_iter().map(|(tenant, _)| tenant).collect();
        Ok(Share { live, delivery, is_part: true, others })
    }

    async fn events(
        &self,
        work: &Work,
        live: &Live,
        delivery: &contract::Delivery,
    ) -> (Result<Vec<Event>, Fault>, Option<Parsed>) {
        let (attempt, taping) = (work.attempts + 1, Taping::On);
        let particulars = Particulars { attempt, taping, ..Particulars::default() };
        let window = Window::open(&live.means, &particulars);
        let tape = window.tape.clone();
        let (package, limits) = (&live.connector.package, live.connector.limits);
        let said = self.runtime.parse(package, window, limits, delivery).await.result;
        let connector = &live.connector.manifest.connector;
        let parsed = tape.recording().map(|saw| Parsed {
            connection: live.connection.name.clone(),
            connector: connector.id.clone(),
            version: connector.version.to_string(),
            release: live.connector.release.digest.to_string(),
            settings: live.connection.settings.clone(),
            part: None,
            saw,
            said: Said::from(&said),
        });
        (said, parsed)
    }

    async fn route(
        &self,
        work: &Work,
        delivery: &str,
        tenant: Option<&str>,
        events: &[Event],
    ) -> Outcome {
        let routed = match self.flows.route(&work.lane, delivery, events).await {
            Ok(routed) => routed,
            Err(fault) => return Outcome::failed(fault),
        };
        let mut batch = routed.batch;
        let kinds: Vec<&str> = routed.events.iter().map(|(kind, _)| kind.as_str()).collect();
        Line::new(self.clock.now_ms(), Actor::Host, Word::DeliveryParsed, delivery)
            .connection(&work.lane)
            .detail("events", kinds.join(" "))
            .record(&mut batch);
        if tenant.is_none() {
            // A replay adds to what the delivery has started before.
            let before = self.inbox.status(delivery).map(|status| status.runs).unwrap_or_default();
            let runs = before.into_iter().chain(routed.runs).collect();
            let events = routed.events;
            Status { fate: Fate::Parsed, events, runs, fault: None }.put(&mut batch, delivery);
        }
        Outcome { batch, result: Ok(routed.follow), doubt: false }
    }
}

/// Some parts of one body as one: items that name no account, and those of the connection's own.
fn joined(mut parts: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    if parts.len() < 2 {
        return parts.pop();
    }
    // Several parts there are of an array only: without its brackets each is a list of items.
    let inside = |part: &Vec<u8>| part[1..part.len() - 1].to_vec();
    let items: Vec<_> = parts.iter().map(inside).collect();
    Some([&b"["[..], &items.join(&b","[..]), &b"]"[..]].concat())
}
