//! Stories of the host's own requests, to the one origin that the operator configured.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::HttpConnector as _,
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};

use super::{
    super::operator::ANSWER_BYTES_MAX,
    twin::{BlackHole, Liar, Play, Twin, reply},
    *,
};

fn way(network: Arc<dyn Network>, origin: &str) -> OneOrigin {
    let config = EgressConfig { network, ..EgressConfig::default() };
    OneOrigin::new(&config, origin.parse().unwrap())
}

async fn get(way: &OneOrigin, url: &str) -> Result<HttpResponse, ConnectorError> {
    way.call(HttpRequest::get(url).unwrap()).await
}

#[tokio::test]
async fn a_private_address_of_the_operators_origin_is_reached() {
    let twin = Twin::start(vec![Play::SayAndClose(reply(200, "", "here"))]).await;
    let network = Liar::new(&twin, &[&["10.0.0.7"]]);
    let way = way(network.clone(), "http://secrets.internal");
    let answer = get(&way, "http://secrets.internal/").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().bytes()), (200, Some(&b"here"[..])));
    assert_eq!(network.dialled(), ["10.0.0.7:80"]);
}

#[tokio::test]
async fn no_other_origin_is_reached_and_no_redirect_followed() {
    let elsewhere = Twin::start(vec![Play::Say(reply(200, "", "caught"))]).await;
    let location = format!("location: {}/\r\n", elsewhere.origin());
    let twin = Twin::start(vec![Play::Say(reply(307, &location, ""))]).await;
    let way = way(Arc::new(SystemNetwork), &twin.origin());
    let refused = get(&way, &elsewhere.origin()).await.unwrap_err();
    assert!(format!("{refused:?}").contains("the one origin of this client"), "{refused:?}");
    assert_eq!(get(&way, &twin.origin()).await.unwrap().status().as_u16(), 307);
    assert_eq!(elsewhere.sockets(), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let long = "x".repeat(ANSWER_BYTES_MAX + 1);
    let twin = Twin::start(vec![Play::Say(reply(200, "", &long))]).await;
    let way = way(Arc::new(SystemNetwork), &twin.origin());
    assert!(get(&way, &twin.origin()).await.unwrap_err().is_io());
}

#[tokio::test]
async fn an_address_that_never_answers_is_given_up() {
    let way = way(Arc::new(BlackHole), "http://10.0.0.7");
    let error = get(&way, "http://10.0.0.7/").await.unwrap_err();
    assert!(error.is_io() || error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn where_names_are_guarded_only_an_address_that_was_written_out_may_be_private() {
    let twin = Twin::start(vec![Play::SayAndClose(reply(200, "", "here"))]).await;
    let network = Liar::new(&twin, &[&["10.0.0.7"]]);
    let config = EgressConfig { network: network.clone(), ..EgressConfig::default() };
    let ask = |url: &str| {
        http::Request::post(url).body(http_body_util::Full::new(bytes::Bytes::new())).unwrap()
    };
    let named = OneOrigin::guarded(&config, "http://hooks.internal".parse().unwrap());
    let refused = named.send(ask("http://hooks.internal/")).await.unwrap_err();
    assert!(refused.to_string().contains("10.0.0.7 is a private address"), "{refused}");
    assert!(network.dialled().is_empty());
    let written = OneOrigin::guarded(&config, "http://10.0.0.7".parse().unwrap());
    assert_eq!(written.send(ask("http://10.0.0.7/")).await.unwrap().status(), 200);
}
