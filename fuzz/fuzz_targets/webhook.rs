#![no_main]
//! Bodies of webhooks.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_quickbooks::fuzzing::webhook(data));
