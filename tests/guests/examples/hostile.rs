//! Does the worst that it can, in each of its roles: what it is asked for names the attack. An
//! action has that in its input, a webhook in its body, and the account in the setting `attack`.
#![expect(missing_docs, reason = "a guest has no readers of its documentation")]

use std::hint::black_box;

use jackfield_sdk::{Tenant, prelude::*, roles::Verdict};

/// The largest thing that a call is given for free; what is wanted here is always more.
const MIB: usize = 1 << 20;

pub struct Hostile;

impl Actions for Hostile {
    fn invoke(host: &dyn Host, call: Call) -> Result<Value, Problem> {
        attack(host, &call.input()?)
    }

    fn recall(host: &dyn Host, call: Call) -> Result<Option<Value>, Problem> {
        attack(host, &call.input()?).map(Some)
    }
}

/// A webhook is `{ "parse": attack, "event": … }`; what survives becomes an event.
impl Webhooks for Hostile {
    fn parse(host: &dyn Host, delivery: Delivery) -> Result<Vec<Event>, Problem> {
        let body: Value = delivery.json()?;
        attack(host, &body["parse"])?;
        let event = Event::new("attack.wanted", delivery.id.as_str());
        Ok(vec![event.value(body["event"].clone())])
    }
}

impl Account for Hostile {
    fn check(host: &dyn Host) -> Result<String, Problem> {
        let ask = host.settings().get("attack").unwrap_or_default().to_owned();
        attack(host, &json!({ "attack": ask })).map(|_| "an account".to_owned())
    }

    fn tenants(host: &dyn Host) -> Result<Vec<Tenant>, Problem> {
        Self::check(host).map(|_| Vec::new())
    }
}

impl Authenticator for Hostile {
    fn authenticate(host: &dyn Host, delivery: Delivery) -> Result<Verdict, Problem> {
        let body: Value = delivery.json()?;
        attack(host, &body["authenticate"]).map(|_| Verdict::Genuine)
    }
}

fn attack(host: &dyn Host, ask: &Value) -> Result<Value, Problem> {
    let number = |name: &str| ask[name].as_u64().unwrap_or_default();
    match ask["attack"].as_str().unwrap_or_default() {
        "" | "none" => Ok(json!("nothing")),
        "trap" => {
            let nothing: &[u8] = black_box(&[]);
            Ok(json!(nothing[1]))
        }
        "exit" => std::process::exit(0),
        "spin" => loop {
            black_box(0);
        },
        "spin-on" => loop {
            look(host, ask["window"].as_str().unwrap_or_default());
        },
        "memory" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(vec![1; MIB]);
            }
        }
        "recurse" => Ok(json!(deeper(number("from")))),
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_millis(number("ms")));
            Ok(json!("slept"))
        }
        "log-flood" => {
            for line in 0..number("lines") {
                host.log(Level::Error, &format!("flood {line}"), &[]);
            }
            Ok(json!("flooded"))
        }
        "stderr-flood" => {
            for line in 0..number("lines") {
                eprintln!("{line}");
            }
            Ok(json!("flooded"))
        }
        "problem" => Err(Problem::invalid(ask["message"].as_str().unwrap_or_default())),
        "huge" => huge(host, ask["to"].as_str().unwrap_or_default(), number("bytes") as usize),
        "output" => Ok(json!("x".repeat(number("bytes") as usize))),
        "swap-keys" => Ok(json!(host.storage_keys("", Some("\u{0}"))?)),
        other => wasi(other),
    }
}

/// One look through a window, which costs the host more than the guest.
fn look(host: &dyn Host, window: &str) {
    match window {
        "log" => host.log(Level::Debug, "again", &[("and", "again")]),
        "now" => drop(black_box(host.now_ms())),
        "has" => drop(black_box(host.secret_has("token"))),
        "mac" => drop(black_box(host.mac("signing", Algorithm::Sha512, &[7; 64 << 10]))),
        "set" => drop(black_box(host.storage_set("again", host.now_ms().to_string().as_bytes()))),
        "send" => drop(black_box(host.send(Request::new("GET", "https://evil.example.com/")))),
        _ => drop(black_box(host.storage_get("again"))),
    }
}

#[expect(unconditional_recursion, reason = "what it is for: to run out of stack")]
fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    deeper(depth + 1) + room[(depth % 64) as usize]
}

/// Hands a host function something far too long.
fn huge(host: &dyn Host, to: &str, bytes: usize) -> Result<Value, Problem> {
    const URL: &str = "https://api.example.com/v1/x";
    let long = "x".repeat(bytes);
    let sent = |request: Request| host.send(request).map(|reply| json!(reply.status));
    match to {
        "url" => sent(Request::new("GET", format!("{URL}?{long}"))),
        "method" => sent(Request::new(&long, URL)),
        "header-name" => sent(Request::new("GET", URL).header(long, "x")),
        "header-value" => sent(Request::new("GET", URL).header("x-long", long)),
        "headers" => {
            let request = Request::new("GET", URL);
            sent((0..bytes).fold(request, |request, _| request.header("x-many", "x")))
        }
        "body" => sent(Request::new("POST", URL).body(long)),
        "requests" => {
            let requests = (0..bytes).map(|_| Request::new("GET", URL)).collect();
            host.send_many(requests, 16)
                .into_iter()
                .last()
                .map_or(Ok(json!(0)), |last| last.map(|reply| json!(reply.status)))
        }
        "key" => host.storage_set(&long, b"x").map(|()| json!("kept")),
        "get-key" => host.storage_get(&long).map(|_| json!("read")),
        "value" => host.storage_set("long", long.as_bytes()).map(|()| json!("kept")),
        "swap" => host.storage_swap("long", None, Some(long.as_bytes())).map(|_| json!("kept")),
        "prefix" => host.storage_keys(&long, None).map(|keys| json!(keys.len())),
        "after" => host.storage_keys("", Some(&long)).map(|keys| json!(keys.len())),
        "secret" => host.mac(&long, Algorithm::Sha256, b"x").map(|_| json!("signed")),
        "mac" => host.mac("signing", Algorithm::Sha256, long.as_bytes()).map(|_| json!("signed")),
        "matches" => host.matches("pin", long.as_bytes()).map(|same| json!(same)),
        "log" => {
            host.log(Level::Error, &long, &[(&long, &long)]);
            Ok(json!("written"))
        }
        other => Err(Problem::invalid(format!("there is no window `{other}`"))),
    }
}

/// What the standard library does not offer of WASI.
#[cfg(target_family = "wasm")]
fn wasi(attack: &str) -> Result<Value, Problem> {
    use wasip2::{cli, clocks::monotonic_clock, io::poll, random};
    match attack {
        "streams" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(cli::stdin::get_stdin());
            }
        }
        "pollables" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(monotonic_clock::subscribe_duration(u64::MAX));
            }
        }
        "poll" => {
            let one = monotonic_clock::subscribe_duration(u64::MAX);
            let many = vec![&one; MIB];
            Ok(json!(poll::poll(&many)))
        }
        "random" => Ok(json!(random::random::get_random_bytes(1 << 40).len())),
        "zeroes" => {
            let stderr = cli::stderr::get_stderr();
            Ok(json!(stderr.write_zeroes(1 << 40).is_ok()))
        }
        "environment" => Ok(json!(cli::environment::get_environment().len())),
        other => Err(Problem::invalid(format!("there is no attack `{other}`"))),
    }
}

#[cfg(not(target_family = "wasm"))]
fn wasi(attack: &str) -> Result<Value, Problem> {
    Err(Problem::invalid(format!("there is no attack `{attack}`")))
}

jackfield_sdk::connector!(Hostile: actions, webhooks, account, authenticator);
