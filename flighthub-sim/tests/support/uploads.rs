//! Uploads of routes with an ordinary S3 client, for tests of the simulator from outside.
#![allow(dead_code, reason = "every test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use flighthub_sim::Sim;
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, RetryConfig};
use serde_json::{Value, json};

use super::wire::{Answer, call, send};

/// A sound route of a few waypoints.
pub(crate) fn route() -> Vec<u8> {
    let mut route = Kmz::new("0-91-1");
    let point = |number: u32| KmzWaypoint::new(0.021, -25.3 + f64::from(number) * 1e-4, 60.0);
    route.waypoints = (0..4).map(point).collect();
    route.to_bytes().unwrap()
}

/// Uploads a route as integrators do, and answers what the report of it is answered with.
pub(crate) fn upload(sim: &Sim, name: &str, bytes: &[u8]) -> Answer {
    let data = call(sim, "GET", "/project/sts-token", None).data();
    let prefix = data["object_key_prefix"].as_str().unwrap();
    let key = format!("{prefix}/{name}/{name}.kmz");
    run(async {
        store(&data).put(&Path::from(key.as_str()), bytes.to_vec().into()).await.unwrap();
    });
    call(sim, "POST", "/wayline/finish-upload", Some(&json!({"name": name, "object_key": key})))
}

/// Uploads something in two parts, under credentials of its own.
pub(crate) fn upload_in_parts(sim: &Sim, name: &str) {
    let data = call(sim, "GET", "/project/sts-token", None).data();
    let key = format!("{}/{name}.bin", data["object_key_prefix"].as_str().unwrap());
    run(async {
        let path = Path::from(key.as_str());
        let mut upload = store(&data).put_multipart(&path).await.unwrap();
        upload.put_part(vec![7; 5 << 20].into()).await.unwrap();
        upload.put_part(vec![8; 100].into()).await.unwrap();
        upload.complete().await.unwrap();
    });
}

/// An upload that is refused: outside of the prefix, or too large to be recorded.
pub(crate) fn refused(sim: &Sim, bytes: Vec<u8>, is_outside: bool) -> String {
    let data = call(sim, "GET", "/project/sts-token", None).data();
    let prefix = if is_outside { "elsewhere" } else { data["object_key_prefix"].as_str().unwrap() };
    let key = format!("{prefix}/refused.bin");
    let failed =
        run(async { store(&data).put(&Path::from(key.as_str()), bytes.into()).await.unwrap_err() });
    format!("{failed:?}")
}

/// Reads a signed address of a simulator.
pub(crate) fn download(sim: &Sim, url: &str, headers: &[(&str, &str)]) -> u16 {
    let path = url.strip_prefix(sim.storage_url()).unwrap();
    // What comes is no text.
    let mut all = vec![("Range", "bytes=0-0")];
    all.extend_from_slice(headers);
    send(sim.storage_url(), "GET", path, &all, None).status
}

fn store(data: &Value) -> impl ObjectStore {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = &data["credentials"];
    AmazonS3Builder::new()
        .with_endpoint(text(&data["endpoint"]))
        .with_allow_http(true)
        .with_bucket_name(text(&data["bucket"]))
        .with_region(text(&data["region"]))
        .with_access_key_id(text(&keys["access_key_id"]))
        .with_secret_access_key(text(&keys["access_key_secret"]))
        .with_token(text(&keys["security_token"]))
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .build()
        .unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
