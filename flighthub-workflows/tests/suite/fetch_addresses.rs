//! Where files are fetched from, and where not.

use std::time::Duration;

use flighthub_sim::{Fault, FaultKind, FaultPort};
use flighthub_workflows::ErrorKind;
use flighthub_workflows::fetch::{Expected, FetchErrorKind, Fetcher};

use crate::fetch::{fetch, impatient, names, quick, server_of};
use crate::support::{bench, flown, media_of};
use crate::tiny::{Piece, Tiny, bytes, reply};

#[tokio::test]
async fn nothing_is_fetched_from_private_addresses_unless_that_is_allowed() {
    let tiny = server_of(bytes(6, 100)).await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let port = tiny.url.rsplit(':').next().unwrap();
    let strict = Fetcher::builder().no_proxy().build();
    let insecure = Fetcher::builder().no_proxy().allow_plain_http(true).build();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        for fetcher in [&strict, &insecure] {
            let address = format!("http://{host}:{port}/secret-path?sig=secret");
            let error = fetch(fetcher, &address, &target, &Expected::new()).await.unwrap_err();
            assert_eq!(error.kind(), FetchErrorKind::Address, "{host}: {error}");
            assert!(!format!("{error}{error:?}").contains("secret"), "{error:?}");
            assert_eq!(flighthub_workflows::Error::from(error).kind(), ErrorKind::Address);
        }
    }
    assert!(tiny.heads().is_empty());
    assert_eq!(names(folder.path()), [""; 0]);
    let named = Fetcher::builder().no_proxy().allow_host("127.0.0.1").build();
    assert!(fetch(&named, &tiny.url, &target, &Expected::new()).await.is_ok());
}

#[tokio::test]
async fn a_name_is_checked_where_it_is_resolved() {
    // No rule about spelling knows this name; the system resolves it to this machine.
    let Ok(name) = std::fs::read_to_string("/etc/hostname") else { return };
    let name = name.trim().to_owned();
    let Ok(found) = tokio::net::lookup_host((name.as_str(), 0)).await else { return };
    let found: Vec<_> = found.collect();
    let is_private = |address: &std::net::SocketAddr| match address.ip() {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_loopback(),
    };
    if found.is_empty() || !found.iter().all(is_private) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fetcher = Fetcher::builder().no_proxy().build();
    let address = format!("https://{name}/x?sig=secret");
    let error = fetch(&fetcher, &address, &folder.path().join("x"), &Expected::new()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Address, "{error}");
    assert!(error.to_string().ends_with("it is in a private network"), "{error}");
}

#[tokio::test]
async fn redirects_are_few_and_lead_nowhere_private() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("x");
    let bench = bench().await;
    let task = flown(&bench).await;
    let rows = media_of(&bench, &task).await;
    let address = rows[0].original_url.clone().unwrap();
    // To another port of this machine, which is the same host: followed, and no key comes along.
    let anew = Expected::new().replacing();
    for status in [301, 302, 303, 307, 308] {
        bench
            .sim
            .inject(Fault::new("*", FaultKind::redirect(status)).port(FaultPort::Storage))
            .unwrap();
        let _ = fetch(&quick().build(), address.expose(), &target, &anew).await;
        bench.sim.clear_faults();
    }
    assert_eq!(bench.sim.arrivals().len(), 5);
    assert!(!format!("{:?}", bench.sim.arrivals()).contains(bench.sim.token()));
    let _ = std::fs::remove_file(&target);
    for (location, why) in [
        ("https://10.0.0.1/x?sig=secret", "it is in a private network"),
        ("http://169.254.169.254/latest/secret", "nothing is fetched from"),
        ("file:///etc/passwd", "only https"),
        ("http://localhost:1/secret", "would not be secured"),
    ] {
        let tiny = Tiny::start(move |_, _| {
            vec![Piece::Bytes(reply("302 Found", &[("location", location)], b""))]
        })
        .await;
        let error = fetch(&quick().build(), &tiny.url, &target, &Expected::new()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::Address, "{location}: {error}");
        assert!(error.to_string().contains(why), "{location}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(tiny.heads().len(), 1);
    }
    let round =
        Tiny::start(|_, _| vec![Piece::Bytes(reply("302 Found", &[("location", "/again")], b""))])
            .await;
    let fetcher = quick().attempts(1, Duration::ZERO).build();
    let error = fetch(&fetcher, &round.url, &target, &Expected::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "the storage redirects more than 3 times");
    assert_eq!(round.heads().len(), 4);
}

#[tokio::test]
async fn errors_show_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let mute = Tiny::start(|_, _| vec![Piece::Pause(Duration::from_secs(30))]).await;
    let broken = Tiny::start(|_, _| {
        vec![Piece::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec())]
    })
    .await;
    for address in [
        format!("http://127.0.0.1:{port}/secret?sig=secret"),
        format!("{}/secret?sig=secret", mute.url),
        format!("{}/secret?sig=secret", broken.url),
        "https://nowhere.invalid/secret?sig=secret".to_owned(),
    ] {
        let fetcher = impatient().attempts(1, Duration::ZERO).build();
        let error = fetch(&fetcher, &address, &folder.path().join("x"), &Expected::new()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::Fault, "{error}");
        let error = flighthub_workflows::Error::from(error);
        assert!(!format!("{error} {error:?} {}", error.help()).contains("secret"), "{error:?}");
    }
}
