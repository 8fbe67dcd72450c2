//! What becomes of small descriptions; the journeys have those of real vendors.

use jackfield_registry::manifest::{Manifest, programs};

use super::*;

/// A description in OpenAPI 3, as YAML.
const CONTACTS: &str = include_str!("contacts.yaml");

/// A draft, which must read as a manifest without code.
fn drafted(description: &str, only: &[&str]) -> Draft {
    let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
    let draft = draft("acme", description, &only).unwrap();
    if let Err(error) = Manifest::parse_declarative(&draft.manifest, "connector.toml") {
        panic!("{error}\n{}", draft.manifest);
    }
    draft
}

#[test]
fn a_description_becomes_the_draft_of_a_manifest() {
    let draft = drafted(CONTACTS, &[]);
    assert_eq!(draft.entities, ["contact", "note"]);
    assert_eq!(draft.decisions, draft.manifest.matches("# DECIDE:").count());
    for line in [
        "origin = \"https://{param:shop}.acme.example\"",
        "base = \"https://{param:shop}.acme.example/v2\"",
        "authorize_url = \"https://acme.example/authorize\"",
        "request = \"GET /contacts/{.id}\"",
        "request = \"GET /contacts?after={$page.cursor}&limit={$page.size}\"",
        "request = \"GET /contacts?email={.email}\"",
        "paging = { kind = \"cursor\", next = \".paging.next_cursor\", size = 50 }",
        "items = \".data\"",
        "match = [\"email\"]",
        "fields = \"{ contact: del(.id) }\"",
        "[actions.\"contact.merge\"]",
        "input = \"contact\"",
        "request = \"GET /contacts/{param:contact_id}/notes\"",
        "status = { type = \"string\", enum = [\"open\", \"shut\"] }",
        "request = \"GET /users/me\"",
    ] {
        assert!(draft.manifest.lines().any(|one| one == line), "{line}\n{}", draft.manifest);
    }
    assert!(programs(&draft.manifest).iter().any(|program| program.text.contains("tostring")));
}

#[test]
fn only_what_was_named_is_drafted() {
    let draft = drafted(CONTACTS, &["note"]);
    assert_eq!((draft.entities, draft.left_out), (vec!["note".into()], vec!["contact".into()]));
    let refused = super::draft("acme", CONTACTS, &["wish".into()]).unwrap_err().to_string();
    assert!(refused.contains("no resource `wish`") && refused.contains("contact"), "{refused}");
}

#[test]
fn swagger_is_read_too() {
    let draft = drafted(
        r#"{"swagger": "2.0", "info": {"title": "Old \"shop\"\n"}, "host": "api.old.example",
            "basePath": "/v1", "securityDefinitions": {"key": {"type": "apiKey", "in": "header",
            "name": "X-Key"}}, "paths": {"/orders": {"get": {"parameters": [{"in": "query",
            "name": "page", "type": "integer"}], "responses": {"200": {"schema": {"type": "array",
            "items": {"properties": {"id": {}}}}}}}, "post": {"parameters": [{"in": "body",
            "name": "body", "schema": {"properties": {"total": {"type": "string"}}}}],
            "responses": {}}}}}"#,
        &[],
    );
    for line in [
        "title = 'Old \"shop\"'",
        "name = \"X-Key\"",
        "origin = \"https://api.old.example\"",
        "request = \"GET /orders?page={$page.number}\"",
        "paging = { kind = \"page\", size = 100 }",
    ] {
        assert!(draft.manifest.lines().any(|one| one == line), "{line}\n{}", draft.manifest);
    }
}

#[test]
fn a_hostile_description_becomes_a_manifest_or_nothing() {
    let odd = r##"{"openapi": "3.1.0", "info": {"title": "\n\"]\nid = 'x'\u0007"},
        "servers": [{"url": "ftp://{x}/\n[a]"}],
        "paths": {"/a'b": {"get": {}}, "/{x}": {"get": {}}, "/things": {"$ref": "#/paths/~1things"},
        "/Wid'gets": {}, "/widgets/{\"}": {"get": {}}, "/widgets": {"get": {"summary": "\"\"\"",
        "parameters": [{"in": "query", "name": "limit}&{.x"}], "responses": {"200": {"content":
        {"application/json": {"schema": {"properties": {"it'\"ems": {"items": {"properties":
        {"i d": {}}}}}}}}}}}, "post": {"summary": "a\nb = 1", "requestBody": {"content":
        {"application/json": {"schema": {"properties": {"a\"b": {"type": "x'y"}, "c\n": {"enum":
        ["'", "\n"]}}}}}}}}}}"##;
    drafted(odd, &[]);
    for none in ["", "[]", "{}", "openapi: 3", "{\"openapi\": \"3.0.0\"}", "a: [", "\u{0}"] {
        assert!(super::draft("acme", none, &[]).is_err(), "{none}");
    }
}
