#![no_main]

use flighthub_tests::properties::{error_bodies, hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| hold(error_bodies, input));
