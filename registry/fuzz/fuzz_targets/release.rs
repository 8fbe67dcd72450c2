//! Any bytes, read as a release, given a manifest and signed.
#![no_main]

use jackfield_registry::laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::release(bytes));
