//! OAuth 1.0a: each request signed with two pairs of credentials (RFC 5849, section 3).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use jackfield_registry::manifest::{OAuth1Signature, webhook::Algorithm};
use url::{Position, form_urlencoded};
use uuid::Uuid;

use crate::{
    egress::{EgressError, credential::Draft, scrub::percent},
    mac::hmac,
    secret::Secret,
};

/// Who asks, and by what.
#[derive(Debug, Clone)]
pub struct OAuth1 {
    /// The client's name.
    pub consumer_key: Secret<String>,
    /// What belongs to it.
    pub consumer_secret: Secret<String>,
    /// The token.
    pub token: Secret<String>,
    /// What belongs to it.
    pub token_secret: Secret<String>,
    /// How it is signed.
    pub signature: OAuth1Signature,
    /// The realm, where the vendor wants one.
    pub realm: Option<String>,
}

impl OAuth1 {
    /// Signs a request that is otherwise complete.
    pub(in crate::egress) fn attach(
        &self,
        draft: &mut Draft,
        now_ms: u64,
    ) -> Result<(), EgressError> {
        let nonce = Uuid::new_v4().simple().to_string();
        let value = self.header(draft, &nonce, now_ms / 1000);
        let mut value = HeaderValue::try_from(value).map_err(|_| EgressError::Credential)?;
        value.set_sensitive(true);
        draft.headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn header(&self, draft: &Draft, nonce: &str, timestamp_s: u64) -> String {
        let method = match self.signature {
            OAuth1Signature::HmacSha256 => "HMAC-SHA256",
            OAuth1Signature::HmacSha1 => "HMAC-SHA1",
        };
        let timestamp = timestamp_s.to_string();
        let own = [
            ("oauth_consumer_key", self.consumer_key.expose().as_str()),
            ("oauth_token", self.token.expose()),
            ("oauth_signature_method", method),
            ("oauth_timestamp", &timestamp),
            ("oauth_nonce", nonce),
        ];
        let signature = self.sign(&base(draft, &own));
        let realm = self.realm.iter().map(|realm| format!("realm=\"{realm}\""));
        let pairs = own.into_iter().chain([("oauth_signature", signature.as_str())]);
        let pairs = pairs.map(|(name, value)| format!("{name}=\"{}\"", percent(value)));
        format!("OAuth {}", realm.chain(pairs).collect::<Vec<_>>().join(", "))
    }

    fn sign(&self, base: &str) -> String {
        let [consumer, token] = [&self.consumer_secret, &self.token_secret];
        let key =
            Secret::new(format!("{}&{}", percent(consumer.expose()), percent(token.expose())));
        let (key, base) = (key.expose().as_bytes(), base.as_bytes());
        let algorithm = match self.signature {
            OAuth1Signature::HmacSha256 => Algorithm::Sha256,
            OAuth1Signature::HmacSha1 => Algorithm::Sha1,
        };
        STANDARD.encode(hmac(algorithm, key, base))
    }
}

/// The text that is signed (section 3.4.1).
fn base(draft: &Draft, own: &[(&str, &str)]) -> String {
    let encoded = |name: &str, value: &str| (percent(name), percent(value));
    let mut pairs: Vec<(String, String)> =
        own.iter().map(|(name, value)| encoded(name, value)).collect();
    pairs.extend(draft.url.query_pairs().map(|(name, value)| encoded(&name, &value)));
    let kind = draft.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let form = form_urlencoded::parse(&draft.body);
        pairs.extend(form.map(|(name, value)| encoded(&name, &value)));
    }
    pairs.sort();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    // The parser writes the host in small letters and leaves a port out that goes without saying.
    let url = &draft.url[..Position::AfterPath];
    format!("{}&{}&{}", draft.method, percent(url), percent(&pairs.join("&")))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn draft(method: Method, url: &str, body: &str) -> Draft {
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        let (url, body) = (url.parse().unwrap(), Bytes::copy_from_slice(body.as_bytes()));
        Draft { method, url, headers, body }
    }

    #[test]
    fn the_example_of_the_rfc_is_signed_as_it_says() {
        // RFC 5849, section 1.2.
        let oauth1 = OAuth1 {
            consumer_key: secret("dpf43f3p2l4k3l03"),
            consumer_secret: secret("kd94hf93k423kf44"),
            token: secret("nnch734d00sl2jdk"),
            token_secret: secret("pfkkdhi9sl3r4s00"),
            signature: OAuth1Signature::HmacSha1,
            realm: Some("Photos".into()),
        };
        let url = "http://photos.example.net/photos?file=vacation.jpg&size=original";
        let header = oauth1.header(&draft(Method::GET, url, ""), "chapoH", 137_131_202);
        assert!(header.starts_with("OAuth realm=\"Photos\", "), "{header}");
        assert!(
            header.contains("oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""),
            "{header}"
        );
    }

    #[test]
    fn the_text_that_is_signed_is_that_of_the_rfc() {
        // RFC 5849, section 3.4.1.1.
        let url = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
        let draft = draft(Method::POST, url, "c2&a3=2+q");
        let own = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        assert_eq!(
            base(&draft, &own),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D\
             %253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonc\
             e%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oau\
             th_token%3Dkkk9d7dh3k39sjv7"
        );
    }
}
