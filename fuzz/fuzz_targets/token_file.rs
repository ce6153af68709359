#![no_main]
//! Token files: what is not ours survives new tokens.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant::fuzzing::token_file(data));
