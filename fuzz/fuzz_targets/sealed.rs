#![no_main]
//! Sealed texts that nobody has sealed, and keys of all kinds.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant::fuzzing::sealed(data));
