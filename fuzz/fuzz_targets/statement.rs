#![no_main]
//! Query texts that the client takes apart.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_quickbooks::fuzzing::statement(data));
