#![no_main]

use flighthub_tests::properties::{spec, hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hold(spec, input));
