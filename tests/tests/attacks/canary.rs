//! A secret that can be recognised stands wherever a secret can stand; nothing shows it.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};

use flighthub_api::catalog::Catalogue;
use flighthub_api::testing::{NullTransport, Scripted, ScriptedTransport};
use flighthub_api::v1::*;
use flighthub_api::{
    CallOptions, Client, Error, ErrorKind, Method, Operation, Project, Region, RequestParts,
    RetryPolicy, Secret, Sends, Token, TransportReply, blocking,
};
use flighthub_sim::EventTarget;
use flighthub_workflows::Run;
use flighthub_workflows::fetch::{Expected, Fetcher};
use flighthub_workflows::livestream::Playback;
use flighthub_workflows::upload::{Bucket, StorageAccess, StorageProxy, UploadOptions};
use serde_json::{Value, json};

use crate::document::{plant, replies, secrets};
use crate::server::{Server, reply};
use crate::{figure, launch};

const CANARY: &str = "FHCANARY-secret-0815";
/// `{"alg":"HS512"}` . `{"exp":1767323045}` . the canary
const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDV9.FHCANARY-secret-0815";
const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

/// Texts that were looked through.
#[derive(Default)]
struct Shown(Vec<String>);

impl Shown {
    fn debug(&mut self, value: &(impl Debug + ?Sized)) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    fn display(&mut self, value: &(impl Display + ?Sized)) {
        self.0.push(value.to_string());
    }

    /// An error with all that it says, and the errors below it.
    fn error(&mut self, error: &(dyn StdError + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.0.push(format!("{error} {error:?} {error:#?}"));
            next = error.source();
        }
    }

    /// How many of the texts have the canary, plain or in hexadecimal.
    fn hits(&self) -> usize {
        let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
        let hit = |text: &&String| {
            let is_one =
                text.contains("FHCANARY") || text.contains(&hex) || text.contains("eyJhbG");
            assert!(!is_one, "{text}");
            is_one
        };
        self.0.iter().filter(hit).count()
    }
}

#[test]
fn a_hit_is_a_hit() {
    let mut shown = Shown::default();
    shown.debug(&json!({"a": CANARY}));
    assert!(std::panic::catch_unwind(|| shown.hits()).is_err());
}

/// A write with secrets in its body.
fn rtk() -> DeviceCalibrateRtk {
    DeviceCalibrateRtk::new(DeviceCalibrateRtkArgs {
        device_sn: "X".into(),
        host: "ntrip.example.net".into(),
        port: 1,
        account: CANARY.into(),
        password: CANARY.into(),
        mount_point: "M".into(),
    })
}

/// Everything of the client that has the key, or something secret of a call, in it.
fn clients() -> Shown {
    let mut shown = Shown::default();
    shown.debug(&Secret::new(CANARY));
    shown.display(&json!({"secret": Secret::new(CANARY)}));
    shown.debug(&Token::new(KEY));
    shown.debug(&Token::opaque(CANARY));
    let region = Region::on_premises(format!("https://user:{CANARY}@flighthub.example.com"));
    shown.debug(&region);
    shown.error(&Client::new(region, KEY).unwrap_err());
    shown.error(
        &Client::builder(Region::Europe, KEY)
            .proxy(format!("http://[{CANARY}"))
            .build()
            .unwrap_err(),
    );
    let builder = Client::builder(Region::Europe, KEY)
        .proxy(format!("http://user:{CANARY}@127.0.0.1:9"))
        .transport(NullTransport::new(CANARY));
    shown.debug(&builder);
    let client = builder.build().unwrap();
    shown.debug(&client);
    shown.debug(&client.read_only());
    let project = client.project(PROJECT);
    shown.debug(&project);
    let rtk = rtk();
    shown.debug(&rtk);
    shown.debug(&project.send(&rtk));
    shown.debug(&project.call(&rtk));
    shown.debug(&project.devices());
    shown.debug(&CallOptions::new().request_id("r"));
    shown.debug(&client.raw(Method::Post, "/x").query("sig", CANARY).json(CANARY));
    shown.debug(&RequestParts::new(Method::Post, "/x".into(), None, Some(CANARY.into())));
    shown.debug(&TransportReply::new(200, CANARY));
    shown.debug(&NullTransport::new(CANARY));
    shown.debug(&Scripted::status(200, CANARY));
    shown.debug(&ScriptedTransport::new().then(Scripted::json(CANARY)));
    let slow = blocking::Client::from_async(client).unwrap();
    shown.debug(&slow);
    shown.debug(&slow.project(PROJECT));
    shown.debug(&slow.read_only());
    shown
}

/// What workflows and simulator keep.
fn workflows() -> Shown {
    let mut shown = Shown::default();
    let mut grant = replies("project.sts_token")[0]["data"].clone();
    assert!(plant(&mut grant, CANARY) >= 2);
    let grant: StorageCredentials = serde_json::from_value(grant).unwrap();
    shown.debug(&grant);
    let access = StorageAccess::of_project(&grant, flighthub_api::Timestamp::now()).unwrap();
    shown.debug(&access);
    let proxy = StorageProxy::Url(format!("http://user:{CANARY}@127.0.0.1:9").into());
    shown.debug(&proxy);
    let options = UploadOptions::new().with_proxy(proxy);
    shown.debug(&options);
    let clock = std::sync::Arc::new(flighthub_api::TokioClock);
    shown.debug(&Bucket::new(access, clock, &options).unwrap());
    let fetcher = Fetcher::builder().proxy(format!("http://user:{CANARY}@127.0.0.1:9")).build();
    shown.debug(&fetcher);
    let address = Secret::new(format!("https://user:{CANARY}@a.example/{CANARY}?sig={CANARY}"));
    shown.error(&fetcher.check(&address).unwrap_err());
    let playback = Playback::read(&format!("https://a.example/live?token={CANARY}").into(), None);
    shown.debug(&playback);
    shown.display(&serde_json::to_string(&playback).unwrap());
    shown.debug(&EventTarget::new("https://events.example.com/hook", CANARY));
    shown
}

/// What of a typed answer is shown.
async fn answered<O: Operation>(shown: &mut Shown, operation: O, id: &str) -> usize
where
    Project: Sends<O>,
    O::Output: Debug + Send,
{
    let mut planted = 0;
    for mut body in replies(id) {
        let count = plant(&mut body, CANARY);
        let script = ScriptedTransport::new().then(Scripted::json(body.to_string()));
        let project = script.client().unwrap().project(PROJECT);
        let sent = project.call(&operation).await;
        shown.debug(&script);
        shown.debug(&sent);
        if let Ok(reply) = sent {
            assert_eq!(reply.body().matches(CANARY).count(), count, "it is there");
            shown.debug(reply.output());
        }
        planted += count;
    }
    assert!(planted > 0, "{id} has no secrets");
    planted
}

/// All operations, as values known at run time: what they are asked with, and what they answer.
fn operations(shown: &mut Shown) -> usize {
    let mut planted = 0;
    for entry in &Catalogue::v1().operations {
        let mut arguments = Value::Object(entry.example.clone());
        let inside = plant(&mut arguments, CANARY);
        let operation = AnyOperation::from_args(&entry.id, &arguments.to_string()).unwrap();
        shown.debug(&operation);
        shown.display(&operation.arguments());
        shown.debug(&operation.preview());
        let preview = operation.preview().unwrap();
        shown.display(&String::from_utf8_lossy(&preview.body.unwrap_or_default()));
        let request = operation.to_request().unwrap();
        shown.debug(&request);
        let sent = String::from_utf8_lossy(&request.body.unwrap_or_default()).into_owned();
        assert_eq!(sent.matches(CANARY).count(), inside, "{}: it is sent", entry.id);
        for mut body in replies(&entry.id) {
            let inside_too = plant(&mut body, CANARY);
            let data = body["data"].to_string();
            let read = AnyOperation::read_output(&entry.id, &data).unwrap();
            if let Ok(value) = read {
                shown.display(&value);
            }
            planted += inside_too;
        }
        planted += inside;
    }
    planted
}

async fn typed(shown: &mut Shown) -> usize {
    let mut planted = 0;
    planted += answered(shown, ProjectStsToken::new(), "project.sts_token").await;
    planted += answered(shown, TaskMedia::new("a"), "task.media").await;
    planted += answered(shown, WaylineGet::new("a"), "wayline.get").await;
    planted += answered(shown, OpenmodelObtainToken::new(), "openmodel.obtain_token").await;
    planted
}

#[tokio::test]
async fn attack_11_no_debug_text_of_any_type_shows_a_secret() {
    let mut shown = Shown::default();
    assert!(secrets().len() >= 10, "{:?}", secrets());
    let planted = operations(&mut shown) + typed(&mut shown).await;
    assert!(planted >= 15, "{planted}");
    let clients = tokio::task::spawn_blocking(clients).await.unwrap();
    assert_eq!(shown.hits() + clients.hits() + workflows().hits(), 0);
}

/// Every sort of error, provoked with the secret in whatever it can be about.
async fn errors() -> Vec<Error> {
    let mut errors = Vec::new();
    let mut keep = |error: Error| errors.push(error);
    let client = |script: &ScriptedTransport| {
        Client::builder(Region::Europe, KEY)
            .transport(script.clone())
            .no_rate_limit()
            .retry(RetryPolicy::never())
            .build()
            .unwrap()
    };
    // Configuration, arguments, handles.
    keep(Token::new(CANARY).unwrap_err());
    keep(Token::opaque(format!("{CANARY} {CANARY}")).unwrap_err());
    keep(Client::new(Region::on_premises(format!("ftp://{CANARY}:{CANARY}@x")), KEY).unwrap_err());
    keep(Client::new(Region::on_premises(format!("https://x/?{CANARY}")), KEY).unwrap_err());
    keep(
        Client::builder(Region::Europe, KEY).user_agent(format!("{CANARY}\n")).build().unwrap_err(),
    );
    keep(Client::builder(Region::Europe, KEY).certificate_authority(CANARY).build().unwrap_err());
    let none = ScriptedTransport::new();
    keep(client(&none).project(format!("{CANARY}\n")).send(&TaskGet::new("a")).await.unwrap_err());
    keep(
        client(&none)
            .project(PROJECT)
            .send(&TaskGet::new(format!("../{CANARY}")))
            .await
            .unwrap_err(),
    );
    keep(
        client(&none).raw(Method::Get, format!("/x?{CANARY}")).send().await.map(drop).unwrap_err(),
    );
    let write = AnyOperation::from(launch());
    keep(client(&none).project(PROJECT).read_only().send_any(&write).await.map(drop).unwrap_err());
    let read = AnyOperation::from(TaskGet::new("a"));
    keep(client(&none).send_any(&read).await.map(drop).unwrap_err());
    // Answers.
    let echo = format!("{KEY} https://user:{CANARY}@h.example/a?Signature={CANARY}&sig={CANARY}");
    for event in [
        Scripted::not_sent(),
        Scripted::maybe_sent(),
        Scripted::status(500, &echo),
        Scripted::status(302, "").header("location", &format!("https://h.example/?{CANARY}")),
        Scripted::status(401, json!({"code": 200_401, "message": echo}).to_string()),
        Scripted::json(json!({"code": 219_021, "message": echo}).to_string()),
        Scripted::json(json!({"code": 1, "message": {"x": echo}}).to_string()),
        Scripted::status(200, format!("<html>{echo}")),
        Scripted::status(404, "404 page not found"),
        Scripted::status(200, format!("{{\"code\":\"{echo}\"}}")),
        Scripted::json(json!({"code": 0, "data": {"uuid": [echo], "status": echo}}).to_string()),
        Scripted::json(json!({"code": 0, "data": null}).to_string()),
        Scripted::json("x".repeat(2000)),
    ] {
        for is_write in [false, true] {
            let script = ScriptedTransport::new().then(event.clone());
            let client = Client::builder(Region::Europe, KEY).transport(script);
            let client = client.retry(RetryPolicy::never()).max_response_bytes(1000);
            let project = client.build().unwrap().project(PROJECT);
            let sent = match is_write {
                true => project.send(&launch()).await.map(drop),
                false => project.send(&TaskGet::new("a")).await.map(drop),
            };
            keep(sent.unwrap_err());
        }
    }
    // A command that is answered as failed, a list without an end, silence.
    let failed = json!({"code": 0, "data": {"status": "failure", "result": echo, "message": echo}});
    let script = ScriptedTransport::new().then(Scripted::json(failed.to_string()));
    keep(client(&script).project(PROJECT).send(&rtk()).await.unwrap_err());
    let script = ScriptedTransport::new().then(Scripted::silence());
    let options = CallOptions::new().timeout(std::time::Duration::from_millis(30));
    keep(
        client(&script).project(PROJECT).call_with(&TaskGet::new("a"), &options).await.unwrap_err(),
    );
    keep(endless_pages().await);
    keep(tokio::task::spawn_blocking(outside_of_a_runtime).await.unwrap());
    // Over the network, with the secret in the query and in the proxy.
    let cut = Server::start(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()).await;
    let raw = cut.client().raw(Method::Get, "/x").query("sig", CANARY).send().await;
    keep(raw.map(drop).unwrap_err());
    let proxied = Client::builder(Region::Europe, KEY)
        .proxy(format!("http://user:{CANARY}@127.0.0.1:1"))
        .retry(RetryPolicy::never());
    keep(proxied.build().unwrap().project(PROJECT).send(&TaskGet::new("a")).await.unwrap_err());
    errors
}

async fn endless_pages() -> Error {
    let script = ScriptedTransport::new();
    for page in 0..1000 {
        let rows: Vec<Value> = (0..100).map(|row| project_row(page * 100 + row)).collect();
        script.push(Scripted::json(json!({"code": 0, "data": {"list": rows}}).to_string()));
    }
    script.client().unwrap().all_projects().await.unwrap_err()
}

fn project_row(number: usize) -> Value {
    let mut row = replies("project.list")[0]["data"]["list"][0].clone();
    row["uuid"] = format!("{CANARY}-{number}").into();
    row
}

fn outside_of_a_runtime() -> Error {
    let client = blocking::Client::new(Region::Europe, KEY).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { client.project(PROJECT).send(&TaskGet::new("a")).unwrap_err() })
}

/// The sorts of errors that there are.
const KINDS: [ErrorKind; 15] = [
    ErrorKind::Configuration,
    ErrorKind::InvalidArgument,
    ErrorKind::ReadOnly,
    ErrorKind::NoProject,
    ErrorKind::Runtime,
    ErrorKind::Connection,
    ErrorKind::Timeout,
    ErrorKind::TooLarge,
    ErrorKind::Http,
    ErrorKind::Code,
    ErrorKind::NotTheApi,
    ErrorKind::NotDeployed,
    ErrorKind::Decode,
    ErrorKind::Failed,
    ErrorKind::Paging,
];

#[tokio::test]
async fn attack_12_no_error_of_any_kind_shows_a_secret_in_its_chain() {
    let errors = errors().await;
    for kind in KINDS {
        assert!(errors.iter().any(|error| error.kind() == kind), "no {kind:?} was provoked");
    }
    let mut shown = Shown::default();
    for error in &errors {
        shown.error(error);
        shown.display(error.help());
        shown.display(error.message().unwrap_or_default());
    }
    assert_eq!(shown.hits(), 0);
}

/// Errors of the client for files and of uploads, about addresses and credentials that are secret.
async fn errors_about_addresses() -> Shown {
    let mut shown = Shown::default();
    let signed = "X-Amz-Signature=FHCANARY-1&X-Amz-Security-Token=FHCANARY-2&OSSAccessKeyId=FHCANARY-3\
                  &Signature=FHCANARY-4&security-token=FHCANARY-5&sig=FHCANARY-6&AWSAccessKeyId=FHCANARY-7";
    let echo = format!("<Error><Code>AccessDenied</Code><Resource>{signed}</Resource></Error>");
    let server = Server::on("127.0.0.1", move |number, _| {
        match number % 6 {
            0 => reply("403 Forbidden", "", echo.as_bytes()),
            1 => reply("404 Not Found", "", echo.as_bytes()),
            2 => reply("500 Oh", "", echo.as_bytes()),
            3 => reply("302 Found", &format!("location: https://10.0.0.1/x?{signed}\r\n"), b""),
            4 => b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nx".to_vec(),
            _ => reply("200 OK", "content-type: text/html\r\n", echo.as_bytes()),
        }
        .into()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let patient = Fetcher::builder()
        .no_proxy()
        .allow_host("127.0.0.1")
        .attempts(1, std::time::Duration::from_millis(1));
    let fetcher = patient.build();
    let mut addresses: Vec<String> =
        (0..6).map(|_| format!("{}/FHCANARY-path?{signed}", server.url())).collect();
    addresses.extend([
        format!("https://10.0.0.1/FHCANARY-path?{signed}"),
        format!("http://a.example/FHCANARY-path?{signed}"),
        format!("https://FHCANARY-user:FHCANARY-word@a.example/?{signed}"),
        format!("file:///FHCANARY-path?{signed}"),
        format!("https://nowhere.invalid/FHCANARY-path?{signed}"),
        format!("FHCANARY {signed}"),
        format!("http://127.0.0.1:1/FHCANARY-path?{signed}"),
    ]);
    for (number, address) in addresses.iter().enumerate() {
        let target = folder.path().join(number.to_string());
        let address = Secret::new(address.as_str());
        let sent = fetcher.fetch_to_file(&address, &target, &Expected::new(), &Run::quiet()).await;
        let error = sent.unwrap_err();
        shown.display(error.help());
        shown.error(&error);
        let error = flighthub_workflows::Error::from(error);
        shown.display(error.help());
        shown.error(&error);
    }
    shown
}

#[tokio::test]
async fn attack_18_no_signature_or_token_of_an_address_is_in_an_error() {
    assert_eq!(errors_about_addresses().await.hits(), 0);
}

#[tokio::test]
async fn attack_18_no_token_of_an_upload_is_in_an_error() {
    let storage = Server::on("127.0.0.1", |number, request| {
        // Storages repeat what they were sent.
        let echo = format!("<Error><Code>InvalidToken</Code><Message>{request}</Message></Error>");
        match number % 3 {
            0 => reply("403 Forbidden", "content-type: application/xml\r\n", echo.as_bytes()),
            1 => reply("307 Moved", &format!("location: https://x/?{CANARY}\r\n"), echo.as_bytes()),
            _ => b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n<".to_vec(),
        }
        .into()
    })
    .await;
    let mut grant = replies("project.sts_token")[0]["data"].clone();
    plant(&mut grant, CANARY);
    grant["endpoint"] = storage.url().into();
    grant["provider"] = "minio".into();
    let grant: StorageCredentials = serde_json::from_value(grant).unwrap();
    let access = StorageAccess::of_project(&grant, flighthub_api::Timestamp::now()).unwrap();
    let options = UploadOptions::new().with_proxy(StorageProxy::Direct).with_attempts(1);
    let clock = std::sync::Arc::new(flighthub_api::TokioClock);
    let bucket = Bucket::new(access, clock, &options).unwrap();
    let mut shown = Shown::default();
    for name in ["a", "b", "c"] {
        let error = bucket.put(&bucket.key(name).unwrap(), "hello").await.unwrap_err();
        shown.display(error.help());
        shown.error(&error);
    }
    assert_eq!(storage.requests().len(), 3);
    assert!(storage.requests()[0].contains(CANARY), "the token is sent, in its header");
    assert!(!storage.requests()[0].lines().next().unwrap().contains(CANARY), "not in the address");
    assert_eq!(shown.hits(), 0);
}

#[tokio::test]
async fn row_13_no_secret_is_in_any_text_of_a_value_or_an_error() {
    let mut values = Shown::default();
    let planted = operations(&mut values) + typed(&mut values).await;
    let clients = tokio::task::spawn_blocking(clients).await.unwrap();
    let errors = errors().await;
    let mut chains = Shown::default();
    errors.iter().for_each(|error| chains.error(error));
    let all = [values, clients, workflows(), chains, errors_about_addresses().await];
    let texts: usize = all.iter().map(|shown| shown.0.len()).sum();
    let hits: usize = all.iter().map(Shown::hits).sum();
    figure("secrets planted", "count", planted);
    figure("texts of values and errors looked through", "count", texts);
    figure("secrets found in texts of values and errors", "count", hits);
    assert_eq!(hits, 0);
}
