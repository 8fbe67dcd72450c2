//! Swagger 2 as OpenAPI 3, as far as requests and answers are held against it.

use serde_json::{Map, Value, json};

/// The description in the words of OpenAPI 3; one that has them already as it is.
pub(super) fn as_openapi(mut root: Value) -> Value {
    if root["swagger"].as_str().is_none_or(|version| !version.starts_with('2')) {
        return root;
    }
    let consumes = kinds(&root["consumes"]);
    let base = root["basePath"].as_str().unwrap_or("/").to_owned();
    let shared = root["parameters"].as_object().cloned().unwrap_or_default();
    let paths = root["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths {
        let common = item["parameters"].as_array().cloned().unwrap_or_default();
        let Some(item) = item.as_object_mut() else { continue };
        item.remove("parameters");
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            turned(operation, &common, &shared, &consumes);
        }
    }
    let schemas = root["definitions"].take();
    root["components"] = json!({ "schemas": schemas });
    root["servers"] = json!([{ "url": base }]);
    referring_anew(&mut root);
    root
}

/// One operation: its body becomes a `requestBody`, each parameter has a schema.
fn turned(
    operation: &mut Map<String, Value>,
    common: &[Value],
    shared: &Map<String, Value>,
    consumes: &[String],
) {
    let own = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut consumes = consumes.to_vec();
    if let Some(own) = operation.get("consumes") {
        consumes = kinds(own);
    }
    let (mut parameters, mut form, mut body) = (Vec::new(), Map::new(), None);
    for parameter in common.iter().chain(&own) {
        let named = parameter["$ref"].as_str().and_then(|at| at.strip_prefix("#/parameters/"));
        let parameter = named.and_then(|name| shared.get(name)).unwrap_or(parameter);
        match parameter["in"].as_str() {
            Some("body") => body = Some(parameter["schema"].clone()),
            Some("formData") => {
                let name = parameter["name"].as_str().unwrap_or_default();
                form.insert(name.to_owned(), parameter.clone());
            }
            _ => {
                let mut parameter = parameter.clone();
                parameter["schema"] = parameter.clone();
                parameters.push(parameter);
            }
        }
    }
    if body.is_some() || !form.is_empty() {
        let schema = body.unwrap_or_else(|| json!({ "type": "object", "properties": form }));
        if consumes.is_empty() {
            consumes.push("application/json".into());
        }
        let content = consumes.iter().map(|kind| (kind.clone(), json!({ "schema": schema })));
        let content: Map<_, _> = content.collect();
        operation.insert("requestBody".into(), json!({ "content": content }));
    }
    operation.insert("parameters".into(), parameters.into());
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (_, answer) in answers.into_iter().flatten() {
        let schema = answer["schema"].clone();
        answer["content"] = json!({ "application/json": { "schema": schema } });
    }
}

fn kinds(value: &Value) -> Vec<String> {
    let kinds = value.as_array().into_iter().flatten();
    kinds.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// References to definitions, where these now are.
fn referring_anew(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get_mut("$ref")
                && let Some(name) = to.strip_prefix("#/definitions/")
            {
                *to = format!("#/components/schemas/{name}");
            }
            members.values_mut().for_each(referring_anew);
        }
        Value::Array(items) => items.iter_mut().for_each(referring_anew),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Asking, File};

    /// A description as they were before 2017.
    const OLD: &str = r##"{
        "swagger": "2.0", "basePath": "/api", "consumes": ["application/json"],
        "paths": { "/notes/{id}": { "post": {
            "parameters": [
                { "in": "path", "name": "id", "type": "integer", "required": true },
                { "in": "body", "name": "note", "schema": { "$ref": "#/definitions/note" } }
            ],
            "responses": { "200": { "description": "ok" } }
        } } },
        "definitions": {
            "note": { "type": "object", "properties": { "text": { "type": "string" } } }
        }
    }"##;

    #[test]
    fn an_old_description_judges_as_a_new_one() {
        let file = File::read(OLD).unwrap();
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let check = |path: &str, body: &str| {
            let url = url::Url::parse(&format!("https://x.example/api{path}")).unwrap();
            let asking =
                Asking { method: "POST", query: &[], headers: &json, body: body.as_bytes() };
            file.check_ask(&asking, &file.path_of(&url))
        };
        assert_eq!(check("/notes/7", r#"{"text":"x"}"#), Vec::<String>::new());
        assert!(check("/notes/x", r#"{"text":"x"}"#)[0].contains("path parameter `id`"));
        assert!(check("/notes/7", r#"{"text":1}"#)[0].contains("/text"));
        assert_eq!(check("/other", "{}"), ["the path is not in the description"]);
    }
}
