//! Every program that a manifest holds, with the place where it stands, so that each can be
//! compiled before anything runs.

use std::collections::BTreeMap;

use crate::{
    Body, Changes, Discover, Entity, Event, Find, Health, Jq, List, Operation, Paging, Recall,
    Refusal, Related, Request, Step, Subscriptions, Template, Tenants,
};

/// The way to a program: keys, and indices of arrays in digits.
pub type Path = Vec<String>;

/// Something that holds programs.
pub trait Visit {
    /// Shows each program to `each`, with the way to it from here.
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq));
}

impl Visit for Jq {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        each(at, self);
    }
}

impl Visit for Template {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        self.holes().for_each(|jq| each(at, jq));
    }
}

impl<T: Visit> Visit for Option<T> {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        self.iter().for_each(|inner| inner.visit(at, each));
    }
}

impl<T: Visit> Visit for Vec<T> {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        for (index, inner) in self.iter().enumerate() {
            inner.visit(&below(at, &index.to_string()), each);
        }
    }
}

impl<T: Visit> Visit for BTreeMap<String, T> {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        for (name, inner) in self {
            inner.visit(&below(at, name), each);
        }
    }
}

impl Visit for Request {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        let send = below(at, "send");
        self.path.visit(&send, each);
        self.query.iter().for_each(|(_, value)| value.visit(&send, each));
        self.headers.visit(&below(at, "headers"), each);
        match &self.body {
            Some(Body::Json(jq)) => jq.visit(&below(at, "body"), each),
            Some(Body::Form(jq)) => jq.visit(&below(at, "form"), each),
            Some(Body::GraphQl { variables, .. }) => {
                variables.visit(&below(at, "variables"), each);
            }
            Some(Body::Xml(template)) => template.visit(&below(at, "xml"), each),
            None => {}
        }
    }
}

impl Visit for Paging {
    fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
        match self {
            Self::Cursor { next, .. } | Self::Url { next, .. } => {
                next.visit(&below(at, "next"), each);
            }
            Self::Offset { more, .. } | Self::Page { more, .. } => {
                more.visit(&below(at, "more"), each);
            }
            Self::Link { .. } => {}
        }
    }
}

/// The members of a struct that hold programs, each under the key of its name.
macro_rules! members {
    ($($holder:ident: $($member:ident)*;)*) => {$(
        impl Visit for $holder {
            fn visit(&self, at: &Path, each: &mut dyn FnMut(&Path, &Jq)) {
                $(self.$member.visit(&below(at, stringify!($member)), each);)*
            }
        }
    )*};
}

members! {
    Changes: request items get token more;
    Discover: request result;
    Entity: id record fields with get find list changes create update upsert delete;
    Event: when key at record raw get;
    Find: request items get;
    Health: request label;
    List: request items paging since get;
    Operation: request item;
    Recall: request result item;
    Refusal: when message retry_after_ms;
    Related: id;
    Step: when request result;
    Subscriptions: create list items paging id url topics expires_at remove;
    Tenants: request items paging id label;
}

fn below(at: &Path, key: &str) -> Path {
    let mut path = at.clone();
    path.push(key.to_owned());
    path
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn every_program_of_an_entity_is_shown_with_its_place() {
        let entity: Entity = from_value(json!({
            "record": ".a",
            "get": {"request": "GET /x/{.b}?y={.c}", "item": ".d"},
            "find": [{"by": ["email"], "request": {"send": "POST /s", "body": ".e"}}],
            "list": {"request": "GET /x", "paging": {"kind": "cursor", "next": ".f"}},
        }))
        .unwrap();
        let mut seen = Vec::new();
        entity.visit(&vec!["contact".into()], &mut |at, jq| {
            seen.push(format!("{} {}", at.join("/"), jq.text()));
        });
        assert_eq!(
            seen,
            [
                "contact/record .a",
                "contact/get/request/send .b",
                "contact/get/request/send .c",
                "contact/get/item .d",
                "contact/find/0/request/body .e",
                "contact/list/paging/next .f",
            ]
        );
    }
}
