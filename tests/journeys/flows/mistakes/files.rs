//! Flow files with one mistake each.

/// What begins a file that is right up to its steps.
const HEAD: &str = "name = \"won\"\n[on]\nconnection = \"crm\"\nevent = \"deal.won\"\n";
/// A step that is right.
const CUSTOMER: &str = "[[step]]\nid = \"customer\"\nconnection = \"books\"\n\
                        action = \"contact.upsert\"\ninput = '{ name: .event.record.title }'\n";

/// Each mistake in words, and a file that has it.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (mistake, text) in WHOLE {
        all.push((*mistake, (*text).to_owned()));
    }
    for (mistake, on) in ON {
        all.push((*mistake, format!("name = \"won\"\n[on]\n{on}\n{CUSTOMER}")));
    }
    for (mistake, runs) in RUNS {
        all.push((*mistake, format!("{HEAD}[runs]\n{runs}\n{CUSTOMER}")));
    }
    for (mistake, words) in STEPS {
        all.push((*mistake, format!("{HEAD}{CUSTOMER}[[step]]\n{words}\n")));
    }
    all
}

const WHOLE: &[(&str, &str)] = &[
    ("an empty file", ""),
    ("no quotes around a text", "name = won\n"),
    ("a quote that is not closed", "name = \"won\n[on]\nmanual = true\n"),
    (
        "a name with a space",
        "name = \"Won deal\"\n[on]\nmanual = true\n[[step]]\nid = \"a\"\nset = '1'",
    ),
    ("nothing that starts the flow", "name = \"won\"\n[[step]]\nid = \"a\"\nset = '1'"),
    ("no steps", "name = \"won\"\n[on]\nmanual = true\n"),
    ("`steps` for `step`", "name = \"won\"\n[on]\nmanual = true\n[[steps]]\nid = \"a\"\nset = '1'"),
    ("one pair of brackets", "name = \"won\"\n[on]\nmanual = true\n[step]\nid = \"a\"\nset = '1'"),
    ("an equals sign too few", "name \"won\"\n"),
    ("a word twice", "name = \"won\"\nname = \"lost\"\n"),
];

const ON: &[(&str, &str)] = &[
    ("an empty `[on]`", ""),
    ("two things that start the flow", "manual = true\nflow = \"welcome\""),
    ("a connection without an event", "connection = \"crm\""),
    ("an event without a connection", "event = \"deal.won\""),
    ("a connection that is not there", "connection = \"crn\"\nevent = \"deal.won\""),
    ("an event that is not there", "connection = \"crm\"\nevent = \"deal.wonn\""),
    ("an event unlike any other", "connection = \"crm\"\nevent = \"customer\""),
    ("`manual` in words", "manual = \"yes\""),
    ("`manual` that is false", "manual = false"),
    ("a schedule without a time zone", "schedule = \"0 8 * * 1-5\""),
    ("a time zone that is not there", "schedule = \"0 8 * * *\"\nzone = \"Europe/Londn\""),
    ("a schedule of four fields", "schedule = \"0 8 * *\"\nzone = \"Europe/London\""),
    (
        "a schedule at an hour that is not there",
        "schedule = \"0 25 * * *\"\nzone = \"Europe/London\"",
    ),
    ("a schedule that never comes", "schedule = \"0 8 30 2 *\"\nzone = \"Europe/London\""),
    ("a schedule in words", "schedule = \"every morning\"\nzone = \"Europe/London\""),
    ("a time zone for an event", "connection = \"crm\"\nevent = \"deal.won\"\nzone = \"UTC\""),
    ("an end that is not there", "flow = \"welcome\"\nended = \"failed\""),
    ("the end of a flow that is not there", "flow = \"welcom\""),
    ("a flow that starts at its own end", "flow = \"won\""),
    (
        "a field that a deal does not have",
        "connection = \"crm\"\nevent = \"deal.won\"\nwhen = '.record.titel == \"Oven\"'",
    ),
    (
        "`.event` where the event itself is meant",
        "connection = \"crm\"\nevent = \"deal.won\"\nwhen = '.event.record.title == \"Oven\"'",
    ),
    (
        "one equals sign where two are meant",
        "connection = \"crm\"\nevent = \"deal.won\"\nwhen = '.record.title = = \"Oven\"'",
    ),
    (
        "a bracket that is not closed",
        "connection = \"crm\"\nevent = \"deal.won\"\nwhen = '(.record.title == \"Oven\"'",
    ),
];

const RUNS: &[(&str, &str)] = &[
    ("none at once", "at_once = 0"),
    ("a number in quotes", "at_once = \"1\""),
    ("a duration without a unit", "debounce = \"30\""),
    ("a throttle that does not say in how long", "throttle = { runs = 10 }"),
    ("a throttle in words", "throttle = \"10 a minute\""),
    ("a key of a field that is not there", "key = '.record.ident'\nat_once = 1"),
    ("a word that is not known", "at_onse = 1"),
];

const STEPS: &[(&str, &str)] = &[
    ("a step without an id", "set = '1'"),
    ("an id with a hyphen", "id = \"first-step\"\nset = '1'"),
    ("an id that was used before", "id = \"customer\"\nset = '1'"),
    ("a step that does nothing", "id = \"a\""),
    ("a step that does two things", "id = \"a\"\nset = '1'\nsleep = \"1d\""),
    (
        "a word that is misspelt",
        "id = \"a\"\nconnection = \"mail\"\nactoin = \"message.send\"\ninput = '{}'",
    ),
    (
        "an action that is not there",
        "id = \"a\"\nconnection = \"mail\"\naction = \"message.sent\"\ninput = '{}'",
    ),
    (
        "an action through a connection that is not there",
        "id = \"a\"\nconnection = \"mial\"\naction = \"message.send\"\ninput = '{ text: \"b\" }'",
    ),
    ("an action without an input", "id = \"a\"\nconnection = \"mail\"\naction = \"message.send\""),
    ("a connection without an action", "id = \"a\"\nconnection = \"mail\"\ninput = '{}'"),
    (
        "an input with a word that is not there",
        "id = \"a\"\nconnection = \"mail\"\naction = \"message.send\"\n\
         input = '{ to: \"ada@milllane.example\", txt: \"hello\" }'",
    ),
    (
        "an input without what is needed",
        "id = \"a\"\nconnection = \"books\"\naction = \"invoice.create\"\n\
         input = '{ contact: .steps.customer.id }'",
    ),
    (
        "an amount that is no text",
        "id = \"a\"\nconnection = \"books\"\naction = \"invoice.create\"\n\
         input = '{ contact: \"c\", lines: [{ description: \"a\", unit_amount: 12.5 }] }'",
    ),
    (
        "a state that is none",
        "id = \"a\"\nconnection = \"crm\"\naction = \"deal.update\"\n\
         input = '{ id: .event.record.id, status: \"won!\" }'",
    ),
    ("a field that the step before does not give", "id = \"a\"\nset = '.steps.customer.emial'"),
    ("a step that comes later or never", "id = \"a\"\nset = '.steps.custmer.email'"),
    ("`.record` without `.event`", "id = \"a\"\nset = '.record.title'"),
    ("`.step` for `.steps`", "id = \"a\"\nset = '[.step.customer.id]'"),
    ("`.item` where there are no items", "id = \"a\"\nset = '.item.name'"),
    ("a function that is not there", "id = \"a\"\nset = '.event.record.title | uppercase'"),
    ("a quote in an expression that is not closed", "id = \"a\"\nset = '\"hello'"),
    ("an apostrophe in an expression", "id = \"a\"\nset = '\"it's\"'"),
    ("a sleep that is no duration", "id = \"a\"\nsleep = \"a week\""),
    ("a sleep that is a number", "id = \"a\"\nsleep = 7"),
    ("a sleep that is too long", "id = \"a\"\nsleep = \"400d\""),
    (
        "a wait without an end",
        "id = \"a\"\nwait_for = { connection = \"books\", event = \"invoice.paid\" }",
    ),
    (
        "a wait that does not say for what",
        "id = \"a\"\nwait_for = { connection = \"books\" }\ntimeout = \"1d\"",
    ),
    ("a wait in words", "id = \"a\"\nwait_for = \"invoice.paid\"\ntimeout = \"1d\""),
    (
        "`where` with a step that is not there",
        "id = \"a\"\ntimeout = \"1d\"\nwait_for = { connection = \"books\", \
         event = \"invoice.paid\", where = '.record.id == $run.steps.invoice.id' }",
    ),
    (
        "`where` misspelt",
        "id = \"a\"\ntimeout = \"1d\"\nwait_for = { connection = \"books\", \
         event = \"invoice.paid\", wher = 'true' }",
    ),
    (
        "a way out that is not there",
        "id = \"a\"\napprove = '\"Sure?\"'\ntimeout = \"1d\"\non_timeout = \"continue\"",
    ),
    ("a way out of no timeout", "id = \"a\"\napprove = '\"Sure?\"'\non_timeout = \"end\""),
    ("a timeout of what does not wait", "id = \"a\"\nset = '1'\ntimeout = \"1d\""),
    ("a question that nobody is asked", "id = \"a\"\nset = '1'\non_reject = \"go-on\""),
    (
        "`cancel_on` of what does not wait",
        "id = \"a\"\nset = '1'\ncancel_on = { connection = \"books\", event = \"invoice.paid\" }",
    ),
    ("a sleep for each item", "id = \"a\"\nfor_each = '[]'\nsleep = \"1d\""),
    ("too many items", "id = \"a\"\nfor_each = '[]'\nat_most = 5000\nset = '.item'"),
    ("`at_most` of nothing", "id = \"a\"\nat_most = 5\nset = '1'"),
    ("an `after_error` that is not there", "id = \"a\"\nset = '1'\nafter_error = \"retry\""),
    (
        "a mistake in an error branch",
        "id = \"a\"\nset = '1'\n[[step.on_error]]\nid = \"b\"\nset = '.errors.c.message'",
    ),
    ("a flow that is not there", "id = \"a\"\nflow = \"welcom\"\ninput = '{}'"),
    ("a flow that nobody can start", "id = \"a\"\nflow = \"ends-here\"\ninput = '{}'"),
    ("a flow without an input", "id = \"a\"\nflow = \"welcome\""),
];
