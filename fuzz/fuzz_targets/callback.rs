#![no_main]
//! Callback URLs: a code is taken only with our state.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant::fuzzing::callback(data));
