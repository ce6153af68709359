#![no_main]
//! Journals: cut, glued and summed up, they say the same.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant::fuzzing::journal(data));
