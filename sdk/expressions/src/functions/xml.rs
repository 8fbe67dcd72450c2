//! XML as JSON and back.
//!
//! An element is a text where it has nothing but text, else an object: its attributes with `@`
//! before their names, its children by name, its own text as `#text`. Children of one name are an
//! array; `as_list` makes one where there is only one. Prefixes of namespaces are left out when
//! XML is read, since each sender chooses its own, and kept when it is written. Nothing is ever
//! fetched, and a document that declares entities of its own is refused.

use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Error, RunPtr, ValR};
use jaq_json::Val;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::text;
use crate::{json, prelude::Data};

/// How deep elements may be nested.
const MAX_DEPTH: usize = 128;
/// The most elements and texts of a document.
const MAX_NODES: u32 = 1_000_000;

/// The functions as jaq takes them.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let all: [(&'static str, usize, RunPtr<Data>); 2] =
        [("from_xml", 0, |cv| bome(from_xml(&cv.1))), ("to_xml", 0, |cv| bome(to_xml(&cv.1)))];
    all.into_iter().map(|(name, arguments, pointer)| run::<Data>((name, v(arguments), pointer)))
}

/// A document as an object with one member, which is its root.
fn from_xml(value: &Val) -> ValR<Val> {
    let xml = text("from_xml", value)?.trim_start_matches('\u{feff}');
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    let document = Document::parse_with_options(xml, options)
        .map_err(|error| Error::str(format_args!("`from_xml` wants XML: {error}")))?;
    let root = document.root_element();
    let mut members = Map::new();
    members.insert(root.tag_name().name().to_owned(), read(root, MAX_DEPTH)?);
    let text = Value::Object(members).to_string();
    json::parse(&text, "XML").map_err(|failure| Error::str(failure.to_string()))
}

fn read(element: Node<'_, '_>, depth: usize) -> Result<Value, Error<Val>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::str(format_args!("`from_xml` reads {MAX_DEPTH} levels and no more")));
    };
    let mut members = Map::new();
    for attribute in element.attributes() {
        members.insert(format!("@{}", attribute.name()), Value::from(attribute.value()));
    }
    let mut own = String::new();
    for child in element.children() {
        if child.is_element() {
            let value = read(child, depth)?;
            match members.get_mut(child.tag_name().name()) {
                None => drop(members.insert(child.tag_name().name().to_owned(), value)),
                Some(Value::Array(all)) => all.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        } else if child.is_text() {
            own.push_str(child.text().unwrap_or_default());
        }
    }
    if members.is_empty() {
        return Ok(Value::from(own.trim()));
    }
    if !own.trim().is_empty() {
        members.insert("#text".to_owned(), Value::from(own.trim()));
    }
    Ok(Value::Object(members))
}

/// An object's members as elements, one after the other.
fn to_xml(value: &Val) -> ValR<Val> {
    let mut xml = String::new();
    let Val::Obj(members) = value else { return Err(super::wants("to_xml", "an object", value)) };
    for (name, value) in members.iter() {
        write(&mut xml, text("to_xml", name)?, value, MAX_DEPTH)?;
    }
    Ok(Val::from(xml))
}

fn write(xml: &mut String, name: &str, value: &Val, depth: usize) -> Result<(), Error<Val>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::str(format_args!("`to_xml` writes {MAX_DEPTH} levels and no more")));
    };
    if !is_name(name) {
        return Err(Error::str(format_args!(
            "`to_xml` wants the name of an element, got `{name}`"
        )));
    }
    match value {
        Val::Arr(all) => {
            return all.iter().try_for_each(|one| write(xml, name, one, depth));
        }
        Val::Null => return Ok(()),
        Val::Obj(members) => {
            let mut inside = String::new();
            xml.push('<');
            xml.push_str(name);
            for (key, value) in members.iter() {
                let key = text("to_xml", key)?;
                match key.strip_prefix('@') {
                    Some(attribute) if is_name(attribute) && !matches!(value, Val::Null) => {
                        xml.push_str(&format!(" {attribute}=\"{}\"", escaped(&plain(value)?)));
                    }
                    Some(_) if matches!(value, Val::Null) => {}
                    Some(other) => {
                        return Err(Error::str(format_args!("`{other}` is no attribute's name")));
                    }
                    None if key == "#text" => inside.push_str(&escaped(&plain(value)?)),
                    None => write(&mut inside, key, value, depth)?,
                }
            }
            xml.push('>');
            xml.push_str(&inside);
        }
        plain_value => {
            xml.push_str(&format!("<{name}>{}", escaped(&plain(plain_value)?)));
        }
    }
    xml.push_str(&format!("</{name}>"));
    Ok(())
}

/// The text of a value without members.
fn plain(value: &Val) -> Result<String, Error<Val>> {
    match value {
        Val::TStr(_) => text("to_xml", value).map(str::to_owned),
        Val::Num(_) | Val::Bool(_) => Ok(value.to_string()),
        other => Err(super::wants("to_xml", "a text, a number or true or false", other)),
    }
}

/// Whether it can stand as a name in XML: letters, digits, `_`, `-`, `.` and one prefix.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || "_-.:".contains(c))
        && name.matches(':').count() <= 1
}

/// Text as XML writes it; what XML cannot hold at all is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}
