//! What a client takes from replies: what is left of a budget, and that a system is down.

use super::*;
use crate::priority::Priority;

/// A client of `books` by a clock that stands still, and the door that made it.
fn stage(policy: Policy) -> (Egress, Client, VirtualClock) {
    let clock = VirtualClock::at(1_700_000_000_000);
    let config = EgressConfig { clock: Arc::new(clock.clone()), ..EgressConfig::default() };
    let second = Duration::from_secs(1);
    let breaking =
        Breaking { failures: 3, within: 60 * second, first: 10 * second, longest: 60 * second };
    let egress = Egress::new(config).breaking(breaking);
    let client = egress.client("books", Arc::new(policy));
    (egress, client, clock)
}

fn after(answer: &Answer) -> Option<Duration> {
    match &answer.result {
        Err(EgressError::RateLimited { after } | EgressError::LeftAlone { after, .. }) => {
            Some(*after)
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_system_that_has_nothing_left_is_left_alone_until_it_renews() {
    let left = |left: u32, at_s: u64| {
        reply(200, &format!("X-Left: {left}\r\nX-Reset: {at_s}\r\nX-Limit: 50\r\n"), "")
    };
    let plays = [left(2, 1_700_000_060), left(0, 1_700_000_060), left(49, 1_700_000_120)];
    let twin = Twin::start(plays.map(Play::Say).to_vec()).await;
    let told = Told {
        window: 0,
        remaining: "x-left".into(),
        reset: Some(("x-reset".into(), jackfield_registry::manifest::Reset::EpochSeconds)),
        limit: Some("x-limit".into()),
    };
    let rates = vec![Rate { requests: 100, per_ms: 60_000 }];
    let (_, client, clock) = stage(policy(&twin.origin()).within(rates, None).heeding(vec![told]));
    assert!(client.send(request("GET", "/1")).await.result.is_ok());
    // Two are left of fifty, of which half are kept from reconciliation.
    let late = client.at(Priority::Reconciliation).send(request("GET", "/2")).await;
    assert_eq!(after(&late), Some(Duration::from_secs(60)));
    assert!(client.send(request("GET", "/3")).await.result.is_ok());
    let answer = client.send(request("GET", "/4")).await;
    assert_eq!((after(&answer), answer.sent), (Some(Duration::from_secs(60)), Sent::Nothing));
    clock.advance(Duration::from_secs(60));
    assert!(client.send(request("GET", "/5")).await.result.is_ok());
    assert_eq!(twin.requests().len(), 3);
}

#[tokio::test]
async fn unavailable_with_a_time_is_obeyed() {
    let busy = reply(503, "retry-after: 30\r\n", "");
    let twin = Twin::start(vec![Play::Say(busy), Play::Say(reply(200, "", ""))]).await;
    let (_, client, clock) = stage(policy(&twin.origin()));
    assert_eq!(client.send(request("GET", "/1")).await.result.unwrap().status, 503);
    let answer = client.send(request("GET", "/2")).await;
    assert_eq!(after(&answer), Some(Duration::from_secs(30)));
    clock.advance(Duration::from_secs(30));
    assert!(client.send(request("GET", "/3")).await.result.is_ok());
}

#[tokio::test]
async fn a_system_that_fails_in_a_row_is_sent_nothing_but_a_probe() {
    let twin = Twin::start(vec![
        Play::Say(reply(500, "", "")),
        Play::Reset,
        Play::SayAndClose(reply(502, "", "")),
        Play::Say(reply(503, "", "")),
        Play::Say(reply(204, "", "")),
    ])
    .await;
    let (egress, client, clock) = stage(policy(&twin.origin()).with_breakers());
    for path in ["/1", "/2", "/3"] {
        client.send(request("POST", path)).await;
    }
    let answer = client.send(request("POST", "/4")).await;
    assert_eq!((after(&answer), answer.sent), (Some(Duration::from_secs(10)), Sent::Nothing));
    let [rest] = &client.rests()[..] else { panic!("one rest") };
    assert_eq!((rest.origin.as_str(), rest.failures), ("https://api.example.com", 3));
    // A client that is made anew knows it too, and one without breakers is another matter.
    let again = egress.client("books", Arc::new(policy(&twin.origin()).with_breakers()));
    assert!(after(&again.send(request("GET", "/5")).await).is_some());
    assert_eq!(twin.requests().len(), 3);

    clock.advance(Duration::from_secs(10));
    let probe = client.send(request("GET", "/6")).await;
    assert_eq!(probe.result.unwrap().status, 503);
    let answer = client.send(request("GET", "/7")).await;
    assert_eq!(after(&answer), Some(Duration::from_secs(20)), "twice as long");
    clock.advance(Duration::from_secs(20));
    assert!(client.send(request("GET", "/8")).await.result.is_ok());
    assert!(client.rests().is_empty());
    let turns: Vec<bool> = egress.take_tripped().iter().map(|turn| turn.opened).collect();
    assert_eq!(turns, [true, false]);
}

#[tokio::test]
async fn a_request_that_is_given_up_is_no_failure_and_a_timeout_is_one() {
    let twin = Twin::start(vec![Play::Silence]).await;
    let (_, client, _) = stage(policy(&twin.origin()).with_breakers());
    for _ in 0..5 {
        let given_up = client.send(request("GET", "/given-up"));
        assert!(tokio::time::timeout(BRIEF / 2, given_up).await.is_err());
    }
    assert!(client.rests().is_empty());
    for _ in 0..3 {
        client.send(brief(request("GET", "/late"))).await;
    }
    assert_eq!(client.rests().len(), 1);
}
