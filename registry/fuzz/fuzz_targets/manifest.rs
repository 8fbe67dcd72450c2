//! Any text, read as a manifest.
#![no_main]

use jackfield_registry::laws;

libfuzzer_sys::fuzz_target!(|text: &str| laws::manifest(text));
