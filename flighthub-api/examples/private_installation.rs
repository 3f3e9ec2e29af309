//! One call over TLS to a private installation with a certificate authority of its own.
//!
//! ```sh
//! FLIGHTHUB_TOKEN=… cargo run -p flighthub-api --example private_installation -- https://flighthub.example.com authority.pem
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::error::Error;

use flighthub_api::{Client, Region};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(authority)) = (arguments.next(), arguments.next()) else {
        return Err("usage: private_installation <address> <certificate authority in PEM>".into());
    };
    let key = std::env::var("FLIGHTHUB_TOKEN")?;
    let authority = std::fs::read(authority)?;
    let client = Client::builder(Region::on_premises(address), key)
        .certificate_authority(authority)
        .build()?;
    client.system().status().await?;
    println!("answered");
    Ok(())
}
