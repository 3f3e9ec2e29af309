//! The client without async: is the service up, and what is the state of a device?
//!
//! ```sh
//! FLIGHTHUB_REGION=http://127.0.0.1:30812 FLIGHTHUB_TOKEN=… FLIGHTHUB_PROJECT=… \
//!   cargo run -p flighthub-api --features blocking --example without_async -- SERIAL_NUMBER
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::env;

use flighthub_api::{Error, Region, blocking};

fn main() -> Result<(), Error> {
    let region: Region = env::var("FLIGHTHUB_REGION").unwrap_or_else(|_| "eu".into()).parse()?;
    let key = env::var("FLIGHTHUB_TOKEN").unwrap_or_default();
    let project = env::var("FLIGHTHUB_PROJECT").unwrap_or_default();
    let client = blocking::Client::new(region, key)?;
    client.system().status().send()?;
    println!("FlightHub 2 answers");

    let Some(sn) = env::args().nth(1) else {
        return Ok(());
    };
    let snapshot = client.project(project).devices().state(sn).send()?;
    let Some(state) = snapshot.device_state else {
        println!("no state is known");
        return Ok(());
    };
    let aircraft = state.aircraft();
    if let Some(mode) = aircraft.mode_code {
        println!("mode {mode}");
    }
    if let (Some(latitude), Some(longitude)) = (aircraft.latitude, aircraft.longitude) {
        println!("at {latitude:.6}, {longitude:.6}");
    }
    Ok(())
}
