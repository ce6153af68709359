#![no_main]
//! Forms that are uploaded to the sandbox.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_sandbox::fuzzing::multipart(data));
