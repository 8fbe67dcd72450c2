//! Tidiness: what a reader relies on when they look for something, held by tests.

mod arrows;
mod documents;
mod headers;
mod references;
mod source;
