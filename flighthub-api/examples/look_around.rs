//! What a key can see: projects, and the docks and aircraft in them. It changes nothing.
//!
//! ```sh
//! FLIGHTHUB_REGION=http://127.0.0.1:30812 FLIGHTHUB_TOKEN=… cargo run -p flighthub-api --example look_around
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::env;

use flighthub_api::{Client, Error, Region};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let region: Region = env::var("FLIGHTHUB_REGION").unwrap_or_else(|_| "eu".into()).parse()?;
    let key = env::var("FLIGHTHUB_TOKEN").unwrap_or_default();
    // A read-only handle has no calls that could change anything: that is checked by the compiler.
    let client = Client::new(region, key)?.read_only();

    for project in client.all_projects().await? {
        println!("{}  {}", project.uuid, project.name);
        let pairs = client.project(&project.uuid).projects().devices().await?;
        if pairs.was_null() {
            println!("  no devices, or the key has no rights to see them");
        }
        for pair in &pairs {
            let gateway = pair.gateway.as_ref().map_or("no gateway", |gateway| gateway.sn.as_str());
            let drone = pair.drone.as_ref().map_or("no aircraft", |drone| drone.sn.as_str());
            println!("  {gateway}  {drone}");
        }
        for odd in pairs.odd() {
            println!("  row {} could not be read: {}", odd.index(), odd.problem());
        }
    }
    Ok(())
}
