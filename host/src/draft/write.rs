//! The text of a draft: the blocks in the order in which a person reads a manifest.
//!
//! Promises that each guess which only a person can confirm stands below a line `# DECIDE:`, and
//! that no word of the description gets further than a string or a comment on one line.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;

use super::{
    access::{Access, Server, access, server},
    document::{Document, Operation},
    paging,
    resource::{Resource, item_in, items_in},
    schema,
    toml::{line, name, string},
};

/// The longest title of an action, in characters.
const TITLE_CHARS: usize = 80;
/// The most resources that are named as left out.
const LEFT_OUT_SHOWN: usize = 30;
/// Fields by which records are found, where a list takes them and a record has them.
const KEYS: [&str; 5] = ["email", "external_id", "reference", "sku", "name"];
/// Paths that tell whose account it is.
const ACCOUNTS: [&str; 6] = ["/me", "/users/me", "/user", "/account", "/auth/me", "/self"];

/// A draft as it grows.
struct Draft<'d> {
    document: &'d Document,
    server: Server,
    /// The params of paths, each to be asked for.
    params: BTreeSet<String>,
    text: String,
}

/// The manifest of the connector `id`, with these resources.
pub(super) fn manifest(
    id: &str,
    document: &Document,
    resources: &[Resource<'_>],
    left_out: &[String],
) -> String {
    let server = server(id, document);
    let params = server.params.iter().cloned().collect();
    let mut body = Draft { document, server, params, text: String::new() };
    body.health();
    body.events();
    for resource in resources {
        body.entity(resource);
    }
    let Access { asks, auth } = access(document);
    let methods: BTreeSet<&str> = resources
        .iter()
        .flat_map(|one| {
            let plain = [one.list, one.get, one.create, one.update, one.delete];
            plain.into_iter().flatten().chain(one.more.iter().map(|(_, operation)| *operation))
        })
        .map(|operation| operation.method)
        .chain(["GET"])
        .collect();
    let mut text = head(id, document);
    for param in body.params.iter().filter(|param| !asks.contains(&format!("\"{param}\""))) {
        let title = param.replace('_', " ");
        let _ = write!(text, "[[param]]\nname = \"{param}\"\ntitle = {}\n\n", string(&title));
    }
    text.push_str(&asks);
    text.push_str(&auth);
    text.push_str(&egress(&body.server, &methods, auth.lines().any(|line| line == "[auth.api]")));
    text.push_str(&body.text);
    if !left_out.is_empty() {
        let shown = left_out[..left_out.len().min(LEFT_OUT_SHOWN)].join(", ");
        let _ = write!(text, "\n# Left out; --only NAME drafts them: {shown}\n");
    }
    text
}

/// `[connector]`.
fn head(id: &str, document: &Document) -> String {
    let info = &document.root()["info"];
    let title = info["title"].as_str().map(|title| line(title, TITLE_CHARS));
    let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| id.to_owned());
    let docs = document.root()["externalDocs"]["url"].as_str();
    let docs = docs.filter(|url| url.starts_with("https://") && !url.contains(char::is_whitespace));
    let docs = docs.map(|url| format!("docs = {}\n", string(url))).unwrap_or_default();
    format!(
        "[connector]\nid = \"{id}\"\nversion = \"0.1.0\"\ntitle = {title}\nvendor = {title}\n# \
         DECIDE: the heading under which it is listed, and the role contracts that it passes.\n\
         category = \"other\"\nroles = []\n{docs}licence = \"Apache-2.0\"\n\n",
        title = string(&title),
    )
}

/// `[http]` and `[[egress]]`.
fn egress(server: &Server, methods: &BTreeSet<&str>, has_auth: bool) -> String {
    let methods: Vec<String> = methods.iter().map(|method| format!("\"{method}\"")).collect();
    let unsaid = match server.is_said {
        true => "",
        false => "# DECIDE: the description does not say where the API is.\n",
    };
    let auth = if has_auth { "auth = \"api\"\n" } else { "" };
    let base = match server.prefix.as_str() {
        "" => String::new(),
        prefix => format!("[http]\nbase = {}\n\n", string(&format!("{}{prefix}", server.origin))),
    };
    format!(
        "{base}{unsaid}[[egress]]\norigin = {}\nmethods = [{}]\npaths = [\"{}/\"]\n{auth}# DECIDE: \
         what for, for the person who allows it.\nwhy = \"reads and writes what the flows need\"\n\n\
         # DECIDE: how often the vendor lets one account ask.\n[[budget]]\nrequests = 60\nper = \
         \"1m\"\nconcurrency = 4\n\n",
        string(&server.origin),
        methods.join(", "),
        server.prefix,
    )
}

impl Draft<'_> {
    /// `[health]`: whose account it is, where the description has a path for that.
    fn health(&mut self) {
        let gets = self.document.operations().into_iter().filter(|one| one.method == "GET");
        let mut gets = gets.filter(|one| !one.path.contains('{'));
        let found = gets.find(|one| ACCOUNTS.iter().any(|end| one.path.ends_with(end)));
        let Some(operation) = found else {
            self.text.push_str(
                "# DECIDE: the cheapest request that proves that a connection works.\n# \
                 [health]\n# request = \"GET /me\"\n# label = \".name\"\n\n",
            );
            return;
        };
        let (item, schema) = item_in(self.document, self.document.answer(operation), "user");
        let members = self.document.members(schema);
        let named = ["name", "company_name", "username", "email"];
        let label = named.iter().find(|name| members.contains_key(**name)).map_or_else(
            || "# DECIDE: what the account is called, in the answer.\n".to_owned(),
            |name| format!("label = \"{}.{name}\"\n", item.unwrap_or_default()),
        );
        let request = string(&format!("GET {}", operation.path));
        let _ = write!(self.text, "[health]\nrequest = {request}\n{label}\n");
    }

    /// What a person has to find out about webhooks.
    fn events(&mut self) {
        self.text.push_str(
            "# DECIDE: how the vendor's webhooks are verified and what they mean, if it has any.\n\
             # [[secret]]\n# name = \"webhook_key\"\n# title = \"Webhook signing key\"\n#\n# \
             [webhook.verify]\n# kind = \"hmac\"\n# algorithm = \"sha256\"\n# encoding = \"hex\"\n# \
             header = \"x-signature\"\n# secret = \"webhook_key\"\n#\n# [events.\"thing.created\"]\n\
             # title = \"A thing was made\"\n# when = '.type == \"thing.created\"'\n# key = '.id'\n# \
             record = '.data'\n\n",
        );
    }

    fn entity(&mut self, resource: &Resource<'_>) {
        let name = resource.name.as_str();
        let document = self.document;
        let (list_items, of_list) = resource
            .list
            .and_then(|list| items_in(document, document.answer(list)))
            .unwrap_or_else(|| (".".into(), &Value::Null));
        let got = resource.get.map(|get| item_in(document, document.answer(get), name));
        let members = document.members(got.as_ref().map_or(of_list, |(_, schema)| *schema));
        let keys = self.keys(resource, &members);
        let id = id_of(&members, name);
        let _ = writeln!(self.text, "[entities.{name}]");
        if let Some(key) = keys {
            let _ = writeln!(self.text, "match = [\"{key}\"]");
        }
        if id != ".id" {
            let _ = writeln!(self.text, "id = {}", string(&id));
        }
        let record = record(name, &id, &members);
        let _ = write!(
            self.text,
            "# DECIDE: how the vendor's words become the record's, and back.\nrecord = {}\n{}",
            string(&record),
            self.fields(resource),
        );
        for (operation, word) in [
            (resource.get, "get"),
            (resource.create, "create"),
            (resource.update, "update"),
            (resource.delete, "delete"),
        ] {
            let Some(operation) = operation else { continue };
            let request = self.request(operation, &[], word != "create");
            let answer = document.answer(operation);
            let (item, _) = item_in(document, answer, name);
            let item = item.filter(|_| word != "delete");
            let item = item.map(|item| format!("item = {}\n", string(&item))).unwrap_or_default();
            let form = match document.body(operation) {
                // What a read or a delete may have in its body, no request of a manifest has.
                Some((_, true)) if ["create", "update"].contains(&word) => {
                    format!("request = {{ send = {request}, form = \"del(.id)\" }}")
                }
                _ => format!("request = {request}"),
            };
            let _ = write!(self.text, "\n[entities.{name}.{word}]\n{form}\n{item}");
        }
        if let (Some(key), Some(list)) = (keys, resource.list) {
            let request = self.request(list, &[(key.into(), format!("{{.{key}}}"))], false);
            let _ = write!(
                self.text,
                "\n[[entities.{name}.find]]\nby = [\"{key}\"]\nrequest = {request}\nitems = {}\n",
                string(&list_items),
            );
        }
        if let Some(list) = resource.list {
            let parameters = document.parameters(list);
            let paged = paging::guess(document, &parameters, document.answer(list), &list_items);
            let request = self.request(list, &paged.query, false);
            let _ = write!(
                self.text,
                "\n[entities.{name}.list]\nrequest = {request}\nitems = {}\n{}",
                string(&list_items),
                paged.line,
            );
        }
        self.text.push('\n');
        self.actions(resource);
    }

    /// The match key by which a list can be asked.
    fn keys(
        &self,
        resource: &Resource<'_>,
        members: &serde_json::Map<String, Value>,
    ) -> Option<&'static str> {
        let parameters = resource.list.map(|list| self.document.parameters(list))?;
        KEYS.into_iter().find(|key| {
            let asked = parameters.iter().any(|one| one.place == "query" && one.name == *key);
            asked && members.contains_key(*key)
        })
    }

    /// `fields`: the input without its id, in what the vendor wants around it.
    fn fields(&self, resource: &Resource<'_>) -> String {
        let body = resource.create.or(resource.update).and_then(|one| self.document.body(one));
        let Some((schema, is_form)) = body else { return String::new() };
        let own = schema["properties"].as_object().filter(|own| own.len() == 1 && !is_form);
        match own.and_then(|own| own.keys().next()) {
            Some(around) if !self.document.members(&schema["properties"][around]).is_empty() => {
                format!("fields = {}\n", string(&format!("{{ {}: del(.id) }}", jq_key(around))))
            }
            _ => "fields = \"del(.id)\"\n".into(),
        }
    }

    /// The actions of a resource: those that its entity does, and what else is done with one.
    fn actions(&mut self, resource: &Resource<'_>) {
        let name = resource.name.as_str();
        let is_canonical = jackfield_model::schema(name).is_some();
        for (operation, verb, id) in [
            (resource.create, "create", false),
            (resource.update, "update", true),
            (resource.delete, "delete", true),
        ] {
            let Some(operation) = operation else { continue };
            self.action(&format!("{name}.{verb}"), operation, verb == "delete");
            if is_canonical && verb != "delete" {
                let _ = write!(self.text, "input = \"{name}\"\n\n");
                continue;
            }
            let body = self.document.body(operation).filter(|_| verb != "delete");
            let body = body.map(|(schema, _)| self.unwrapped(schema));
            let input = schema::input(self.document, &format!("{name}.{verb}"), body, id);
            let _ = writeln!(self.text, "{input}");
        }
        for (verb, operation) in &resource.more {
            let full = format!("{name}.{verb}");
            self.action(&full, *operation, false);
            let request = self.request(*operation, &[], true);
            let body = self.document.body(*operation);
            let sent = match body {
                Some((_, true)) => format!("{{ send = {request}, form = \"del(.id)\" }}"),
                Some(_) => format!("{{ send = {request}, body = \"del(.id)\" }}"),
                None => request,
            };
            let schema = body.map(|(schema, _)| schema);
            let input = schema::input(self.document, &full, schema, true);
            let _ = writeln!(self.text, "request = {sent}\n{input}");
        }
    }

    /// The head of an action. A delete that is done again does no more.
    fn action(&mut self, name: &str, operation: Operation<'_>, is_delete: bool) {
        let said = operation.says["summary"].as_str().map(|said| line(said, TITLE_CHARS));
        let title = said.filter(|said| !said.is_empty()).unwrap_or_else(|| name.to_owned());
        let idempotency = match is_delete {
            true => "idempotency = { kind = \"natural-key\" }\n",
            false => {
                "# DECIDE: how a second try is kept from doing it twice: header, field, \
                 natural-key, search-first or none.\nidempotency = { kind = \"none\" }\n"
            }
        };
        let title = string(&title);
        let _ = write!(self.text, "[actions.\"{name}\"]\ntitle = {title}\n{idempotency}");
    }

    /// The schema within what a vendor wants around a record.
    fn unwrapped<'v>(&'v self, schema: &'v Value) -> &'v Value {
        let own = schema["properties"].as_object().filter(|own| own.len() == 1);
        let inner =
            own.and_then(|own| own.values().next()).map(|inner| self.document.follow(inner));
        inner.filter(|inner| !self.document.members(inner).is_empty()).unwrap_or(schema)
    }

    /// A request as a string of TOML. Where it is about one record, the last parameter of its path
    /// is that record's id; others are settings of the connection.
    fn request(
        &mut self,
        operation: Operation<'_>,
        query: &[(String, String)],
        of_one: bool,
    ) -> String {
        let last = operation.path.rfind('{').filter(|_| of_one);
        let (mut path, mut rest, mut at) = (String::new(), operation.path, 0);
        while let Some((before, after)) = rest.split_once('{') {
            let (hole, behind) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(before);
            let param = name(hole).unwrap_or_else(|| "parent".into());
            if Some(at + before.len()) == last {
                path.push_str("{.id}");
            } else {
                path.push_str(&format!("{{param:{param}}}"));
                self.params.insert(param);
            }
            at = operation.path.len() - behind.len();
            rest = behind;
        }
        path.push_str(rest);
        let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        string(&format!("{} {path}{query}", operation.method))
    }
}

/// The id of a record, in its own members.
fn id_of(members: &serde_json::Map<String, Value>, name: &str) -> String {
    let own = format!("{name}_id");
    let names = ["id", "gid", "uuid", "uri", "key", "sid", "ID", "Id", own.as_str()];
    let found = names.into_iter().find(|name| members.contains_key(*name));
    schema::path(found.unwrap_or("id"))
}

/// What becomes of a record's members: those that the canonical record has under the same name, or
/// all of them as they are.
fn record(name: &str, id: &str, members: &serde_json::Map<String, Value>) -> String {
    let Some(text) = jackfield_model::schema(name) else { return ".".into() };
    let canonical: Value = serde_json::from_str(text).unwrap_or_default();
    let known = canonical["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    let plain = |schema: &Value| schema["type"] == "string" && schema["format"].is_null();
    let same = known.filter(|name| *name != "id" && members.get(*name).is_some_and(plain));
    let same: Vec<&str> = same.map(String::as_str).collect();
    let mut words = vec![format!("id: ({id} | tostring)")];
    words.extend(same.into_iter().map(jq_key));
    format!("{{ {} }}", words.join(", "))
}

/// A key of an object in jq.
fn jq_key(name: &str) -> String {
    schema::path(name).trim_start_matches('.').to_owned()
}
