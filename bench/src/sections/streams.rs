//! What it costs that a download is watched: for silence, for slowness, for its length, and so that it can be continued.

use flighthub_api::Secret;
use flighthub_workflows::Run;
use flighthub_workflows::fetch::{Expected, Fetcher};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::Result;
use crate::answers::STREAM;
use crate::counting::{Lane, side_by_side};
use crate::figures::Table;
use crate::processes;

/// Bytes of a download. Nine rounds are more than 2 GiB each way.
const BYTES: u64 = 256 << 20;
const ROUNDS: usize = 9;

/// Measures it, and prints its figures.
///
/// # Errors
///
/// When a download fails.
pub fn run() -> Result<()> {
    let (_server, address) = processes::answers()?;
    let url = format!("http://{address}{STREAM}{BYTES}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fetcher = Fetcher::builder().no_proxy().allow_private_addresses(true).build();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let secret = Secret::new(url.clone());
    let mut lanes = [
        Lane::new("reqwest and sha256", || runtime.block_on(plain(&client, &url))),
        Lane::new("flighthub-workflows", || runtime.block_on(watched(&fetcher, &secret))),
    ];
    side_by_side(&mut lanes, ROUNDS)?;
    let table = Table("Watched downloads, 256 MiB");
    let [plain, watched] = &lanes;
    for lane in &lanes {
        if let Some(cost) = lane.cost() {
            table.measured(lane.name(), "processor time", cost / 1000.0, "ms");
        }
    }
    if let Some(ratio) = watched.ratio(plain) {
        table.number(watched.name(), "time over reqwest and sha256", ratio);
    }
    Ok(())
}

/// Bytes hashed and handed on, and nothing else.
async fn plain(client: &reqwest::Client, url: &str) -> Result<()> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let (mut hasher, mut sink, mut length) = (Sha256::new(), tokio::io::sink(), 0);
    while let Some(chunk) = response.chunk().await? {
        hasher.update(&chunk);
        sink.write_all(&chunk).await?;
        length += chunk.len() as u64;
    }
    std::hint::black_box(hasher.finalize());
    whole(length)
}

/// The same as the workflows do it.
async fn watched(fetcher: &Fetcher, address: &Secret) -> Result<()> {
    let mut sink = tokio::io::sink();
    let fetched =
        fetcher.fetch_to_writer(address, &mut sink, &Expected::new(), &Run::quiet()).await?;
    whole(fetched.size)
}

fn whole(length: u64) -> Result<()> {
    if length == BYTES { Ok(()) } else { Err(format!("{length} bytes came").into()) }
}
