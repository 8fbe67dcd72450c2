//! One description: its paths, and requests and answers held against an operation.
//!
//! Owns matching a path to its template, parameters, and compiled schemas, each made when it is
//! first needed and then kept. Never judges a status that the description leaves out, unless it
//! says that all went well.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::Validator;
use serde_json::{Number, Value};

use super::{
    Answered, Asking,
    schema::{self, Way},
};

/// How many problems of one body are told.
const PROBLEMS_MAX: usize = 5;

/// The status of a reply without a body.
const NO_CONTENT: u16 = 204;

/// How many references may lead from one to the next.
const REFERENCES_MAX: usize = 8;

/// A compiled schema, or why it could not be compiled.
type Compiled = Arc<Result<Validator, String>>;

/// A loaded description.
pub struct File {
    root: Value,
    /// Templates with more fixed parts first.
    templates: Vec<String>,
    validators: Mutex<HashMap<(usize, Way), Compiled>>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("paths", &self.templates.len()).finish_non_exhaustive()
    }
}

/// A path's template with the values that a request has for its parameters.
type Matched<'a> = (&'a str, Vec<(&'a str, &'a str)>);

impl File {
    /// A description out of its text's value; none if it has no paths.
    pub fn new(root: Value) -> Option<Self> {
        let mut templates: Vec<_> = root.get("paths")?.as_object()?.keys().cloned().collect();
        templates.sort_by_key(|template| template.matches('{').count());
        Some(Self { root, templates, validators: Mutex::default() })
    }

    /// What is wrong with a request whose path is `path` within the description.
    pub fn check_ask(&self, ask: &Asking<'_>, path: &str) -> Vec<String> {
        let Some((template, in_path)) = self.matched(path, ask.method) else {
            return vec!["the path is not in the description".to_owned()];
        };
        let item = &self.root["paths"][template];
        let Some(operation) = operation(item, ask) else {
            return vec!["the method is not in the description".to_owned()];
        };
        let mut problems = Vec::new();
        let parameters: Vec<_> = [&item["parameters"], &operation["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.resolve(parameter))
            .collect();
        for parameter in &parameters {
            self.check_parameter(parameter, operation, ask, &in_path, &mut problems);
        }
        for (name, _) in ask.query {
            let known = |p: &&&Value| p["in"] == "query" && p["name"] == name.as_str();
            if !parameters.iter().any(|p| known(&p)) {
                problems.push(format!("query parameter `{name}` is not in the description"));
            }
        }
        self.check_request_body(self.resolve(&operation["requestBody"]), ask, &mut problems);
        problems
    }

    /// What is wrong with an answer to it.
    pub fn check_reply(&self, ask: &Asking<'_>, path: &str, reply: &Answered<'_>) -> Vec<String> {
        let Some((template, _)) = self.matched(path, ask.method) else { return Vec::new() };
        let Some(operation) = operation(&self.root["paths"][template], ask) else {
            return Vec::new();
        };
        let described = operation["responses"]
            .get(reply.status.to_string())
            .or_else(|| operation["responses"].get("default"));
        let Some(described) = described else {
            let good = (200..300).contains(&reply.status);
            let line = || format!("status {} is not in the description", reply.status);
            return good.then(line).into_iter().collect();
        };
        let schema = &self.resolve(described)["content"]["application/json"]["schema"];
        if !schema.is_object() || reply.status == NO_CONTENT {
            return Vec::new();
        }
        let body: Value = match serde_json::from_slice(reply.body) {
            // Vendors answer null where their descriptions do not say so; absent means the same.
            Ok(body) => without_nulls(body),
            Err(error) => return vec![format!("the body is not JSON: {error}")],
        };
        let problems = self.check_body(schema, &body, Way::Answer);
        // Some say no with a 200, and describe that as `default`. One that asks for nothing would
        // let everything pass.
        let otherwise = self.resolve(&operation["responses"]["default"]);
        let otherwise = &otherwise["content"]["application/json"]["schema"];
        let asks =
            self.resolve(otherwise)["required"].as_array().is_some_and(|all| !all.is_empty());
        let is_other = || asks && self.check_body(otherwise, &body, Way::Answer).is_empty();
        if problems.is_empty() || is_other() { Vec::new() } else { problems }
    }

    /// Whether a path is in the description.
    pub fn has(&self, path: &str) -> bool {
        self.matches(path).next().is_some()
    }

    /// What stands at a place of the description.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    /// The template that fits a path and has the method; else the first that fits. Vendors
    /// describe one place twice where a record has two kinds of id.
    fn matched<'a>(&'a self, path: &'a str, method: &str) -> Option<Matched<'a>> {
        let has = |one: &Matched<'_>| {
            self.root["paths"][one.0].get(method.to_ascii_lowercase()).is_some()
        };
        self.matches(path).find(has).or_else(|| self.matches(path).next())
    }

    fn matches<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Matched<'a>> {
        self.templates.iter().filter_map(move |template| {
            let mut values = Vec::new();
            let mut parts = path.split('/');
            for part in template.split('/') {
                let value = parts.next()?;
                match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                    Some(_) if value.is_empty() => return None,
                    Some(name) => values.push((name, value)),
                    None if part.eq_ignore_ascii_case(value) => {}
                    None => return None,
                }
            }
            parts.next().is_none().then_some((template.as_str(), values))
        })
    }

    /// What a reference leads to, or the value itself.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..REFERENCES_MAX {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { break };
            let target = reference.strip_prefix('#').and_then(|at| self.root.pointer(at));
            value = target.unwrap_or(&Value::Null);
        }
        value
    }

    /// Whether a parameter is the credential, which the host attaches where nobody here sees it:
    /// it has the name of one, and the operation wants one.
    fn is_credential(&self, place: &str, name: &str, operation: &Value) -> bool {
        const NAMES: [&str; 5] = ["token", "access_token", "api_token", "api_key", "apikey"];
        let wants = operation.get("security").or_else(|| self.root.get("security"));
        let wants = wants.and_then(Value::as_array).is_some_and(|ways| !ways.is_empty());
        let schemes = self.root["components"]["securitySchemes"].as_object();
        let scheme = |scheme: &Value| scheme["in"] == place && scheme["name"] == name;
        let named = NAMES.contains(&name.to_ascii_lowercase().replace('-', "_").as_str());
        wants && (named || schemes.is_some_and(|schemes| schemes.values().any(scheme)))
    }

    fn check_parameter(
        &self,
        parameter: &Value,
        operation: &Value,
        ask: &Asking<'_>,
        in_path: &[(&str, &str)],
        problems: &mut Vec<String>,
    ) {
        let name = parameter["name"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        let value = match place {
            "query" => ask.param(name),
            "header" => ask.header(name),
            "path" => in_path.iter().find(|(other, _)| *other == name).map(|(_, value)| *value),
            // Cookies are not sent by connectors.
            _ => return,
        };
        let Some(value) = value else {
            if parameter["required"] == true && !self.is_credential(place, name, operation) {
                problems.push(format!("{place} parameter `{name}` is missing"));
            }
            return;
        };
        let schema = self.resolve(&parameter["schema"]);
        let value = if schema["type"] == "array" {
            let items = self.resolve(&schema["items"]);
            value.split(',').map(|part| typed(part.trim(), items)).collect()
        } else {
            typed(value, schema)
        };
        for problem in self.check_body(&parameter["schema"], &value, Way::Request) {
            problems.push(format!("{place} parameter `{name}`: {problem}"));
        }
    }

    fn check_request_body(&self, described: &Value, ask: &Asking<'_>, problems: &mut Vec<String>) {
        if ask.body.is_empty() {
            if described["required"] == true {
                problems.push("the body is missing".to_owned());
            }
            return;
        }
        let Some(content) = described["content"].as_object() else {
            problems.push("a body is not in the description".to_owned());
            return;
        };
        let kind = ask.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let Some(described) = content.get(kind) else {
            problems.push(format!("content type `{kind}` is not in the description"));
            return;
        };
        if kind != "application/json" {
            return;
        }
        match serde_json::from_slice(ask.body) {
            Ok(body) => problems.extend(self.check_body(&described["schema"], &body, Way::Request)),
            Err(error) => problems.push(format!("the body is not JSON: {error}")),
        }
    }

    fn check_body(&self, schema: &Value, body: &Value, way: Way) -> Vec<String> {
        match self.validator(schema, way).as_ref() {
            Ok(validator) => validator
                .iter_errors(body)
                .take(PROBLEMS_MAX)
                .map(|error| format!("at `{}`: {error}", error.instance_path()))
                .collect(),
            Err(reason) => vec![format!("the description's schema is not usable: {reason}")],
        }
    }

    /// The compiled schema. It is known by its place in memory, which stays while the file does.
    fn validator(&self, schema: &Value, way: Way) -> Compiled {
        let key = (std::ptr::from_ref(schema).addr(), way);
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(key).or_insert_with(|| {
            let converted = schema::convert(&self.root, schema, way);
            let compiled = jsonschema::draft202012::new(&converted);
            Arc::new(compiled.map_err(|error| error.to_string()))
        });
        Arc::clone(validator)
    }
}

fn operation<'a>(item: &'a Value, ask: &Asking<'_>) -> Option<&'a Value> {
    item.get(ask.method.to_ascii_lowercase())
}

/// The text of a scalar as the type that its schema names; the text where it does not fit.
fn typed(text: &str, schema: &Value) -> Value {
    let plain = || Value::String(text.to_owned());
    match schema["type"].as_str() {
        Some("integer" | "number") => {
            text.parse::<Number>().map_or_else(|_| plain(), Value::Number)
        }
        Some("boolean") => text.parse().map_or_else(|_| plain(), Value::Bool),
        _ => plain(),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
