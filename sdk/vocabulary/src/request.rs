//! `request`: what is sent to the system.
//!
//! Owns the short form, `"GET /contacts/{.id}?fields=all"`, and the long one, a table whose
//! `send` is the short form. Promises one method, one place and at most one body. Never holds a
//! credential: the host attaches it.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{Jq, Template};

/// The methods that can be sent.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// A request that is made of what is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// One of [`METHODS`].
    pub method: &'static str,
    /// A path below `[http] base`, or a whole URL. What stands in a hole is percent-encoded, but
    /// for a hole at the very beginning, which gives the beginning of a URL.
    pub path: Template,
    /// The query, in order; a parameter that is one hole is left out where that gives null.
    pub query: Vec<(String, Template)>,
    /// Further headers, by name; left out where they are one hole that gives null.
    pub headers: BTreeMap<String, Template>,
    /// The body; for a write of an entity, none is what its `fields` make of the record.
    pub body: Option<Body>,
}

/// A body, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `body`: JSON, `application/json`.
    Json(Jq),
    /// `form`: an object whose members are fields, `application/x-www-form-urlencoded`; null ones
    /// are left out.
    Form(Jq),
    /// `graphql`, with `variables`: `application/json`.
    GraphQl {
        /// The document, as it stands.
        document: String,
        /// Its variables, an object.
        variables: Option<Jq>,
    },
    /// `xml`: `text/xml`; what stands in a hole is escaped.
    Xml(Template),
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LongRequest"))]
#[serde(deny_unknown_fields)]
struct Written {
    /// The method and the place: `POST /contacts`.
    send: String,
    /// The query; a parameter that is one hole is left out where that gives null.
    #[serde(default)]
    query: BTreeMap<String, Template>,
    /// Further headers; left out where they are one hole that gives null.
    #[serde(default)]
    headers: BTreeMap<String, Template>,
    /// A body of JSON.
    body: Option<Jq>,
    /// A form: an object whose members are fields.
    form: Option<Jq>,
    /// A document of GraphQL, as it stands.
    graphql: Option<String>,
    /// Its variables, an object.
    variables: Option<Jq>,
    /// A body of XML; what stands in a hole is escaped.
    xml: Option<Template>,
}

impl TryFrom<&str> for Request {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        const HINT: &str = "hint: write `GET /contacts/{.id}`";
        let (method, place) = text.trim().split_once(' ').unwrap_or(("", text));
        let method = METHODS.into_iter().find(|known| *known == method).ok_or_else(|| {
            format!("a request begins with one of {}\n  {HINT}", METHODS.join(", "))
        })?;
        let mut parts = Template::try_from(place.trim().to_owned())?.split('?').into_iter();
        let path = parts.next().ok_or_else(|| format!("a request without a place\n  {HINT}"))?;
        let absolute = path.beginning().starts_with("https://") || path.begins_with_hole();
        if !path.beginning().starts_with('/') && !absolute {
            return Err(format!(
                "`{}` is neither a path nor a URL\n  {HINT}, or a URL with `https://`",
                place.escape_debug()
            ));
        }
        let query = parts.next().map_or_else(|| Ok(Vec::new()), query)?;
        if parts.next().is_some() {
            return Err("a second `?` in a request\n  hint: write it as `%3F`".into());
        }
        Ok(Self { method, path, query, headers: BTreeMap::new(), body: None })
    }
}

fn query(text: Template) -> Result<Vec<(String, Template)>, String> {
    let pair = |pair: Template| {
        pair.name_and_rest('=').map_err(|_| {
            "a parameter without `=` in a request\n  hint: write `name={value}`".to_owned()
        })
    };
    text.split('&').into_iter().map(pair).collect()
}

impl TryFrom<Written> for Request {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { send, query, headers, body, form, graphql, variables, xml } = written;
        let mut request = Self::try_from(send.as_str())?;
        request.query.extend(query);
        request.headers = headers;
        if variables.is_some() && graphql.is_none() {
            return Err("`variables` without `graphql`\n  hint: they belong together".into());
        }
        let bodies = [
            body.map(Body::Json),
            form.map(Body::Form),
            graphql.map(|document| Body::GraphQl { document, variables }),
            xml.map(Body::Xml),
        ];
        let mut bodies = bodies.into_iter().flatten();
        request.body = bodies.next();
        if bodies.next().is_some() {
            return Err(
                "a request has two bodies\n  hint: keep one of `body`, `form`, `graphql`, \
                        `xml`"
                    .into(),
            );
        }
        if request.body.is_some() && matches!(request.method, "GET" | "HEAD") {
            return Err(format!(
                "a {} has no body\n  hint: put it into `query`, or send a POST",
                request.method
            ));
        }
        Ok(request)
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Request;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a request such as \"GET /contacts/{.id}\" or a table with `send`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Request, E> {
                Request::try_from(text).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Request, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                Request::try_from(written).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Request {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Request".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let written = generator.subschema_for::<Written>();
        schemars::json_schema!({
            "description": "What is sent: `\"GET /contacts/{.id}\"`, or a table whose `send` is that.",
            "anyOf": [
                { "type": "string", "pattern": format!("^\\s*({}) ", METHODS.join("|")) },
                written,
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn refused(value: Value) -> String {
        from_value::<Request>(value).unwrap_err().to_string()
    }

    #[test]
    fn the_short_form_has_method_path_and_query() {
        let request: Request = from_value(json!("GET /a/{.id}?b={.c}&d=e&f=")).unwrap();
        assert_eq!(request.method, "GET");
        let names: Vec<_> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "d", "f"]);
        assert!(request.query[0].1.only_hole().is_some());
        assert!(request.query[2].1.parts().is_empty());
    }

    #[test]
    fn the_long_form_has_one_body() {
        let value = json!({"send": "POST /a", "body": ".", "headers": {"x-y": "z"}});
        let request: Request = from_value(value).unwrap();
        assert!(matches!(request.body, Some(Body::Json(_))));
        let two = refused(json!({"send": "POST /a", "body": ".", "form": "."}));
        assert!(two.contains("two bodies"), "{two}");
        let get = refused(json!({"send": "GET /a", "body": "."}));
        assert!(get.contains("no body"), "{get}");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for bad in ["", "GET", "get /a", "FETCH /a", "GET a", "GET http://a", "GET /a?b", "GET /{"]
        {
            refused(json!(bad));
        }
    }
}
