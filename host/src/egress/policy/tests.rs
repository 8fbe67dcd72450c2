//! What is granted, and what a refusal says.

use super::*;

fn rule(origin: &str, methods: &[&str], paths: &[&str]) -> Rule {
    Rule {
        origin: origin.parse().unwrap(),
        methods: methods.iter().map(ToString::to_string).collect(),
        paths: paths.iter().map(ToString::to_string).collect(),
        auth: None,
        safe_posts: vec!["/v1/search".into()],
        graphql: vec!["/v1/graphql".into()],
        redirect_to: None,
    }
}

fn policy() -> Policy {
    let api = rule("https://api.example.com", &["GET", "POST"], &["/v1", "/contacts.", "/x/"]);
    let files = rule("https://files.example.com:8443", &["GET"], &["/"]);
    Policy::new(vec![api, files], Vec::new())
}

#[test]
fn only_what_is_granted_is_allowed() {
    for (method, url, allowed) in [
        ("GET", "https://api.example.com/v1", true),
        ("GET", "https://api.example.com/v1?page=2", true),
        ("GET", "https://api.example.com/v1/contacts", true),
        ("GET", "https://API.example.com:443/v1/", true),
        ("POST", "https://api.example.com/v1.json", true),
        ("POST", "https://api.example.com/v1(7)", true),
        ("GET", "https://api.example.com/contacts.list", true),
        ("GET", "https://api.example.com/x/../v1/", true),
        ("GET", "https://files.example.com:8443/any/thing", true),
        ("DELETE", "https://api.example.com/v1", false),
        ("get", "https://api.example.com/v1", false),
        ("GET", "https://api.example.com/", false),
        ("GET", "https://api.example.com/v10", false),
        ("GET", "https://api.example.com/v1-beta", false),
        ("GET", "https://api.example.com/v1%30", false),
        ("GET", "https://api.example.com/V1/", false),
        ("GET", "https://api.example.com//v1/", false),
        ("GET", "https://api.example.com/contacts", false),
        ("GET", "https://api.example.com/v1/../admin", false),
        ("GET", "https://api.example.com/v1/%2e%2e/admin", false),
        ("GET", "https://api.example.com/v1/..%2fadmin", false),
        ("GET", "https://api.example.com/v1/%252e%252e%252fadmin", false),
        ("GET", "https://api.example.com/v1/..%5cadmin", false),
        ("GET", "https://api.example.com/v1/..;a=b/admin", false),
        ("GET", "http://api.example.com/v1", false),
        ("GET", "https://api.example.com:8443/v1", false),
        ("GET", "https://api.example.com./v1", false),
        ("GET", "https://api.example.com.evil.test/v1", false),
        ("GET", "https://api.example.com@evil.test/v1", false),
        ("GET", "https://files.example.com/any", false),
        ("POST", "https://files.example.com:8443/any", false),
        ("GET", "https://127.0.0.1/v1", false),
        ("GET", "ftp://api.example.com/v1", false),
    ] {
        let parsed = Url::parse(url).unwrap();
        assert_eq!(policy().allows(method, &parsed).is_ok(), allowed, "{method} {url}");
    }
}

#[test]
fn a_refusal_shows_the_lines_that_would_allow_it_and_they_do() {
    let url = Url::parse("https://new.example.com/v2/invoices?token=hidden").unwrap();
    let refusal = policy().allows("PUT", &url).unwrap_err();
    assert_eq!(
        refusal.lines().unwrap(),
        "[[egress]]\norigin = \"https://new.example.com\"\nmethods = [\"PUT\"]\n\
         paths = [\"/v2/invoices\"]"
    );
    let text = refusal.to_string();
    assert!(text.contains("origin is not granted") && !text.contains("hidden"), "{text}");
    assert!(!text.contains('\n'));
    let granted = rule("https://new.example.com", &["PUT"], &["/v2/invoices"]);
    assert!(Policy::new(vec![granted], Vec::new()).allows("PUT", &url).is_ok());
}

#[test]
fn a_refusal_says_what_fell_short() {
    for (method, url, part) in [
        ("PUT", "https://api.example.com/v1", "the method is not granted there"),
        ("GET", "https://api.example.com/v2", "the path is not granted there"),
        ("PUT", "https://api.example.com/v2", "the method and the path"),
        ("GET", "https://api.example.com/v1/..%2f", "climbs"),
    ] {
        let refusal = policy().allows(method, &Url::parse(url).unwrap()).unwrap_err();
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn a_post_that_searches_does_not_mutate() {
    for (method, url, mutates) in [
        ("POST", "https://api.example.com/v1/search", false),
        ("POST", "https://api.example.com/v1/search?limit=3", false),
        ("POST", "https://api.example.com/v1/search/more", true),
        ("POST", "https://api.example.com/v1/contacts", true),
        ("PUT", "https://api.example.com/v1/search", true),
        ("PATCH", "https://api.example.com/v1/search", true),
        ("DELETE", "https://api.example.com/v1/search", true),
        ("GET", "https://api.example.com/v1/contacts", false),
        ("HEAD", "https://api.example.com/v1/contacts", false),
        ("POST", "https://elsewhere.example.com/v1/search", true),
        ("POST", "not a url", true),
    ] {
        assert_eq!(policy().mutates(method, url, b""), mutates, "{method} {url}");
    }
}

#[test]
fn a_query_of_graphql_changes_nothing_where_graphql_is_spoken() {
    let (query, mutation) = (br#"{"query":"{ a }"}"#, br#"{"query":"mutation { a }"}"#);
    let mutates = |path: &str, body: &[u8]| {
        policy().mutates("POST", &format!("https://api.example.com{path}"), body)
    };
    assert!(!mutates("/v1/graphql", query));
    assert!(mutates("/v1/graphql", mutation) && mutates("/v1/graphql", b""));
    assert!(mutates("/v1/contacts", query));
    assert!(policy().mutates("DELETE", "https://api.example.com/v1/graphql", query));
}
