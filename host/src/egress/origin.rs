//! Origins: scheme, host and port, as a rule names them and as a URL has them.
//!
//! Promises that two spellings of one origin are equal (case, default port, decimal and octal
//! addresses, all normalised by `url`). Never holds a path, a query or a user.

use std::{fmt, net::IpAddr, str::FromStr};

use thiserror::Error;
use url::{Host, Url};

/// How an origin is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As it is written in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnOrigin {
    /// Not a URL at all.
    #[error("{0}; hint: such as `https://api.example.com`")]
    Url(#[from] url::ParseError),
    /// Not `http` or `https`.
    #[error("its scheme is neither `http` nor `https`")]
    Scheme,
    /// There is a path, a query, a fragment or a user in it.
    #[error("there is more than scheme, host and port in it; hint: paths go into `paths`")]
    More,
}

/// Where requests go: `https://api.example.com`, or with a port that is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    /// In lower case, ASCII; an IPv6 address in brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a URL; none where the scheme is not HTTP's or there is no host.
    pub fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let port = url.port().unwrap_or(scheme.default_port());
        Some(Self { scheme, host: url.host_str()?.to_owned(), port })
    }

    /// Its scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What goes into the `host` header: the host, and the port if it is not the scheme's own.
    pub fn authority(&self) -> String {
        match self.port {
            port if port == self.scheme.default_port() => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// Whether it was given as an address of this very machine or network, and not as a name
    /// that others could point elsewhere: an address literal, or `localhost`.
    pub(super) fn is_pinned(&self) -> bool {
        self.host == "localhost" || self.address().is_some()
    }

    /// The address that stands in the place of the host.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match Host::parse(&self.host) {
            Ok(Host::Ipv4(ip)) => Some(ip.into()),
            Ok(Host::Ipv6(ip)) => Some(ip.into()),
            Ok(Host::Domain(_)) | Err(_) => None,
        }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let url = Url::parse(text)?;
        let origin = Self::of(&url).ok_or(NotAnOrigin::Scheme)?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if bare { Ok(origin) } else { Err(NotAnOrigin::More) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_origin_are_equal() {
        for (text, shown) in [
            ("https://API.Example.com", "https://api.example.com"),
            ("https://api.example.com:443/", "https://api.example.com"),
            ("http://api.example.com:80", "http://api.example.com"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://2130706433", "http://127.0.0.1"),
            ("http://0177.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!(origin.to_string(), shown);
            assert_eq!(shown.parse::<Origin>().unwrap(), origin);
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in [
            "api.example.com",
            "/v1",
            "",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://example.com/v1",
            "https://example.com/?q",
            "https://example.com/#f",
            "https://user@example.com",
            "https://:pw@example.com",
            "https://",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_literals_and_localhost_are_pinned() {
        for (text, pinned) in [
            ("http://127.0.0.1:9000", true),
            ("http://[::1]", true),
            ("http://localhost:1", true),
            ("https://sandbox.example.com", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().is_pinned(), pinned, "{text}");
        }
    }
}
