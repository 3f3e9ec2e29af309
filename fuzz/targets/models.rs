#![no_main]

use flighthub_tests::properties::{models, hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hold(models, input));
