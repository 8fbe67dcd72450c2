//! A person's browser: it goes where it is sent, one page at a time.

use bytes::Bytes;
use http::{Request, StatusCode, header::LOCATION};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The longest page that is read, in bytes.
const PAGE_BYTES_MAX: usize = 1 << 20;

/// A page, or where it sends on to.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: StatusCode,
    /// Where it sends on to.
    pub location: Option<String>,
    /// Its text.
    pub text: String,
}

/// Opens a page.
///
/// # Panics
/// Nobody answers there.
pub async fn open(url: &str) -> Page {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let request = Request::get(url).body(Full::default()).expect("a URL");
    let answer = client.request(request).await.expect("somebody answers there");
    let (head, body) = answer.into_parts();
    let location = head.headers.get(LOCATION).and_then(|to| to.to_str().ok());
    let body = Limited::new(body, PAGE_BYTES_MAX).collect().await.expect("a page").to_bytes();
    Page {
        status: head.status,
        location: location.map(str::to_owned),
        text: String::from_utf8_lossy(&body).into_owned(),
    }
}
