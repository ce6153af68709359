#![no_main]
//! Answers of a token endpoint: no wrong verdict, no token thrown away.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant::fuzzing::token_response(data));
