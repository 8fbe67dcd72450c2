//! What a description is held to be about, and what it is held to say.

use super::{Answered, Asking, File};

/// A description with what other vendors' have: parts in parts, a token among the parameters, and
/// a refusal that comes with a 200.
const SPEC: &str = r##"
openapi: 3.0.0
servers: [{ url: "https://api.notes.example/v1" }]
security: [{ login: [] }]
paths:
  /notes/{number}:
    get: { responses: { "200": { description: one of them } } }
  /notes/{id}:
    delete: { responses: { "204": { description: gone } } }
  /notes:
    get:
      parameters:
        - { in: query, name: token, required: true, schema: { type: string } }
        - { in: query, name: since, required: true, schema: { type: string } }
      responses: { "200": { description: all of them } }
    post:
      requestBody:
        content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } }
      responses:
        "200":
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: string } } }
        default:
          description: refused
          content:
            application/json:
              schema: { type: object, required: [error], properties: { error: { type: string } } }
components:
  schemas:
    Named: { type: object, properties: { name: { type: string } } }
    Dated:
      allOf:
        - $ref: "#/components/schemas/Named"
        - { type: object, properties: { day: { type: string } } }
    Note:
      allOf:
        - $ref: "#/components/schemas/Dated"
        - { type: object, properties: { author: { $ref: "#/components/schemas/Named" } } }
"##;

const JSON: (&str, &str) = ("content-type", "application/json");

fn asking<'a>(headers: &'a [(String, String)], body: &'a str) -> Asking<'a> {
    Asking { method: "POST", query: &[], headers, body: body.as_bytes() }
}

#[test]
fn the_parts_of_a_schema_together_say_which_members_there_are() {
    let file = File::read(SPEC).unwrap();
    let headers = [(JSON.0.to_owned(), JSON.1.to_owned())];
    let check = |body: &str| file.check_ask(&asking(&headers, body), "/notes");
    let whole = r#"{"name": "x", "day": "y", "author": {"name": "z"}}"#;
    assert_eq!(check(whole), Vec::<String>::new());
    let one_more = check(r#"{"name": "x", "dya": "y"}"#);
    assert!(one_more.len() == 1 && one_more[0].contains("dya"), "{one_more:?}");
    // What is a part of one thing is still the whole of another.
    let inside = check(r#"{"author": {"name": "z", "day": "y"}}"#);
    assert!(
        inside.iter().any(|line| line.contains("`/author`: ") && line.contains("day")),
        "{inside:?}"
    );
}

#[test]
fn the_credential_is_the_hosts_and_every_other_parameter_is_needed() {
    let file = File::read(SPEC).unwrap();
    let asking = Asking { method: "GET", query: &[], headers: &[], body: b"" };
    assert_eq!(file.check_ask(&asking, "/notes"), ["query parameter `since` is missing"]);
    let open = File::read(&SPEC.replace("security: [{ login: [] }]", "")).unwrap();
    assert_eq!(open.check_ask(&asking, "/notes").len(), 2);
}

#[test]
fn a_place_that_is_described_twice_has_the_methods_of_both() {
    let file = File::read(SPEC).unwrap();
    let check = |method: &str| {
        let asking = Asking { method, query: &[], headers: &[], body: b"" };
        file.check_ask(&asking, "/notes/7")
    };
    assert_eq!(check("GET"), Vec::<String>::new());
    assert_eq!(check("DELETE"), Vec::<String>::new());
    assert_eq!(check("PUT"), ["the method is not in the description"]);
}

#[test]
fn a_refusal_within_a_200_is_described_as_one() {
    let file = File::read(SPEC).unwrap();
    let check = |body: &str| {
        let answered = Answered { status: 200, body: body.as_bytes() };
        file.check_reply(&asking(&[], "{}"), "/notes", &answered)
    };
    assert_eq!(check(r#"{"id": "7"}"#), Vec::<String>::new());
    assert_eq!(check(r#"{"error": "full"}"#), Vec::<String>::new());
    assert!(check("{}")[0].contains("id"));
}

#[test]
fn a_description_is_about_what_lies_below_its_servers() {
    let file = File::read(SPEC).unwrap();
    let about = |url: &str| file.is_about(&url::Url::parse(url).unwrap());
    assert!(about("https://api.notes.example/v1/notes"));
    assert!(about("https://acme.notes.example/v1/nothing-of-it"));
    assert!(!about("https://api.notes.example/v12/notes"));
    assert!(!about("https://api.notes.example/me"));
    let nowhere = SPEC.replace("servers: [{ url: \"https://api.notes.example/v1\" }]", "");
    let nowhere = File::read(&nowhere).unwrap();
    assert!(nowhere.is_about(&url::Url::parse("https://api.notes.example/me").unwrap()));
}
