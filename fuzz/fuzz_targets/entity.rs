#![no_main]
//! Bodies of writes that are put to the sandbox.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_sandbox::fuzzing::entity(data));
