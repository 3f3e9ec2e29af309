#![no_main]

use flighthub_tests::properties::{key, hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hold(key, input));
