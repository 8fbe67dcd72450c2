//! What a manifest must have to be a whole connector without code, and the programs in it.
//!
//! Owns the rules of completeness: each action is sent by something, each event has a record.
//! Never compiles a program; that is done in the sandbox.

use jackfield_vocabulary::{Entity, Jq, Operation, Path, Visit};

use super::{
    Action, Event, Manifest, ManifestError, Mistake,
    document::{Document, Place},
    error::sorted,
};

/// A jq program in a manifest, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The key that holds it, such as ``"`record` in `[entities.contact]`"``.
    pub what: String,
    /// Its text.
    pub text: String,
}

/// The programs of a manifest, in the order of the blocks; none where it does not read.
pub fn programs(text: &str) -> Vec<Program> {
    let (Ok(manifest), Ok(document)) = (Manifest::parse(text, ""), Document::parse(text)) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    manifest.each_program(&mut |path, jq| {
        let mut place = place(path);
        // A request in its short form has no `send` of its own.
        if !document.has(&place)
            && let Some((table, _)) = place.split()
        {
            place = table;
        }
        let at = document.mistake(&place, "", "");
        let (what, text) = (place.named(), jq.text().to_owned());
        all.push(Program { line: at.line, column: at.column, what, text });
    });
    all
}

impl Manifest {
    /// Reads and checks the text of a manifest whose connector has no code.
    ///
    /// # Errors
    /// As [`Manifest::parse`]; and what is declared but not said how to do.
    pub fn parse_declarative(text: &str, file: &str) -> Result<Self, ManifestError> {
        let manifest = Self::parse(text, file)?;
        let document = Document::parse(text).map_err(|mistakes| sorted(file, mistakes))?;
        let mistakes = manifest.undone(&document);
        if mistakes.is_empty() { Ok(manifest) } else { Err(sorted(file, mistakes)) }
    }

    /// What is declared and nobody does.
    fn undone(&self, document: &Document<'_>) -> Vec<Mistake> {
        let actions = self.actions.iter().filter(|(name, action)| !self.does(name, action));
        let actions = actions.map(|(name, _)| {
            let place = Place::block("actions").key(name);
            let message = format!("nothing says how the action `{name}` is done");
            let hint = "add `request = \"POST /…\"`, or the operation to the entity of that name";
            document.mistake_at_key(&place, message, hint)
        });
        let events = self.events.iter().filter_map(|(kind, event)| {
            let (message, hint) = self.unsaid(kind, event)?;
            Some(document.mistake_at_key(&Place::block("events").key(kind), message, hint))
        });
        actions.chain(events).collect()
    }

    /// Whether something says how an action is done.
    fn does(&self, name: &str, action: &Action) -> bool {
        let (thing, verb) = name.split_once('.').unwrap_or_default();
        action.request.is_some()
            || !action.step.is_empty()
            || self.entities.get(thing).is_some_and(|entity| can(entity, verb))
    }

    /// What an event lacks.
    fn unsaid(&self, kind: &str, event: &Event) -> Option<(String, &'static str)> {
        if event.key.is_none() {
            let message = format!("nothing names the change of the event `{kind}`");
            return Some((message, "add `key = '…'`: the same change gives the same text"));
        }
        let mapped = |entity: &Entity| entity.record.is_some();
        let entity = event.entity.as_deref().and_then(|name| self.entities.get(name));
        if event.record.is_none() && !entity.is_some_and(mapped) {
            let message = format!("nothing says what the record of the event `{kind}` is");
            return Some((message, "add `record = '…'`, or an entity with a `record`"));
        }
        None
    }

    fn each_program(&self, each: &mut dyn FnMut(&Path, &Jq)) {
        let at = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Path>();
        self.http.base.visit(&at(&["http", "base"]), each);
        self.http.error.visit(&at(&["http", "error"]), each);
        self.http.error_message.visit(&at(&["http", "error_message"]), each);
        if let Some(webhook) = &self.webhook {
            webhook.items.visit(&at(&["webhook", "items"]), each);
        }
        self.events.visit(&at(&["events"]), each);
        for (name, action) in &self.actions {
            let Action { request, step, result, recall, .. } = action;
            request.visit(&at(&["actions", name, "request"]), each);
            step.visit(&at(&["actions", name, "step"]), each);
            result.visit(&at(&["actions", name, "result"]), each);
            recall.visit(&at(&["actions", name, "recall"]), each);
        }
        self.entities.visit(&at(&["entities"]), each);
        self.discover.visit(&at(&["discover"]), each);
        self.subscriptions.visit(&at(&["subscriptions"]), each);
        self.health.visit(&at(&["health"]), each);
        self.tenants.visit(&at(&["tenants"]), each);
    }
}

/// Whether an entity has what an action of a verb needs.
fn can(entity: &Entity, verb: &str) -> bool {
    let has = Option::<Operation>::is_some;
    match verb {
        "get" => has(&entity.get),
        "find" => !entity.find.is_empty(),
        "list" => entity.list.is_some(),
        "create" => has(&entity.create),
        "update" => has(&entity.update),
        "upsert" => {
            let parts = !entity.find.is_empty() && has(&entity.create) && has(&entity.update);
            has(&entity.upsert) || parts
        }
        "delete" => has(&entity.delete),
        _ => false,
    }
}

/// A place, of keys and of indices in digits.
fn place(path: &Path) -> Place {
    path.iter().fold(Place::default(), |place, step| match step.parse() {
        Ok(index) => place.item(index),
        Err(_) => place.key(step),
    })
}
