#![no_main]
//! Query texts that are put to the sandbox.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_sandbox::fuzzing::query(data));
