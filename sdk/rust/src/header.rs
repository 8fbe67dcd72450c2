//! Headers of requests, replies and deliveries: a list in order, repeats kept, names compared
//! without regard to case.

/// One HTTP header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// As sent; compares without regard to case.
    pub name: String,
    /// As sent; bytes that are not UTF-8 arrive as U+FFFD.
    pub value: String,
}

impl Header {
    /// A header of this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// The value of the first header called `name`.
pub(crate) fn find<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
}
