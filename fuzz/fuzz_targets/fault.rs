#![no_main]
//! Answers of the Accounting API: faults in all their envelopes.

libfuzzer_sys::fuzz_target!(|data: &[u8]| evergrant_quickbooks::fuzzing::fault(data));
