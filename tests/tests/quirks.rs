//! Every quirk of the simulator: that it comes when asked for, whether the description judges it as it should, and what our client
//! makes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flighthub_api::v1::*;
use flighthub_api::{
    BoxFuture, Client, Error, ErrorKind, Listing, Operation, Project, Region, RetryPolicy, Sends,
    Transport, TransportError, TransportReply, TransportRequest,
};
use flighthub_sim::contract::{Finding, Kind};
use flighthub_sim::quirks::{self, Operations, QUIRKS};
use flighthub_sim::{Reply, Sim};
use flighthub_tests::wire::{self, Answer};
use flighthub_tests::{description, endpoint, violations};

/// As people write it: the constant of the crate is the same.
const QUIRK: &str = "x-flighthub-simulator-quirk";
const DOCK: &str = "7CTXN0000B00A1";
const DRONE: &str = "1581F0Q8X000U00G00A1";
const DRONE_CAMERA: &str = "81-0-0";

/// What the client makes of a reply.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Read {
    /// Read: rows, and rows put aside as odd. What is no list is one row.
    Rows(usize, usize),
    /// As many rows as without the quirk, none of them odd.
    AllRows,
    /// The same, and so many odd ones beside them.
    AllRowsAndOdd(usize),
    /// Each row twice.
    Doubled,
    /// All rows are there, each as read or put aside.
    NoneLost,
    /// Refused with a business code.
    Code(i64),
    /// Not read.
    Fails(ErrorKind),
}

use ErrorKind::{Decode, Http, NotDeployed, NotTheApi};
use Read::{AllRows, AllRowsAndOdd, Code, Doubled, Fails, NoneLost, Rows};

/// Each quirk on one of its operations, and what becomes of it.
const TABLE: &[(&str, &str, Read)] = &[
    ("null-list", "wayline.list", Rows(0, 0)),
    ("empty-list", "wayline.list", Rows(0, 0)),
    ("data-null", "task.get", Fails(Decode)),
    ("data-empty", "wayline.list", Rows(0, 0)),
    ("data-missing", "task.get", Fails(Decode)),
    ("bare-list", "wayline.list", AllRows),
    ("void-null", "task.set_status", Rows(1, 0)),
    ("void-absent", "task.set_status", Rows(1, 0)),
    ("void-object", "task.set_status", Rows(1, 0)),
    ("annotation-without-id", "annotation.create", Rows(1, 0)),
    ("refusal-without-data", "project.list", Code(200_401)),
    ("code-as-text", "project.list", Code(200_401)),
    ("success-as-text", "project.list", AllRows),
    ("busy", "task.get", Code(219_021)),
    ("server-error", "wayline.list", Code(200_500)),
    ("refusal-with-object", "converter.list", Code(231_011)),
    ("refusal-with-list", "converter.list", Code(231_011)),
    ("message-english", "device.state", Code(212_015)),
    ("message-chinese", "device.state", Code(212_015)),
    ("unknown-code", "device.state", Code(299_999)),
    ("too-many-429", "device.state", Code(210_429)),
    ("too-many-200", "device.state", Code(210_429)),
    ("web-page", "project.list", Fails(NotTheApi)),
    ("not-deployed", "converter.list", Fails(NotDeployed)),
    ("not-found-text", "converter.list", Fails(NotDeployed)),
    ("bad-gateway", "project.list", Fails(Http)),
    ("truncated", "project.list", Fails(Decode)),
    ("byte-order-mark", "project.list", AllRows),
    ("unlabelled", "project.list", Rows(0, 0)),
    ("device-halves", "project.devices", Rows(4, 0)),
    ("dock-state-names", "device.state", Rows(1, 0)),
    ("state-without-fix", "device.state", Rows(1, 0)),
    ("state-mode-number", "device.state", Rows(1, 0)),
    ("payload-keys", "device.state", Rows(1, 0)),
    ("manual-flight", "task.list", Rows(1, 0)),
    ("operations-mixed", "task.list", Rows(4, 0)),
    ("task-numbers", "task.list", AllRows),
    ("task-zeros", "task.get", Rows(1, 0)),
    ("task-without-folder", "task.get", Rows(1, 0)),
    ("media-folders", "task.media", Rows(5, 0)),
    ("track-seconds", "task.track", Rows(1, 0)),
    ("track-milliseconds", "task.track", Rows(1, 0)),
    ("track-without-height", "task.track", Rows(1, 0)),
    ("track-without-points", "task.track", Rows(1, 0)),
    ("routes-of-all-kinds", "wayline.list", Rows(3, 0)),
    ("alerts-nested", "device.hms", Rows(4, 0)),
    ("live-volc", "livestream.start", Rows(1, 0)),
    ("live-agora", "livestream.start", Rows(1, 0)),
    ("live-srs", "livestream.start", Rows(1, 0)),
    ("live-whep", "livestream.start", Rows(1, 0)),
    ("live-untyped", "livestream.start", Rows(1, 0)),
    ("storage-ali", "project.sts_token", Rows(1, 0)),
    ("modeling-grant", "openmodel.obtain_token", Rows(1, 0)),
    ("drained-resource", "openmodel.get_resource", Rows(1, 0)),
    ("project-without-time", "project.list", Rows(3, 0)),
    ("model-ids", "model.list", Rows(2, 0)),
    ("converters-mixed", "converter.list", Rows(3, 0)),
    ("converters-bare", "converter.list", Rows(3, 0)),
    ("page-ignored", "project.list", Rows(2, 0)),
    ("extra-fields", "wayline.list", AllRows),
    ("odd-rows", "task.list", AllRowsAndOdd(2)),
    ("doubled-rows", "wayline.list", Doubled),
    ("unknown-values", "task.list", AllRows),
    ("nulls-where-optional", "task.list", AllRows),
    ("nulls-where-required", "task.list", NoneLost),
    ("numbers-as-text", "task.list", NoneLost),
    ("text-as-numbers", "project.devices", AllRows),
    ("other-time-unit", "task.track", Rows(1, 0)),
    ("floats-for-integers", "wayline.list", NoneLost),
    ("epoch-for-iso", "task.list", AllRows),
    ("empty-texts", "task.list", AllRows),
    ("flags-as-numbers", "project.devices", NoneLost),
];

/// The shapes that only V2.0 has. R8 and R17 are produced all the same, as what V1.0 could make of them.
const V2_ONLY: [&str; 2] = ["R8", "R17"];

/// Sends each request by hand with the header that asks for a quirk, and keeps the reply.
#[derive(Clone, Default)]
struct Asking {
    quirk: Arc<Mutex<String>>,
    answers: Arc<Mutex<Vec<Answer>>>,
}

impl Transport for Asking {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let at = request.url.match_indices('/').nth(2).unwrap().0;
        let (base, target) = request.url.split_at(at);
        let quirk = self.quirk.lock().unwrap().clone();
        let mut headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        if !quirk.is_empty() {
            headers.push((QUIRK, &quirk));
        }
        let method = request.method.to_string();
        let answer = wire::call(base, &method, target, &headers, request.body.as_deref()).unwrap();
        let mut reply = TransportReply::new(answer.status, answer.body.clone());
        for (name, value) in &answer.headers {
            let name: http::HeaderName = name.parse().unwrap();
            reply.headers.append(name, value.parse().unwrap());
        }
        self.answers.lock().unwrap().push(answer);
        Box::pin(async { Ok(reply) })
    }
}

/// A world after a flight, with something of everything.
struct Session {
    sim: Sim,
    asking: Asking,
    project: Project,
    task: TaskUuid,
    route: WaylineId,
}

impl Session {
    async fn after_a_flight() -> Self {
        let sim = Sim::builder().seed(5).start().await.unwrap();
        let asking = Asking::default();
        let client = Client::builder(Region::on_premises(sim.url()), sim.token())
            .transport(asking.clone())
            .retry(RetryPolicy::never())
            .no_rate_limit()
            .build()
            .unwrap();
        let project = client.project(sim.project());
        let route = project.waylines().list().await.unwrap()[0].id.clone();
        let args = TaskCreateArgs {
            name: "North fence".to_owned(),
            wayline_uuid: route.clone(),
            sn: DOCK.into(),
            time_zone: "Atlantic/Cape_Verde".to_owned(),
            rth_altitude: 60,
            rth_mode: RthMode::Preset,
            wayline_precision_type: WaylinePrecisionType::Rtk,
            out_of_control_action_in_flight: OutOfControlAction::ReturnHome,
            resumable_status: ResumableStatus::Manual,
            schedule: TaskSchedule::Immediate,
        };
        let task = project.tasks().create(args).await.unwrap().task_uuid;
        sim.advance(Duration::from_secs(3600));
        Self { sim, asking, project, task, route }
    }

    fn ask(&self, quirk: &str) {
        *self.asking.quirk.lock().unwrap() = quirk.to_owned();
        self.asking.answers.lock().unwrap().clear();
    }

    /// The reply of the one call since [`ask`](Self::ask).
    fn answer(&self) -> Answer {
        let mut answers = self.asking.answers.lock().unwrap();
        assert_eq!(answers.len(), 1, "one call, one request");
        answers.remove(0)
    }

    async fn rows<O, T>(&self, operation: O) -> Result<(usize, usize), Error>
    where
        O: Operation<Output = Listing<T>>,
        Project: Sends<O>,
    {
        let listing = self.project.send(&operation).await?;
        Ok((listing.len(), listing.odd().len()))
    }

    async fn one<O: Operation>(&self, operation: O) -> Result<(usize, usize), Error>
    where
        Project: Sends<O>,
    {
        self.project.send(&operation).await.map(|_| (1, 0))
    }

    /// Calls an operation and counts what was read.
    async fn call(&self, operation: &str) -> Result<(usize, usize), Error> {
        let day = Duration::from_secs(86_400);
        let now = self.sim.now();
        let (from, to) = (now.saturating_sub(day), now.saturating_add(day));
        let task = self.task.clone();
        match operation {
            "project.list" => self.rows(ProjectList::new()).await,
            "project.devices" => self.rows(ProjectDevices::new()).await,
            "project.sts_token" => self.one(ProjectStsToken::new()).await,
            "device.state" => self.one(DeviceState::new(DOCK)).await,
            "device.hms" => self.rows(DeviceHms::new([DOCK, DRONE])).await,
            "livestream.start" => self.one(LivestreamStart::new(DRONE, DRONE_CAMERA, 600)).await,
            "converter.list" => self.rows(ConverterList::new()).await,
            "task.list" => self.rows(TaskList::new(DOCK, from, to)).await,
            "task.get" => self.one(TaskGet::new(task)).await,
            "task.media" => self.rows(TaskMedia::new(task)).await,
            "task.track" => self.one(TaskTrack::new(task)).await,
            "task.set_status" => {
                self.one(TaskSetStatus::new(task, TaskStatusChange::Suspended)).await
            }
            "wayline.list" => self.rows(WaylineList::new()).await,
            "wayline.get" => self.one(WaylineGet::new(self.route.clone())).await,
            "model.list" => self.rows(ModelList::new()).await,
            "annotation.create" => {
                let (_, arguments) = endpoint(operation).requests().remove(0);
                let pin = serde_json::from_value(serde_json::Value::Object(arguments)).unwrap();
                self.one::<AnnotationCreate>(pin).await
            }
            "openmodel.obtain_token" => self.one(OpenmodelObtainToken::new()).await,
            "openmodel.get_resource" => self.one(OpenmodelGetResource::new("r")).await,
            other => panic!("{other} is not called here"),
        }
    }
}

const CALLED: &[&str] = &[
    "project.list",
    "project.devices",
    "project.sts_token",
    "device.state",
    "device.hms",
    "livestream.start",
    "converter.list",
    "task.list",
    "task.get",
    "task.media",
    "task.track",
    "task.set_status",
    "wayline.list",
    "wayline.get",
    "model.list",
    "annotation.create",
    "openmodel.obtain_token",
    "openmodel.get_resource",
];

fn judged(operation: &str, answer: &Answer) -> Vec<Finding> {
    let headers = answer
        .headers
        .iter()
        .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()));
    let mut reply = Reply::new(answer.status, answer.body.clone());
    reply.headers = headers.collect();
    endpoint(operation).judge_reply(&reply)
}

#[test]
fn the_table_has_every_quirk_once() {
    let table: Vec<_> = TABLE.iter().map(|(name, ..)| *name).collect();
    let catalogue: Vec<_> = QUIRKS.iter().map(|quirk| quirk.name).collect();
    assert_eq!(table, catalogue);
    assert_eq!(quirks::HEADER, QUIRK);
    assert_eq!(catalogue.iter().collect::<BTreeSet<_>>().len(), catalogue.len());
    for quirk in QUIRKS {
        let kebab =
            quirk.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(kebab && quirk.about.ends_with('.'), "{quirk:?}");
    }
}

#[test]
fn every_collected_shape_has_its_quirk() {
    let have: BTreeSet<_> = QUIRKS.iter().filter_map(|quirk| quirk.vector).collect();
    let wanted = (1..=30).map(|number| format!("R{number}"));
    let missing: Vec<_> = wanted.filter(|name| !have.contains(name.as_str())).collect();
    assert!(missing.iter().all(|name| V2_ONLY.contains(&name.as_str())), "{missing:?}");
    assert_eq!(have.len() + missing.len(), 30, "{have:?}");
}

#[test]
fn the_kinds_of_operations_are_those_of_the_description() {
    for endpoint in description().endpoints() {
        let examples: Vec<_> = endpoint
            .replies()
            .filter(|(status, ..)| *status == "200")
            .map(|(.., body)| body)
            .collect();
        let listing = examples.iter().any(|body| body.pointer("/data/list").is_some());
        assert_eq!(Operations::Listing.include(&endpoint.id), listing, "{}", endpoint.id);
        let void = examples.iter().all(|body| {
            body.get("data").is_none_or(|data| data.as_object().is_some_and(|data| data.is_empty()))
        });
        assert_eq!(Operations::Void.include(&endpoint.id), void, "{}", endpoint.id);
    }
}

#[tokio::test]
async fn every_quirk_comes_when_asked_for_and_is_judged_and_read_as_it_should() {
    let session = Session::after_a_flight().await;
    let mut wrong = Vec::new();
    for (name, operation, expected) in TABLE {
        let quirk = quirks::find(name).unwrap();
        assert!(quirk.fits(operation), "{name}");
        session.ask("");
        let plain = session.call(operation).await;
        session.ask(name);
        let read = session.call(operation).await;
        let answer = session.answer();

        assert_eq!(answer.header(QUIRK), Some(*name), "{operation}");
        let found = violations(&judged(operation, &answer));
        if found.is_empty() != quirk.conforms {
            wrong.push(format!(
                "{name} on {operation} is to conform: {}: {found:?}",
                quirk.conforms
            ));
        }
        let as_expected = match (expected, &read) {
            (AllRows, Ok(rows)) => plain.as_ref().is_ok_and(|plain| plain == rows && rows.0 > 0),
            (AllRowsAndOdd(odd), Ok(read)) => {
                plain.as_ref().is_ok_and(|plain| read == &(plain.0, *odd))
            }
            (Doubled, Ok((rows, odd))) => {
                plain.as_ref().is_ok_and(|plain| (*rows, *odd) == (2 * plain.0, 0) && *rows > 0)
            }
            (NoneLost, Ok((rows, odd))) => plain.as_ref().is_ok_and(|plain| rows + odd == plain.0),
            (Rows(rows, odd), Ok(read)) => read == &(*rows, *odd),
            (Code(code), Err(error)) => error.code().is_some_and(|one| one.get() == *code),
            (Fails(kind), Err(error)) => error.kind() == *kind,
            _ => false,
        };
        if !as_expected {
            let read = read.map_err(|error| format!("{:?} {error}", error.kind()));
            wrong.push(format!(
                "{name} on {operation}: {expected:?} expected, {read:?} (plain {:?})",
                plain.ok()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever comes, the client says something orderly, and the quirk never reaches the world.
#[tokio::test]
async fn no_quirk_upsets_the_client_on_any_operation() {
    let session = Session::after_a_flight().await;
    let mut tried = 0;
    for quirk in QUIRKS {
        for operation in CALLED.iter().filter(|operation| quirk.fits(operation)) {
            session.ask(quirk.name);
            let read = session.call(operation).await;
            let answer = session.answer();
            assert!(answer.header(QUIRK).unwrap().starts_with(quirk.name));
            if let Err(error) = read {
                let orderly = matches!(
                    error.kind(),
                    ErrorKind::Code | Decode | Http | NotDeployed | NotTheApi
                );
                assert!(orderly, "{} on {operation}: {error}", quirk.name);
            }
            let found = judged(operation, &answer);
            let canary = found.iter().any(|one| one.to_string().contains("FHCANARY"));
            assert!(!canary, "{} on {operation}: {found:?}", quirk.name);
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
}

#[tokio::test]
async fn a_name_that_is_none_gets_the_nearest_ones_and_changes_nothing() {
    let session = Session::after_a_flight().await;
    let routes = session.sim.with_world(|world| world.now());
    session.ask("nul-list");
    assert!(session.call("wayline.list").await.is_err());
    let answer = session.answer();
    assert_eq!(answer.status, 400);
    assert!(
        answer.text().contains("null-list, ") && !answer.text().contains("nul-list"),
        "{}",
        answer.text()
    );
    session.ask("manual-flight");
    assert!(session.call("wayline.list").await.is_err());
    let answer = session.answer();
    assert!(answer.text().contains("routes-of-all-kinds"), "{}", answer.text());
    assert_eq!(session.sim.now(), routes);
}

#[tokio::test]
async fn what_an_extension_knows_is_named_so() {
    let session = Session::after_a_flight().await;
    for (name, operation, place, kind) in [
        ("success-as-text", "project.list", "body/code", "known: x-lenient"),
        ("task-numbers", "task.list", "body/data/list/0/status", "known: x-aliases"),
        ("converters-mixed", "converter.list", "body/data/list/1/camera", "known: x-aliases"),
        ("converters-bare", "converter.list", "body/data", "known: x-lenient"),
        ("manual-flight", "task.list", "body/data/list/0/task_type", "violation"),
        ("extra-fields", "task.list", "body/data/list/0/unheard_of", "undocumented"),
        (
            "routes-of-all-kinds",
            "wayline.list",
            "body/data/list/1/device_model_key",
            "known: x-known-values",
        ),
        ("unknown-code", "device.state", "body/code", "undocumented"),
        (
            "state-mode-number",
            "device.state",
            "body/data/device_state/mode_code",
            "known: x-aliases",
        ),
        ("track-seconds", "task.track", "body/data/track/points/0/timestamp", "known: x-lenient"),
    ] {
        session.ask(name);
        let _ = session.call(operation).await;
        let found = judged(operation, &session.answer());
        let one = found.iter().find(|one| one.place == place);
        let one = one.unwrap_or_else(|| panic!("{name}: {place} is not in {found:#?}"));
        assert_eq!(one.kind.to_string(), kind, "{one}");
        assert_eq!(one.is_drift(), !matches!(one.kind, Kind::Known(_)));
    }
}
