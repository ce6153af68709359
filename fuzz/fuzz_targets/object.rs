#![no_main]
//! Objects that are read, changed and written back.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_quickbooks::fuzzing::object(data));
