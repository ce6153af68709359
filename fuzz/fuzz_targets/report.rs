#![no_main]
//! Reports, flattened.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_quickbooks::fuzzing::report(data));
