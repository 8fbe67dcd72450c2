//! A person's browser: it goes where it is sent, one page at a time or all the way.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

/// The longest page that is read, in bytes.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// How often it lets itself be sent on.
const HOPS_MAX: usize = 20;

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

/// Opens a page, in a browser that remembers nothing.
///
/// # Panics
/// Nobody answers there.
pub async fn open(url: &str) -> Page {
    Browser::default().open(url).await
}

/// A browser that keeps the cookies it is given. It visits one host, whatever the port.
#[derive(Debug, Default)]
pub struct Browser {
    /// By path and name.
    cookies: BTreeMap<(String, String), String>,
}

impl Browser {
    /// Opens a page.
    ///
    /// # Panics
    /// Nobody answers there.
    pub async fn open(&mut self, url: &str) -> Page {
        let client: Client<HttpConnector, Full<Bytes>> =
            Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let mut request = Request::get(url);
        let cookies = self.cookies_for(url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let request = request.body(Full::default()).expect("a URL");
        let answer = client.request(request).await.expect("somebody answers there");
        let (head, body) = answer.into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie is ASCII"));
        }
        let location = head.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let body = Limited::new(body, PAGE_BYTES_MAX).collect().await.expect("a page").to_bytes();
        Page {
            status: head.status,
            location: location.map(|to| absolute(url, to)),
            text: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Goes where it is sent from here, until a page sends it no further.
    ///
    /// # Panics
    /// It is sent round in circles.
    pub async fn follow(&mut self, url: &str) -> Page {
        self.follow_until(url, |_| false).await
    }

    /// The same, but stays at the page that sends it to an `end`.
    ///
    /// # Panics
    /// It is sent round in circles.
    pub async fn follow_until(&mut self, url: &str, end: impl Fn(&str) -> bool) -> Page {
        let mut page = self.open(url).await;
        for _ in 0..HOPS_MAX {
            match page.location.as_deref().filter(|to| !end(to)) {
                Some(to) => page = self.open(to).await,
                None => return page,
            }
        }
        panic!("sent on more than {HOPS_MAX} times: {page:?}");
    }

    fn cookies_for(&self, url: &str) -> String {
        let url = Url::parse(url).expect("a URL");
        let fit = self.cookies.iter().filter(|((path, _), _)| url.path().starts_with(path));
        let fit: Vec<String> = fit.map(|((_, name), value)| format!("{name}={value}")).collect();
        fit.join("; ")
    }

    /// Keeps a cookie; one without a value takes back what was given before.
    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        let path = parts.find_map(|part| part.strip_prefix("path=")).unwrap_or("/");
        let key = (path.to_owned(), name.to_owned());
        match value {
            "" => self.cookies.remove(&key),
            value => self.cookies.insert(key, value.to_owned()),
        };
    }
}

/// Where a page at `url` sends on to.
fn absolute(url: &str, to: &str) -> String {
    Url::parse(url).and_then(|url| url.join(to)).expect("a URL").into()
}
