//! Nothing secret comes out where nobody expects it: a session that uses every secret there is, and a search for all of them in whatever
//! the simulator writes down, prints or shows beside the replies that hand them out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use flighthub_sim::{Caller, EventTarget, Fault, FaultKind, KeyProfile, Profile, Sim, World};
use serde_json::{Value, json};
use wire::{Answer, DOCK, DRONE, send, task};

/// A dock without an aircraft.
const SPARE: &str = "7CTXN0000B00C3";

/// What a session came to.
#[derive(Default)]
struct Session {
    /// Secrets by what they are.
    canaries: BTreeMap<String, String>,
    /// Reply headers, and bodies of replies that should have no secret.
    shown: String,
}

impl Session {
    fn know(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to be searched for: {secret}");
        self.canaries.insert(what.to_owned(), secret.to_owned());
    }

    /// The values of parameters of a signed or live address.
    fn know_address(&mut self, what: &str, address: &str, parameters: &[&str]) {
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        let mut found = 0;
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if parameters.contains(&name) {
                self.know(&format!("{what} {name}"), value);
                found += 1;
            }
        }
        assert!(found > 0, "{what}: {address}");
    }

    /// Looks for all of them.
    fn search(&self, place: &str, text: &str) {
        assert!(!text.is_empty(), "{place} is empty");
        for (what, secret) in &self.canaries {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for form in [secret, &hex] {
                if let Some(at) = text.find(form.as_str()) {
                    let begin =
                        (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at));
                    panic!("{place} has {what}: {}", &text[begin.unwrap_or(0)..at + form.len()]);
                }
            }
        }
    }
}

struct Client<'c> {
    url: &'c str,
    /// Where the simulator itself is, when something stands before it.
    sim: &'c str,
    key: &'c str,
    session: &'c mut Session,
}

impl Client<'_> {
    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let answer = send(self.url, method, path, headers, body);
        for (name, value) in &answer.headers {
            writeln!(self.session.shown, "{name}: {value}").unwrap();
        }
        answer
    }

    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let key = self.key.to_owned();
        let headers = [("X-User-Token", key.as_str()), ("X-Project-Uuid", World::DEMO_PROJECT)];
        let body = body.map(Value::to_string);
        self.ask(method, &format!("/openapi/v0.1{path}"), &headers, body.as_deref())
    }

    /// A request whose reply is to be searched too.
    fn wrong(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) {
        let answer = self.ask(method, path, headers, body);
        self.session.shown.push_str(&answer.body);
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

/// Uses every secret, as documented and where it does not belong.
fn use_everything(url: &str, sim: &str, key: &str) -> Session {
    const SIGNED: [&str; 3] = ["X-Amz-Signature", "X-Amz-Security-Token", "Signature"];
    let mut session = Session::default();
    session.know("the admin key", key);
    session.know("the signature of the admin key", key.rsplit('.').next().unwrap());
    let mut client = Client { url, sim, key, session: &mut session };
    let control = |client: &mut Client<'_>, path: &str, body: &str| {
        let answer = send(client.sim, "POST", &format!("/__sim/{path}"), &[], Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
    };

    // Every key, and one that nobody knows.
    for profile in KeyProfile::ALL {
        let key = World::demo_key(profile);
        client.session.know(&format!("the key {}", profile.name()), &key);
        client.ask("GET", "/openapi/v0.1/project", &[("X-User-Token", &key)], None);
    }
    client.session.know("a key of nobody", "nobody-canary-4711");
    client.ask("GET", "/openapi/v0.1/project", &[("X-User-Token", "nobody-canary-4711")], None);

    // Grants, and uploads with them.
    let grant = client.call("GET", "/project/sts-token", None).data();
    client.session.know("secret of a grant", text(&grant, "/credentials/access_key_secret"));
    let token = text(&grant, "/credentials/security_token").to_owned();
    client.session.know("token of a grant", &token);
    let modeling = client.call("POST", "/open_model/stores/obtain_token", Some(&json!({}))).data();
    client.session.know("secret of a modeling grant", text(&modeling, "/secret_access_key"));
    client.session.know("token of a modeling grant", text(&modeling, "/session_token"));
    let callback = text(&modeling, "/callback_param").to_owned();
    client.session.know("callback of a modeling grant", &callback);
    let resource = text(&modeling, "/store_path").split('/').rev().nth(1).unwrap().to_owned();
    let report = json!({"resource_uuid": resource, "callback_param": callback, "files": [{"name": "1.JPG", "etag": "x"}]});
    client.call("POST", "/open_model/stores/upload_callback", Some(&report));
    let storage = text(&grant, "/endpoint").to_owned();
    let bucket = text(&grant, "/bucket").to_owned();
    let signature = "canary-signature-0815";
    client.session.know("signature of an upload", signature);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature={signature}",
        text(&grant, "/credentials/access_key_id")
    );
    let headers = [("Authorization", authorization.as_str()), ("X-Amz-Security-Token", &token)];
    let answer = send(
        &storage,
        "PUT",
        &format!("/{bucket}/a?X-Amz-Signature={signature}"),
        &headers,
        Some("x"),
    );
    client.session.shown.push_str(&answer.body);

    // Correction data, live streams, converters.
    client.session.know("account of RTK", "canary-account-1");
    client.session.know("password of RTK", "canary-password-2");
    let rtk = json!({"host": "ntrip.example.net", "port": 8002, "account": "canary-account-1",
        "password": "canary-password-2", "mount_point": "M"});
    let answer = client.call("POST", &format!("/device/{SPARE}/rtk"), Some(&rtk));
    client.session.shown.push_str(&answer.body);
    // Broken JSON, and bytes that are no text.
    let broken = rtk.to_string().replace("8002", "8002x");
    client.wrong(
        "POST",
        &format!("/openapi/v0.1/device/{SPARE}/rtk"),
        &[("X-User-Token", key), ("X-Project-Uuid", World::DEMO_PROJECT)],
        Some(&broken),
    );
    send_bytes(
        url,
        key,
        &format!("/openapi/v0.1/device/{SPARE}/rtk"),
        &[rtk.to_string().as_bytes(), b"\xff\xfe"].concat(),
    );
    let live = json!({"sn": DOCK, "camera_index": "165-0-7", "video_expire": 300, "quality_type": "smooth"});
    let live = client.call("POST", "/live-stream/start", Some(&live)).data();
    client.session.know_address("a live address", text(&live, "/url"), &["token"]);
    control(&mut client, "deeds", r#"{"do": "live-vendor", "vendor": "srs"}"#);
    let live = json!({"sn": DOCK, "camera_index": "165-0-7", "video_expire": 300, "quality_type": "smooth"});
    let live = client.call("POST", "/live-stream/start", Some(&live)).data();
    client.session.know("the address of a live stream", text(&live, "/url"));
    for (password, schema, option) in [
        (
            "canary-push-3",
            "rtmp",
            json!({"url": "rtmp://me:canary-push-3@media.example.net/live/canary-push-3"}),
        ),
        (
            "canary-gb-4",
            "gb28181",
            json!({"server_id": "34020000002000000001", "server_ip": "192.0.2.10", "server_port": "5060",
            "device_password": "canary-gb-4", "local_port": "7060", "device_id": "34020000001310000001",
            "local_channel": "34020000001320000001"}),
        ),
    ] {
        client.session.know(schema, password);
        let body = json!({"converter_name": schema, "sn": DOCK, "camera_index": "165-0-7", "schema": schema, "schema_option": option});
        client.call("POST", "/live-stream/converter", Some(&body)).data();
    }
    client.call("GET", "/live-stream/converter", None).data();

    // Signed addresses of a route and of media, one of them used.
    let route = client.call("GET", &format!("/wayline/{}", wire::NORTH), None).data();
    client.session.know_address("a route", text(&route, "/download_url"), &SIGNED);
    let created = client.call("POST", "/flight-task", Some(&task("Secret round"))).data();
    control(&mut client, "advance", r#"{"seconds": 3600}"#);
    let media = client
        .call("GET", &format!("/flight-task/{}/media", text(&created, "/task_uuid")), None)
        .data();
    let address = text(&media, "/list/0/original_url").to_owned();
    client.session.know_address("a file", &address, &SIGNED);
    let (host, path) =
        address.split_at(address.find('/').map_or(0, |_| address[8..].find('/').unwrap() + 8));
    let answer = send(host, "GET", &format!("{path}x"), &[], None);
    client.session.shown.push_str(&answer.body);

    // Secrets where they do not belong.
    let project = ("X-Project-Uuid", World::DEMO_PROJECT);
    let auth = ("X-User-Token", key);
    let bearer = format!("Bearer {key}");
    client.wrong("GET", "/openapi/v0.1/project", &[("Authorization", &bearer)], None);
    client.wrong(
        "GET",
        "/openapi/v0.1/project",
        &[("Cookie", &format!("token={key}")), ("X-Request-Id", key), ("User-Agent", &bearer)],
        None,
    );
    client.wrong("GET", "/openapi/v0.1/project/device", &[auth, ("X-Project-Uuid", key)], None);
    client.wrong(
        "GET",
        &format!("/openapi/v0.1/project?token={key}&x=Bearer%20{key}"),
        &[auth],
        None,
    );
    client.wrong("GET", &format!("/openapi/v0.1/device/{key}/state"), &[auth, project], None);
    client.wrong("GET", &format!("/openapi/v0.1/nowhere/{key}"), &[auth, project], None);
    client.wrong(
        "POST",
        &format!("/openapi/v1.0/a/{key}?access_token={key}"),
        &[auth, project],
        Some("{}"),
    );
    let mut odd = task("odd");
    odd[key] = json!(key);
    odd["note"] = json!(format!("Bearer {key}"));
    client.wrong("POST", "/openapi/v0.1/flight-task", &[auth, project], Some(&odd.to_string()));
    client.wrong(
        "POST",
        "/openapi/v0.1/flight-task",
        &[auth, project],
        Some(&json!({"name": key, "sn": key, "task_type": key}).to_string()),
    );
    client.wrong(
        "POST",
        &format!("/openapi/v0.1/device/{DRONE}/command"),
        &[auth, project],
        Some(&json!({"device_command": key}).to_string()),
    );
    client.wrong("GET", &format!("/__sim/{key}"), &[], None);
    session
}

/// A body that is no text.
fn send_bytes(url: &str, key: &str, path: &str, body: &[u8]) {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-User-Token: {key}\r\nX-Project-Uuid: {}\r\nContent-Length: {}\r\n\r\n",
        World::DEMO_PROJECT,
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
}

/// Takes posts until the test ends.
fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/canary-hook-path", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
            let _ = stream.read(&mut [0; 65536]);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        }
    });
    url
}

/// A file of this test.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("secrets-{name}"))
}

#[test]
fn the_binary_shows_no_secret() {
    let (secret, record) = (file("events.txt"), file("session.ndjson"));
    std::fs::write(&secret, "canary-events-secret\n").unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_flighthub-sim"))
        .args(["--speed", "0", "--profile", "private", "--events-to", &receiver()])
        .arg("--events-secret-file")
        .arg(&secret)
        .arg("--record")
        .arg(&record)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut first = [const { String::new() }; 3];
    for line in &mut first {
        out.read_line(line).unwrap();
    }
    let url = first[0].trim().strip_prefix("listening on ").unwrap().to_owned();
    let key = first[1].trim().strip_prefix("FLIGHTHUB_TOKEN=").unwrap().to_owned();

    let mut session = use_everything(&url, &url, &key);
    session.know("the secret of events", "canary-events-secret");
    session.know("the path of events", "canary-hook-path");
    // Time to post them.
    std::thread::sleep(Duration::from_millis(300));
    let journal = send(&url, "GET", "/__sim/journal?limit=100000", &[], None).body;
    assert!(journal.contains(r#""port":"events""#), "no events were posted");
    session.search("the journal", &journal);
    session.search(
        "the journal as lines",
        &send(&url, "GET", "/__sim/journal?format=ndjson", &[], None).body,
    );
    let failed = send(&url, "POST", "/__sim/expect", &[], Some(r#"{"times": 0}"#));
    assert_eq!(failed.status, 409);
    session.search("a failed expectation", &failed.body);
    session.search("replies", &session.shown);
    // The one place that gives keys away: that is what it is for.
    let world = send(&url, "GET", "/__sim/world", &[], None).json();
    let mut regions = world["regions"]["eu"].clone();
    assert!(regions.as_object_mut().unwrap().remove("keys").is_some());
    session.search("the world", &regions.to_string());

    // By a signal, so that the record is completed.
    let ended = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(ended.success() && process.wait().unwrap().success());
    let (mut printed, mut complained) = (String::new(), String::new());
    out.read_to_string(&mut printed).unwrap();
    process.stderr.take().unwrap().read_to_string(&mut complained).unwrap();
    assert_eq!((printed.as_str(), complained.as_str()), ("", ""));
    session.search("the record", &std::fs::read_to_string(&record).unwrap());
}

#[test]
fn no_type_shows_a_secret() {
    let fault = Fault::new("task.get", FaultKind::reset());
    let sim = Sim::builder().profile(Profile::Private);
    let target =
        EventTarget::new("http://127.0.0.1:9/canary-hook-path", "canary-events-secret").unwrap();
    let debug = format!("{target:?} {:?}", sim.clone().events_to(target.clone()));
    let sim = sim.start_blocking().unwrap();
    sim.inject(fault).unwrap();
    let key = sim.token().to_owned();
    let mut session = use_everything(sim.url(), sim.url(), &key);
    session.know("the secret of events", "canary-events-secret");
    session.know("the path of events", "canary-hook-path");
    session.search("settings", &debug);
    let journal = sim.journal();
    for (place, text) in [
        ("the journal's Display", journal.to_string()),
        ("the journal's Debug", format!("{journal:#?}")),
        ("the normalised journal", journal.normalised()),
        ("the entries as JSON", serde_json::to_string(journal.entries()).unwrap()),
        ("the simulator", format!("{sim:#?}")),
        ("its regions", format!("{:#?}", sim.regions())),
        ("the world", sim.with_world(|world| format!("{world:#?}"))),
        ("its events", sim.with_world(|world| format!("{:#?}", world.take_events()))),
        ("its live streams", sim.with_world(|world| format!("{:#?}", world.livestreams()))),
        (
            "callers",
            format!(
                "{:?}",
                Caller::admin().in_project(World::DEMO_PROJECT).with_key(KeyProfile::Admin)
            ),
        ),
        ("faults", format!("{:#?}", sim.faults())),
        ("arrivals", format!("{:#?}-", sim.arrivals())),
    ] {
        session.search(place, &text);
    }
    let failed = std::panic::catch_unwind(|| journal.times(0).len()).unwrap_err();
    session.search("a failed assertion", failed.downcast_ref::<String>().unwrap());
    session.search("replies", &session.shown);
}

#[cfg(feature = "contract")]
#[test]
fn the_contract_proxy_shows_no_secret() {
    use flighthub_sim::contract::Proxy;

    let sim = Sim::builder().profile(Profile::Private).start_blocking().unwrap();
    let file = file("report.ndjson");
    let proxy = Proxy::before(sim.url()).report_to(&file).start_blocking().unwrap();
    let session = use_everything(proxy.url(), sim.url(), sim.token());
    let report = proxy.report();
    assert!(report.exchanges > 20, "{}", report.exchanges);
    for (place, text) in [
        ("the report", report.to_string()),
        ("its Debug", format!("{report:#?}")),
        ("its lines", report.to_ndjson()),
        (
            "the report over HTTP",
            send(proxy.url(), "GET", "/__sim/contract/report", &[], None).body,
        ),
        ("the proxy", format!("{proxy:#?}")),
    ] {
        session.search(place, &text);
    }
    proxy.stop().unwrap();
    session.search("the file", &std::fs::read_to_string(&file).unwrap());
    session.search("replies", &session.shown);
}
