//! Stories of names and addresses that lead inwards.

use super::{
    twin::{Liar, Play, Twin, reply},
    *,
};

#[tokio::test]
async fn a_name_is_asked_once_and_the_judged_address_is_dialled() {
    let twin = Twin::start(vec![Play::SayAndClose(reply(200, "connection: close\r\n", ""))]).await;
    // First with a public address among the private ones, then with a private one alone.
    let network = Liar::new(&twin, &[&["10.0.0.1", "93.184.216.34"], &["127.0.0.1"]]);
    let client = client_in(network.clone(), vec![rule("http://api.example.com", None)]);
    client.send(plain(request("GET", "/v1"))).await.result.unwrap();
    assert_eq!(network.dialled(), ["93.184.216.34:80"]);
    assert_eq!(network.left(), 1, "one question for one socket");
    let answer = client.send(plain(request("POST", "/v1"))).await;
    assert!(matches!(answer.result, Err(EgressError::Address { .. })), "{answer:?}");
    assert_eq!(answer.sent, Sent::Nothing);
    assert_eq!(network.dialled().len(), 1, "the name that changed its mind was not dialled");
    let answer = client.send(plain(request("POST", "/v1"))).await;
    assert!(matches!(answer.result, Err(EgressError::Resolve { .. })), "{answer:?}");
    assert_eq!(answer.sent, Sent::Nothing);
}

#[tokio::test]
async fn addresses_in_urls_are_judged_in_every_spelling() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", "inside"))]).await;
    let port = twin.address.port();
    for host in
        ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0"]
    {
        let origin = format!("http://{host}:{port}");
        let client = client_in(Arc::new(SystemNetwork), vec![rule(&origin, None)]);
        let answer = client.send(Request { url: origin, ..request("GET", "") }).await;
        assert!(matches!(answer.result, Err(EgressError::Address { .. })), "{host}: {answer:?}");
    }
    assert_eq!(twin.sockets(), 0);
}

#[tokio::test]
async fn a_stand_in_admits_its_own_address_alone() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", ""))]).await;
    let other = Twin::start(vec![Play::Say(reply(200, "", "inside"))]).await;
    let stood_in_for = rule("https://api.example.com", Some(&twin.origin()));
    let rules = vec![stood_in_for, rule(&other.origin(), None)];
    let client = client_in(Arc::new(SystemNetwork), rules);
    assert!(client.send(request("GET", "/")).await.result.is_ok());
    // Another port of the same machine.
    let answer = client.send(Request { url: other.origin(), ..request("GET", "") }).await;
    assert!(matches!(answer.result, Err(EgressError::Address { .. })), "{answer:?}");
    // The stand-in itself, which no rule names.
    let answer = client.send(Request { url: twin.origin(), ..request("GET", "") }).await;
    assert!(matches!(answer.result, Err(EgressError::Refused(_))), "{answer:?}");
    assert_eq!(other.sockets(), 0);
}

#[tokio::test]
async fn localhost_is_admitted_as_a_stand_in_and_only_on_this_machine() {
    let twin = Twin::start(vec![Play::Say(reply(200, "", ""))]).await;
    let stand_in = format!("http://localhost:{}", twin.address.port());
    for (answers, good) in [(["127.0.0.1"], true), (["10.0.0.1"], false), (["8.8.8.8"], false)] {
        let network = Liar::new(&twin, &[&answers]);
        let rules = vec![rule("https://api.example.com", Some(&stand_in))];
        let client = client_in(network.clone(), rules);
        assert_eq!(client.send(request("GET", "/")).await.result.is_ok(), good, "{answers:?}");
        assert_eq!(network.dialled().len(), usize::from(good));
    }
}
