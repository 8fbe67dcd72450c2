//! Addresses that are not public: granted or not, by number, in disguise or behind a name, no
//! guest gets there. The same ranges as in `host/src/egress/address.rs`, here end to end.

use jackfield::{
    capabilities::{Means, Window},
    egress::Why::{self, *},
    fault::Fault,
};
use serde_json::{Value, json};

use super::{
    liar::Liar,
    probe::{Scene, first},
};

/// Address, and the reason for which it is refused.
pub(super) const TABLE: &[(&str, Why)] = &[
    ("0.0.0.0", Unspecified),
    ("0.255.255.255", Unspecified),
    ("10.0.0.1", Private),
    ("10.255.255.255", Private),
    ("100.64.0.0", CarrierNat),
    ("100.127.255.255", CarrierNat),
    ("100.100.100.200", Metadata),
    ("127.0.0.1", Loopback),
    ("127.0.0.53", Loopback),
    ("127.255.255.254", Loopback),
    ("168.63.129.16", Metadata),
    ("169.254.0.1", LinkLocal),
    ("169.254.169.254", LinkLocal),
    ("169.254.170.2", LinkLocal),
    ("172.16.0.1", Private),
    ("172.31.255.255", Private),
    ("192.0.0.1", Reserved),
    ("192.0.0.192", Reserved),
    ("192.0.2.1", Documentation),
    ("192.88.99.1", Reserved),
    ("192.168.0.1", Private),
    ("192.168.255.255", Private),
    ("198.18.0.1", Benchmarking),
    ("198.19.255.255", Benchmarking),
    ("198.51.100.7", Documentation),
    ("203.0.113.9", Documentation),
    ("224.0.0.1", Multicast),
    ("239.255.255.255", Multicast),
    ("240.0.0.1", Reserved),
    ("255.255.255.254", Reserved),
    ("255.255.255.255", Broadcast),
    ("::", Unspecified),
    ("::1", Loopback),
    ("::2", Unspecified),
    ("::127.0.0.1", Loopback),
    ("::8.8.8.8", Embedded),
    ("::ffff:127.0.0.1", Loopback),
    ("::ffff:10.1.2.3", Private),
    ("::ffff:169.254.169.254", LinkLocal),
    ("::ffff:8.8.8.8", Embedded),
    ("::ffff:0:127.0.0.1", Loopback),
    ("64:ff9b::7f00:1", Loopback),
    ("64:ff9b::a00:1", Private),
    ("64:ff9b::a9fe:a9fe", LinkLocal),
    ("64:ff9b::808:808", Embedded),
    ("64:ff9b:1::c0a8:1", Private),
    ("100::1", Reserved),
    ("2002:7f00:1::", Loopback),
    ("2002:a00:1::1", Private),
    ("2002:a9fe:a9fe::1", LinkLocal),
    ("2002:808:808::1", Embedded),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Documentation),
    ("2001::f5ff:fffe", Private),
    ("2001::f7f7:f7f7", Embedded),
    ("2001:2::1", Benchmarking),
    ("2001:10::1", Reserved),
    ("2001:20::1", Reserved),
    ("2001:db8::1", Documentation),
    ("3fff::1", Documentation),
    ("3ffe::1", Reserved),
    ("fc00::1", Private),
    ("fd12:3456:789a::1", Private),
    ("fd00:ec2::254", Metadata),
    ("fe80::1", LinkLocal),
    ("febf::1", LinkLocal),
    ("fec0::1", Private),
    ("ff02::1", Multicast),
    ("ff0e::1", Multicast),
    ("2600::5efe:10.0.0.1", Private),
    ("2600::200:5efe:8.8.8.8", Embedded),
    ("4000::1", Reserved),
    ("5f00::1", Reserved),
];

/// Ways to write an address so that a careless check does not know it again.
pub(super) const DISGUISES: &[&str] = &[
    "http://127.0.0.1",
    "http://127.1",
    "http://127.0.1",
    "http://2130706433",
    "http://0177.0.0.1",
    "http://017700000001",
    "http://0x7f.0.0.1",
    "http://0x7f000001",
    "http://0x7F.1",
    "http://0",
    "http://127.0.0.1.",
    "http://%31%32%37.0.0.1",
    "http://１２７.0.0.1",
    "http://①②⑦.⓪.⓪.①",
    "http://127。0。0。1",
    "http://[::1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[64:ff9b::7f00:1]",
    "http://[2002:7f00:1::]",
    "http://169.254.169.254",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://0251.0376.0251.0376",
    "http://10.1",
    "http://012.0.0.1",
];

/// Asks through the connection `one`, with given means.
async fn send(scene: &Scene, means: &Means, url: &str) -> Result<Value, Fault> {
    let live = scene.live("one");
    let ask = json!({ "ask": "send", "url": url });
    scene.ask_through(&live, Window::open(means, &first()), live.connector.limits, ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_to_an_address_that_is_not_public() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    let origins: Vec<String> = (0..TABLE.len()).map(|n| format!("http://n{n}.example")).collect();
    let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
    let means = liar.means(&scene.live("one"), &origins);
    for (n, (address, why)) in TABLE.iter().enumerate() {
        liar.name(&format!("n{n}.example"), &[address]);
        let fault = send(&scene, &means, &format!("http://n{n}.example/v1/")).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{address}: {fault}");
        assert!(fault.message.contains(&why.to_string()), "{address}: {fault}");
    }
    assert_eq!(liar.resolved().len(), TABLE.len());
    assert_eq!(liar.dialled(), []);
    assert_eq!(scene.mirror.request_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_by_number_is_refused_even_where_it_is_granted() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    for (address, why) in TABLE {
        let origin = match address.contains(':') {
            true => format!("http://[{address}]"),
            false => format!("http://{address}"),
        };
        let means = liar.means(&scene.live("one"), &[&origin]);
        let fault = send(&scene, &means, &format!("{origin}/")).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{address}: {fault}");
        assert!(fault.message.contains(&why.to_string()), "{address}: {fault}");
    }
    assert_eq!((liar.dialled(), liar.resolved()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_disguise_is_known_again() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    let other = liar.means(&scene.live("one"), &["http://api.example.com"]);
    for origin in DISGUISES {
        let url = format!("{origin}/latest/meta-data/");
        let fault = send(&scene, &other, &url).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{origin} is not granted: {fault}");
        let means = liar.means(&scene.live("one"), &[origin]);
        let fault = send(&scene, &means, &url).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{origin} is not public: {fault}");
        assert!(fault.message.contains("address"), "{origin}: {fault}");
    }
    assert_eq!((liar.dialled(), liar.resolved()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn localhost_is_judged_as_any_name() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    for name in ["localhost", "localhost.localdomain", "db.internal", "metadata.google.internal"] {
        liar.name(name, &["127.0.0.1", "::1", "169.254.169.254"]);
        let origin = format!("http://{name}");
        let means = liar.means(&scene.live("one"), &[&origin]);
        let fault = send(&scene, &means, &format!("{origin}/")).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{name}: {fault}");
    }
    assert_eq!(liar.dialled(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_between_check_and_connect_gains_nothing() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    liar.name("turns.example", &["93.184.216.34"]);
    liar.name("turns.example", &["169.254.169.254"]);
    let means = liar.means(&scene.live("one"), &["http://turns.example"]);
    let seen = send(&scene, &means, "http://turns.example/v1/").await.unwrap();
    assert_eq!(seen["status"], 200);
    assert_eq!(liar.resolved(), ["turns.example"], "one question for one socket");
    assert_eq!(liar.dialled(), ["93.184.216.34:80".parse().unwrap()]);
    // A fresh pool asks again, and is told the other address.
    let means = liar.means(&scene.live("one"), &["http://turns.example"]);
    let fault = send(&scene, &means, "http://turns.example/v1/").await.unwrap_err();
    assert_eq!(fault.code, "forbidden", "{fault}");
    assert_eq!(liar.dialled().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_mixed_answers_only_the_public_ones_are_dialled() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    liar.name("mixed.example", &["10.0.0.1", "::ffff:127.0.0.1", "93.184.216.34", "fd00::1"]);
    let means = liar.means(&scene.live("one"), &["http://mixed.example"]);
    assert_eq!(send(&scene, &means, "http://mixed.example/").await.unwrap()["status"], 200);
    assert_eq!(liar.dialled(), ["93.184.216.34:80".parse().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_schemes_ports_and_users_are_refused() {
    let scene = Scene::set_up().await;
    let liar = Liar::leading_to(scene.mirror.port());
    liar.name("api.example.com", &["93.184.216.34"]);
    let means = liar.means(&scene.live("one"), &["https://api.example.com"]);
    for url in [
        "http://api.example.com/",
        "http://api.example.com:443/",
        "https://api.example.com:22/",
        "https://api.example.com:8443/",
        "https://api.example.com.evil.example/",
        "https://evil.example/https://api.example.com/",
        "https://api.example.com@127.0.0.1/",
        "https://127.0.0.1#@api.example.com/",
        "https://127.0.0.1\\@api.example.com/",
        "https://user:password@api.example.com/",
        "//api.example.com/",
        "/v1/",
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "gopher://api.example.com/",
        "ws://api.example.com/",
        "unix:/var/run/docker.sock",
        "data:text/plain,x",
        "https:api.example.com:99/",
        "https://api.example.com:0/",
        "",
    ] {
        let fault = send(&scene, &means, url).await.unwrap_err();
        let code = fault.code.as_ref();
        assert!(["forbidden", "invalid"].contains(&code), "{url}: {fault}");
    }
    assert_eq!((liar.dialled(), liar.resolved()), (vec![], vec![]));
}
