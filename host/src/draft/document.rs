//! A description, read: its operations with what they take and give, and nothing of how OpenAPI 3
//! and Swagger 2 differ.
//!
//! Promises an end whatever the description refers to: a `$ref` is followed within the document
//! and so many times. Never judges what it finds.

use serde_json::{Map, Value};

use super::{DESCRIPTION_BYTES_MAX, DraftError};

/// How often a `$ref` may lead to another.
const REFERENCES_MAX: usize = 16;
/// The methods of operations, as a description writes them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// The types of bodies that a connector without code can send, the best first.
const BODIES: [&str; 3] =
    ["application/json", "application/vnd.api+json", "application/x-www-form-urlencoded"];
/// The characters of a path that a request can have as they stand.
const PATH_CHARS: &str = "-._~/{}()=,@:$!*";

/// A description.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation<'d> {
    /// Such as `POST`.
    pub(super) method: &'static str,
    /// Such as `/contacts/{id}`.
    pub(super) path: &'d str,
    /// What the description says of it.
    pub(super) says: &'d Value,
    /// The parameters of every operation of the path.
    shared: &'d Value,
}

/// Something that an operation takes beside its body.
#[derive(Debug, Clone)]
pub(super) struct Parameter<'d> {
    pub(super) name: &'d str,
    /// `query`, `path`, `header` or `cookie`.
    pub(super) place: &'d str,
    pub(super) schema: &'d Value,
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, DraftError> {
        if text.len() > DESCRIPTION_BYTES_MAX {
            return Err(DraftError::TooLong(text.len()));
        }
        let root: Value = match text.trim_start().starts_with('{') {
            true => serde_json::from_str(text)
                .map_err(|error| DraftError::Unreadable(error.to_string()))?,
            false => serde_saphyr::from_str(text).map_err(|error| {
                let said = error.to_string();
                DraftError::Unreadable(said.lines().next().unwrap_or_default().to_owned())
            })?,
        };
        let is_openapi = root["openapi"].is_string() || root["swagger"].is_string();
        if !is_openapi || !root["paths"].is_object() {
            return Err(DraftError::NotOpenApi);
        }
        Ok(Self { root })
    }

    /// The whole.
    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// A thing, or what it refers to within the description.
    pub(super) fn follow<'d>(&'d self, mut thing: &'d Value) -> &'d Value {
        for _ in 0..REFERENCES_MAX {
            let Some(to) = thing["$ref"].as_str() else { return thing };
            thing =
                to.strip_prefix('#').and_then(|at| self.root.pointer(at)).unwrap_or(&Value::Null);
        }
        &Value::Null
    }

    /// Every operation whose path a request can have.
    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.root["paths"].as_object().into_iter().flatten();
        let plain = |path: &str| {
            path.starts_with('/')
                && path.chars().all(|c| c.is_ascii_alphanumeric() || PATH_CHARS.contains(c))
                && path.matches('{').count() == path.matches('}').count()
        };
        let mut all = Vec::new();
        for (path, item) in paths.filter(|(path, _)| plain(path)) {
            let item = self.follow(item);
            for method in METHODS {
                let says = &item[method];
                // What is on its way out is no beginning.
                if says.is_object() && says["deprecated"] != true {
                    let method = upper(method);
                    all.push(Operation { method, path, says, shared: &item["parameters"] });
                }
            }
        }
        all
    }

    /// The parameters of an operation.
    pub(super) fn parameters<'d>(&'d self, operation: Operation<'d>) -> Vec<Parameter<'d>> {
        let lists = [&operation.says["parameters"], operation.shared];
        let all = lists.into_iter().filter_map(Value::as_array).flatten();
        let read = |parameter: &'d Value| {
            let parameter = self.follow(parameter);
            let (name, place) = (parameter["name"].as_str()?, parameter["in"].as_str()?);
            // Swagger 2 has the schema's words in the parameter itself.
            let schema = match &parameter["schema"] {
                Value::Null => parameter,
                schema => self.follow(schema),
            };
            Some(Parameter { name, place, schema })
        };
        all.filter_map(read).collect()
    }

    /// The schema of an operation's body, and whether it is a form.
    pub(super) fn body<'d>(&'d self, operation: Operation<'d>) -> Option<(&'d Value, bool)> {
        let body = self.follow(&operation.says["requestBody"]);
        for kind in BODIES {
            if let Some(found) = body["content"].get(kind) {
                return Some((self.follow(&found["schema"]), kind.ends_with("urlencoded")));
            }
        }
        let body = self.parameters(operation).into_iter().find(|one| one.place == "body")?;
        Some((body.schema, false))
    }

    /// The schema of what an operation answers where it does what was asked.
    pub(super) fn answer<'d>(&'d self, operation: Operation<'d>) -> &'d Value {
        let answers = operation.says["responses"].as_object();
        let good = |status: &str| status.starts_with('2') || status == "default";
        let mut good: Vec<_> = answers.into_iter().flatten().filter(|(s, _)| good(s)).collect();
        good.sort_by_key(|(status, _)| status.as_str());
        for (_, answer) in good {
            let answer = self.follow(answer);
            let content = answer["content"].as_object().into_iter().flatten();
            let json = content.filter(|(kind, _)| kind.contains("json")).map(|(_, one)| one);
            let schema = json.map(|one| &one["schema"]).chain([&answer["schema"]]).next();
            if let Some(schema) = schema.filter(|schema| schema.is_object()) {
                return self.follow(schema);
            }
        }
        &Value::Null
    }

    /// The members of an object's schema, those of `allOf` included.
    pub(super) fn members<'d>(&'d self, schema: &'d Value) -> Map<String, Value> {
        let mut all = Map::new();
        let mut open = vec![(schema, 0)];
        while let Some((schema, depth)) = open.pop() {
            let schema = self.follow(schema);
            let own = schema["properties"].as_object().into_iter().flatten();
            all.extend(own.map(|(name, of)| (name.clone(), of.clone())));
            if depth < REFERENCES_MAX {
                let parts = schema["allOf"].as_array().into_iter().flatten();
                open.extend(parts.map(|part| (part, depth + 1)));
            }
        }
        all
    }
}

fn upper(method: &str) -> &'static str {
    match method {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        _ => "DELETE",
    }
}
