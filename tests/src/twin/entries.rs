//! A vendor of entries that honours each kind of idempotency as vendors do, behind a bad line.
//!
//! Owns what was written, how often, and what became of the answers. Promises that an entry is
//! written before its answer can be lost. What goes wrong with a request is decided by whoever
//! launches the twin.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Ask, Reply, Vendor};

/// How the vendor tells a repeat, by the name that its paths have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// By the header `idempotency-key`.
    Header,
    /// By the member `key` of the body.
    Field,
    /// The path names the entry, and a second one takes the place of the first.
    NaturalKey,
    /// Not at all, but entries can be searched for.
    SearchFirst,
    /// Not at all.
    None,
    /// Not at all; the connector says that it does, as [`Way::NaturalKey`].
    Naive,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Header, Self::Field, Self::NaturalKey, Self::SearchFirst, Self::None, Self::Naive];

    /// Its name: in paths, of actions and of connections.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Field => "field",
            Self::NaturalKey => "natural-key",
            Self::SearchFirst => "search-first",
            Self::None => "none",
            Self::Naive => "naive",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is done, and its answer is lost.
    Lost,
    /// It is refused with a 429, and not done.
    TooMany,
    /// It is answered 500 and may be done.
    Failed {
        /// Whether it is done.
        done: bool,
    },
    /// It is answered 200 with nonsense and may be done.
    Garbage {
        /// Whether it is done.
        done: bool,
    },
}

impl Mishap {
    /// Whether the request is done all the same.
    fn is_done(self) -> bool {
        match self {
            Self::Lost => true,
            Self::TooMany => false,
            Self::Failed { done } | Self::Garbage { done } => done,
        }
    }
}

/// What the vendor knows of one reference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// How many entries bear it.
    pub written: u32,
    /// Requests about it.
    pub requests: u32,
    /// Whether its last request to write had no definite answer.
    pub in_doubt: bool,
    /// Under which idempotency key it was written.
    key: Option<String>,
}

/// What goes wrong with the n-th request about a reference, from 1.
type Weather = Box<dyn Fn(&str, u32) -> Option<Mishap> + Send + Sync>;

/// The vendor's own side.
pub struct Entries {
    weather: Weather,
    held: Mutex<BTreeMap<(Way, String), Entry>>,
}

impl Entries {
    /// One with this weather.
    pub fn in_weather(
        weather: impl Fn(&str, u32) -> Option<Mishap> + Send + Sync + 'static,
    ) -> Self {
        Self { weather: Box::new(weather), held: Mutex::default() }
    }

    /// Everything that it knows of.
    pub fn all(&self) -> BTreeMap<(Way, String), Entry> {
        self.held().clone()
    }

    /// How many of these references bear an entry.
    pub fn written_among<'a>(&self, wanted: impl Iterator<Item = &'a (Way, String)>) -> usize {
        let held = self.held();
        wanted.filter(|one| held.get(one).is_some_and(|entry| entry.written > 0)).count()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<(Way, String), Entry>> {
        // Each change is whole before anything can fail.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("held", &self.held().len()).finish_non_exhaustive()
    }
}

/// What a request is about: its way, its reference, and the idempotency key where it has one.
struct Subject {
    way: Way,
    reference: String,
    key: Option<String>,
    writes: bool,
}

impl Subject {
    fn of(ask: &Ask) -> Option<Self> {
        let (way, rest) = ask.path.strip_prefix("/v1/")?.split_once("/entries")?;
        let way = Way::named(way)?;
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let reference = match (way, &ask.method) {
            (Way::NaturalKey, &Method::PUT) => rest.strip_prefix('/').map(str::to_owned),
            (Way::SearchFirst, &Method::GET) => ask.param("reference").map(str::to_owned),
            (Way::NaturalKey, _) => None,
            (_, &Method::POST) if rest.is_empty() => text("reference"),
            _ => None,
        };
        let key = match way {
            Way::Header => ask.header("idempotency-key").map(str::to_owned),
            Way::Field => text("key"),
            _ => None,
        };
        Some(Self { way, reference: reference?, key, writes: ask.method != Method::GET })
    }
}

/// Writes an entry, as the way has it.
fn write(way: Way, key: Option<String>, entry: &mut Entry) {
    match way {
        Way::Header | Way::Field => {
            // Without a key, or under another one, it is another entry.
            if key.is_none() || key != entry.key {
                entry.written += 1;
            }
            entry.key = key;
        }
        Way::NaturalKey => entry.written = 1,
        Way::SearchFirst | Way::None | Way::Naive => entry.written += 1,
    }
}

impl Vendor for Entries {
    const SPECS: &'static [(&'static str, &'static str)] = &[];

    fn answer(&self, ask: &Ask) -> Option<Reply> {
        let Subject { way, reference, key, writes } = Subject::of(ask)?;
        let told = json!({ "reference": reference });
        let mut held = self.held();
        let entry = held.entry((way, reference.clone())).or_default();
        entry.requests += 1;
        let mishap = (self.weather)(&reference, entry.requests);
        if writes && mishap.is_none_or(Mishap::is_done) {
            write(way, key, entry);
        }
        if writes {
            entry.in_doubt = !matches!(mishap, None | Some(Mishap::TooMany));
        }
        let found = if entry.written > 0 { vec![told.clone()] } else { Vec::new() };
        let good = match writes {
            true => Reply::json(StatusCode::CREATED, &told),
            false => Reply::json(StatusCode::OK, &Value::from(found)),
        };
        Some(match mishap {
            None => good,
            Some(Mishap::Lost) => good.lost(),
            Some(Mishap::TooMany) => self.refuse(StatusCode::TOO_MANY_REQUESTS),
            Some(Mishap::Failed { .. }) => self.refuse(StatusCode::INTERNAL_SERVER_ERROR),
            Some(Mishap::Garbage { .. }) => Reply::garbage(),
        })
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        Reply::json(status, &json!({ "error": status.as_str() }))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn ask(method: Method, path: &str, key: Option<&str>, body: &Value) -> Ask {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert("idempotency-key", key.parse().unwrap());
        }
        let body = Bytes::from(body.to_string());
        Ask { method, path: path.to_owned(), query: Vec::new(), headers, body, at_ms: 0 }
    }

    #[test]
    fn a_repeat_is_told_in_the_way_that_the_path_names() {
        let vendor = Entries::in_weather(|_, _| None);
        let body = json!({ "reference": "a", "key": "k" });
        for _ in 0..2 {
            for way in Way::ALL.into_iter().filter(|way| *way != Way::NaturalKey) {
                let path = format!("/v1/{}/entries", way.name());
                assert!(vendor.answer(&ask(Method::POST, &path, Some("k"), &body)).is_some());
            }
            let put = ask(Method::PUT, "/v1/natural-key/entries/a", None, &body);
            assert!(vendor.answer(&put).is_some());
        }
        let written: Vec<_> =
            vendor.all().into_iter().map(|((way, _), entry)| (way, entry.written)).collect();
        let wanted = [1, 1, 1, 2, 2, 2];
        assert_eq!(written, Way::ALL.into_iter().zip(wanted).collect::<Vec<_>>());
    }

    #[test]
    fn another_key_is_another_entry_and_so_is_none() {
        let vendor = Entries::in_weather(|_, _| None);
        for key in [Some("one"), Some("two"), None] {
            let body = json!({ "reference": "a" });
            vendor.answer(&ask(Method::POST, "/v1/header/entries", key, &body)).unwrap();
        }
        assert_eq!(vendor.all()[&(Way::Header, "a".to_owned())].written, 3);
    }

    #[test]
    fn what_is_lost_is_done_and_what_is_refused_is_not() {
        let vendor = Entries::in_weather(|_, nth| match nth {
            1 => Some(Mishap::TooMany),
            2 => Some(Mishap::Garbage { done: false }),
            _ => Some(Mishap::Lost),
        });
        let post = ask(Method::POST, "/v1/none/entries", None, &json!({ "reference": "a" }));
        let entry = || vendor.all()[&(Way::None, "a".to_owned())].clone();
        assert_eq!(vendor.answer(&post).unwrap().status, 429);
        assert_eq!((entry().written, entry().in_doubt), (0, false));
        assert_eq!(vendor.answer(&post).unwrap().status, 200);
        assert_eq!((entry().written, entry().in_doubt), (0, true));
        assert!(vendor.answer(&post).unwrap().lost);
        assert_eq!((entry().written, entry().in_doubt), (1, true));
    }
}
