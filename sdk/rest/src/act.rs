//! Actions: by what the manifest says of them, or by the entity that they are named after.

use jackfield_sdk::{Call, Problem};
use jackfield_vocabulary::{Action, Request, Step};

use crate::{
    desk::{Desk, Named},
    json, list, read, record, send, write,
};

/// Does an action and answers its output, as JSON.
pub(crate) fn invoke(desk: &Desk<'_>, call: &Call) -> Result<String, Problem> {
    let action = declared(desk, call)?;
    if action.request.is_some() || !action.step.is_empty() {
        return steps(desk, &action, call);
    }
    let (entity, verb) = named(desk, call)?;
    let input = call.input.as_str();
    match verb {
        "create" => write::create(desk, &entity, input),
        "update" => write::update(desk, &entity, input),
        "upsert" => write::upsert(desk, &entity, input),
        "delete" => write::delete(desk, &entity, input),
        "get" => {
            let id = write::id_of(&entity, input)?;
            let found = read::get(desk, &entity, &id)?;
            found.map(|found| found.record).ok_or_else(|| write::missing(&entity, &id))
        }
        "find" => {
            let found = read::find(desk, &entity, input)?;
            let records: Vec<_> = found.iter().map(|found| found.record.as_str()).collect();
            Ok(format!("{{\"records\":[{}]}}", records.join(",")))
        }
        "list" => listed(desk, &entity, input),
        _ => Err(call.unknown()),
    }
}

/// Whether an action already took effect: its output, or none.
pub(crate) fn recall(desk: &Desk<'_>, call: &Call) -> Result<Option<String>, Problem> {
    let action = declared(desk, call)?;
    if let Some(recall) = &action.recall {
        let read = send::ask(desk, &recall.request, &recall.absent, None, &call.input, &[])?;
        let Some(read) = read else { return Ok(None) };
        let vars = [("input", call.input.as_str())];
        if let Some(result) = &recall.result {
            let output = desk.value("recall.result", result, &read.body, &vars)?;
            return Ok(Some(output).filter(|output| !json::is_null(output)));
        }
        let item = desk.maybe("recall.item", recall.item.as_ref(), ".", &read.body, &vars)?;
        if json::is_null(&item) {
            return Ok(None);
        }
        let (entity, _) = named(desk, call)?;
        return record::canonical(desk, &entity, item).map(|found| Some(found.record));
    }
    let (entity, verb) = named(desk, call)?;
    match verb {
        "create" | "upsert" => write::recall(desk, &entity, verb, &call.input),
        _ => Err(Problem::invalid(format!(
            "the action `{}` cannot be recalled; add `[actions.\"{}\".recall]`",
            call.action, call.action
        ))),
    }
}

fn declared(desk: &Desk<'_>, call: &Call) -> Result<Action, Problem> {
    desk.block(&["actions", &call.action])?.ok_or_else(|| call.unknown())
}

/// The entity that an action is named after, and the verb.
fn named<'c>(desk: &Desk<'_>, call: &'c Call) -> Result<(Named, &'c str), Problem> {
    let (entity, verb) = call.action.split_once('.').ok_or_else(|| call.unknown())?;
    Ok((desk.entity(entity)?, verb))
}

/// A page of records, as an action.
fn listed(desk: &Desk<'_>, entity: &Named, input: &str) -> Result<String, Problem> {
    let input = json::value(input)?;
    let cursor = input.get("cursor").and_then(serde_json::Value::as_str);
    let page = list::page(desk, entity, cursor)?;
    let output = serde_json::json!({
        "records": page.records,
        "cursor": page.cursor,
        "more": page.more,
    });
    Ok(output.to_string())
}

/// One request, or several in order.
fn steps(desk: &Desk<'_>, action: &Action, call: &Call) -> Result<String, Problem> {
    let input = call.input.as_str();
    let mut done: Vec<(String, String)> = Vec::new();
    let mut last = "null".to_owned();
    let mut about = "null".to_owned();
    for (step, request) in each(action) {
        let steps = json::object(done.iter().map(|(id, value)| (id.as_str(), value.as_str())));
        let vars = [("steps", steps.as_str()), ("input", input)];
        let when = step.and_then(|step| step.when.as_ref());
        let skipped = match when {
            Some(when) => !json::holds(&desk.value("when` of a step", when, input, &vars)?),
            None => false,
        };
        let absent = step.map_or(&[][..], |step| &step.absent);
        let read = match skipped {
            true => None,
            false => send::ask(desk, request, absent, None, input, &vars)?,
        };
        let Some(step) = step else {
            if let Some(read) = read {
                about = read.about();
                last = read.body;
            }
            break;
        };
        let value = match read {
            Some(read) => {
                about = read.about();
                let reply = [vars[0], vars[1], ("reply", about.as_str())];
                desk.maybe("result` of a step", step.result.as_ref(), ".", &read.body, &reply)?
            }
            None => "null".to_owned(),
        };
        last.clone_from(&value);
        done.push((step.id.clone(), value));
    }
    let steps = json::object(done.iter().map(|(id, value)| (id.as_str(), value.as_str())));
    let vars = [("steps", steps.as_str()), ("input", input), ("reply", about.as_str())];
    desk.maybe("result", action.result.as_ref(), ".", &last, &vars)
}

fn each(action: &Action) -> impl Iterator<Item = (Option<&Step>, &Request)> {
    let alone = action.request.iter().map(|request| (None, request));
    alone.chain(action.step.iter().map(|step| (Some(step), &step.request)))
}
