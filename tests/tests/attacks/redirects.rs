//! Redirects: whoever can answer once must not get the key a second time.

use flighthub_api::v1::{TaskCreate, TaskGet};
use flighthub_api::{ErrorKind, Method};
use flighthub_workflows::Run;
use flighthub_workflows::fetch::{Expected, FetchErrorKind, Fetcher};

use crate::server::{Answer, KEY, Server, json, reply};
use crate::{figure, launch};

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

fn redirect(status: u16, location: &str) -> Answer {
    reply(&format!("{status} Moved"), &format!("location: {location}\r\n"), b"").into()
}

/// A place that would answer well.
async fn elsewhere(host: &str) -> Server {
    Server::on(host, |_, _| json(r#"{"code":0,"data":null}"#).into()).await
}

/// Sends a read, a write, and two raw calls to a server that redirects them. Every one ends there, after one request.
async fn all_end_at(server: &Server) {
    let project = server.client().project(PROJECT);
    let read = project.send(&TaskGet::new("a")).await.unwrap_err();
    let write = project.send(&launch()).await.unwrap_err();
    let raw_read = project.raw(Method::Get, "/openapi/v0.1/x").send().await.unwrap_err();
    let raw_write = project.raw(Method::Put, "/openapi/v0.1/x").json(&1).send().await.unwrap_err();
    for (error, is_write) in [(read, false), (write, true), (raw_read, false), (raw_write, true)] {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Http, 1), "{error}");
        assert_eq!(error.is_indeterminate(), is_write, "{error}");
        let says = if is_write { "Read the state first" } else { "redirects are never followed" };
        assert!(error.help().contains(says), "{}", error.help());
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    // The key does go where it belongs: the count of leaks could be something else.
    assert!(requests.iter().all(|request| request.contains(KEY)));
}

/// How many requests a redirect to another place brings there.
async fn leaks_to(host: &str, status: u16) -> usize {
    let victim = elsewhere(host).await;
    let location = format!("{}/openapi/v0.1/flight-task?FHCANARY-query", victim.url());
    let server = Server::start(redirect(status, &location)).await;
    all_end_at(&server).await;
    victim.requests().len()
}

#[tokio::test]
async fn attack_01_a_301_to_another_port_gets_no_key() {
    assert_eq!(leaks_to("127.0.0.1", 301).await, 0);
}

#[tokio::test]
async fn attack_02_a_302_to_another_port_gets_no_key() {
    assert_eq!(leaks_to("127.0.0.1", 302).await, 0);
}

#[tokio::test]
async fn attack_03_a_303_to_another_port_gets_no_key() {
    assert_eq!(leaks_to("127.0.0.1", 303).await, 0);
}

#[tokio::test]
async fn attack_04_a_307_to_another_port_gets_no_key() {
    assert_eq!(leaks_to("127.0.0.1", 307).await, 0);
}

#[tokio::test]
async fn attack_05_a_308_to_another_port_gets_no_key() {
    assert_eq!(leaks_to("127.0.0.1", 308).await, 0);
}

/// Another address of this machine; only Linux has all of them.
#[cfg(target_os = "linux")]
const OTHER_HOST: &str = "127.0.0.2";
#[cfg(not(target_os = "linux"))]
const OTHER_HOST: &str = "127.0.0.1";

async fn leaks_to_another_host() -> usize {
    let mut leaks = 0;
    for status in [301, 302, 303, 307, 308] {
        leaks += leaks_to(OTHER_HOST, status).await;
    }
    leaks
}

#[tokio::test]
async fn attack_06_a_redirect_to_another_host_gets_no_key() {
    assert_eq!(leaks_to_another_host().await, 0);
}

async fn leaks_from_https_to_http() -> usize {
    let victim = elsewhere("127.0.0.1").await;
    let location = victim.url();
    let server =
        Server::secured(move |number, _| redirect([301, 302, 307, 308][number % 4], &location));
    all_end_at(&server.await).await;
    victim.requests().len()
}

#[tokio::test]
async fn attack_07_a_redirect_from_https_to_http_gets_no_key() {
    assert_eq!(leaks_from_https_to_http().await, 0);
}

/// Requests beyond the first of each call.
async fn rounds_of_a_loop() -> usize {
    let server = Server::on("127.0.0.1", |_, request| {
        let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
        redirect(302, &path)
    })
    .await;
    all_end_at(&server).await;
    server.requests().len() - 4
}

#[tokio::test]
async fn attack_08_a_redirect_loop_is_one_request() {
    assert_eq!(rounds_of_a_loop().await, 0);
}

async fn all_end_at_other_schemes() {
    for location in
        ["file:///etc/passwd", "data:application/json,{\"code\":0}", "ftp://127.0.0.1/", "x:", "%"]
    {
        all_end_at(&Server::start(redirect(302, location)).await).await;
    }
}

#[tokio::test]
async fn attack_09_a_redirect_to_a_file_or_to_data_reads_nothing() {
    all_end_at_other_schemes().await;
}

/// How often the body of a write is seen again.
async fn bodies_sent_again() -> usize {
    let mut again = 0;
    for status in [307, 308] {
        let victim = elsewhere("127.0.0.1").await;
        let location = format!("{}/openapi/v0.1/flight-task", victim.url());
        let server = Server::start(redirect(status, &location)).await;
        let write: TaskCreate = launch();
        let error = server.client().project(PROJECT).send(&write).await.unwrap_err();
        assert!(error.is_indeterminate(), "{error}");
        let seen = server.requests();
        assert_eq!(seen.len(), 1);
        assert!(seen[0].contains("\"wayline_uuid\""), "{}", seen[0]);
        again += victim.requests().len() + seen.len() - 1;
    }
    again
}

#[tokio::test]
async fn attack_10_a_307_does_not_send_the_body_of_a_write_again() {
    assert_eq!(bodies_sent_again().await, 0);
}

/// The client for files has no key to lose: what a storage redirects to gets a bare request, or none.
async fn keys_in_downloads() -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (mut keys, mut tried) = (0, 0);
    for status in [301, 302, 303, 307, 308] {
        for host in ["127.0.0.1", OTHER_HOST] {
            let victim = elsewhere(host).await;
            let location = format!("{}/x", victim.url());
            let storage = Server::start(redirect(status, &location)).await;
            let fetcher = Fetcher::builder().no_proxy().allow_host("127.0.0.1").build();
            let target = folder.path().join(format!("{status}-{host}"));
            let address = format!("{}/file?sig=FHCANARY-signature", storage.url()).into();
            let fetched =
                fetcher.fetch_to_file(&address, &target, &Expected::new(), &Run::quiet()).await;
            tried += 1;
            let requests = [storage.requests(), victim.requests()].concat();
            keys += requests.iter().filter(|request| is_of_flighthub(request)).count();
            // The signature was for the storage alone.
            assert!(!victim.requests().concat().contains("FHCANARY"));
            if host == "127.0.0.1" {
                assert_eq!((fetched.is_ok(), victim.requests().len()), (true, 1));
            } else {
                assert_eq!(fetched.unwrap_err().kind(), FetchErrorKind::Address);
                assert!(victim.requests().is_empty(), "nobody allowed this host");
            }
        }
    }
    (keys, tried)
}

fn is_of_flighthub(request: &str) -> bool {
    ["x-user-token", "x-project-uuid", "x-request-id", "cookie", "authorization", "referer"]
        .iter()
        .any(|name| request.to_lowercase().contains(&format!("\r\n{name}:")))
}

#[tokio::test]
async fn attack_01_to_10_downloads_that_are_redirected_have_no_key() {
    assert_eq!(keys_in_downloads().await.0, 0);
}

/// What the others show could be otherwise: the usual client hands the key on.
#[tokio::test]
async fn the_usual_client_hands_the_key_on() {
    let victim = elsewhere("127.0.0.1").await;
    let server = Server::start(redirect(302, &victim.url())).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(server.url()).header("x-user-token", KEY).send().await.unwrap();
    assert!(victim.requests()[0].contains(KEY));
}

#[tokio::test]
async fn row_12_no_redirect_gets_the_key() {
    let (mut leaks, mut tried) = (0, 0);
    for status in [301, 302, 303, 307, 308] {
        leaks += leaks_to("127.0.0.1", status).await;
        tried += 1;
    }
    leaks += leaks_to_another_host().await;
    leaks += leaks_from_https_to_http().await;
    leaks += rounds_of_a_loop().await;
    all_end_at_other_schemes().await;
    leaks += bodies_sent_again().await;
    let (keys, downloads) = keys_in_downloads().await;
    tried += 5 + 1 + 1 + 5 + 2 + downloads;
    figure("requests that a redirect got the key with", "count", leaks + keys);
    figure("redirect attacks", "count", tried);
    assert_eq!(leaks + keys, 0);
}
