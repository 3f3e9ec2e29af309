//! Every request that our client sends, and every documented reply, judged by the YAML alone.
//!
//! The judge is an OpenAPI validator that knows nothing of our generator: an error in our own reading of the description shows here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::print_stdout, reason = "figures of the proof")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, CATALOGUE};
use flighthub_api::{
    BoxFuture, Client, ErrorKind, Region, Retry, RiskLevel, Token, Transport, TransportError,
    TransportReply, TransportRequest,
};
use flighthub_sim::contract::{Declared, Description, Finding, Request};
use flighthub_tests::{arguments, description, endpoint, violations};
use serde_json::{Map, Value, json};

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

/// The operations of V1.0, as its pages list them.
const OPERATIONS: [&str; 42] = [
    "GET /system_status",
    "GET /project",
    "GET /device",
    "GET /project/device",
    "GET /project/sts-token",
    "PUT /project/member",
    "GET /device/{device_sn}/state",
    "GET /device/hms",
    "POST /device/{device_sn}/command",
    "POST /device/change-camera",
    "POST /device/change-lens",
    "POST /device/control",
    "DELETE /device/control",
    "PUT /device/stream/quality",
    "POST /device/{device_sn}/rtk",
    "POST /live-stream/start",
    "POST /live-stream/converter",
    "GET /live-stream/converter",
    "PUT /live-stream/converter/{converter_id}",
    "DELETE /live-stream/converter/{converter_id}",
    "POST /flight-task",
    "PUT /flight-task/{task_uuid}/status",
    "GET /flight-task/list",
    "GET /flight-task/{task_uuid}/media",
    "GET /flight-task/{task_uuid}/track",
    "GET /flight-task/{task_uuid}",
    "POST /wayline/finish-upload",
    "GET /wayline",
    "GET /wayline/{wayline_id}",
    "GET /model",
    "GET /model/{model_id}",
    "POST /model/create",
    "POST /map/element",
    "POST /open_model/stores/obtain_token",
    "POST /open_model/stores/upload_callback",
    "GET /open_model/resource/{resource_uuid}",
    "DELETE /open_model/resource/{resource_uuid}",
    "POST /open_model/models/reconstruction/start",
    "POST /open_model/models/{model_uuid}/reconstruction/stop",
    "GET /open_model/models/running",
    "GET /open_model/models/{model_uuid}",
    "DELETE /open_model/models/{model_uuid}",
];

/// A transport that keeps each request whole and answers all alike.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Request>>>);

impl Recorder {
    fn client(&self) -> Client {
        let builder =
            Client::builder(Region::Europe, Token::opaque("scripted")).transport(self.clone());
        builder.no_rate_limit().build().unwrap()
    }

    /// The one request since the last time.
    fn take(&self) -> Request {
        let mut requests = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }
}

impl Transport for Recorder {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let (_, target) = request.url.split_once("djigate.com").unwrap();
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        self.0.lock().unwrap().push(Request {
            method: request.method.to_string(),
            path: path.to_owned(),
            query,
            headers: headers.collect(),
            body: request.body.map(|body| String::from_utf8(body.to_vec()).unwrap()),
        });
        Box::pin(async { Ok(TransportReply::new(200, r#"{"code":0,"message":""}"#)) })
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// The request of an operation as a project's handle sends it. What becomes of the answer does not matter.
fn sent(operation: &AnyOperation) -> Request {
    let recorder = Recorder::default();
    let _ = block_on(recorder.client().project(PROJECT).send_any(operation));
    recorder.take()
}

#[test]
fn the_document_has_the_42_operations_of_v1_in_their_order() {
    let wanted = OPERATIONS.map(|one| one.replacen(' ', " /openapi/v0.1", 1));
    let found: Vec<_> = description()
        .endpoints()
        .iter()
        .map(|one| format!("{} {}", one.method, one.path))
        .filter(|one| wanted.contains(one))
        .collect();
    assert_eq!(found, wanted, "newer operations may stand between them, none may be missing");
}

#[test]
fn the_client_has_the_operations_of_the_document() {
    let document = description()
        .endpoints()
        .iter()
        .map(|one| (one.id.as_str(), one.method.as_str(), one.path.as_str()));
    let client = CATALOGUE.iter().map(|info| (info.id, info.method.as_str(), info.path));
    assert_eq!(client.collect::<Vec<_>>(), document.collect::<Vec<_>>());
}

/// The addresses stand in the client's hand-written code, because a region is a type; the document has the last word.
#[test]
fn the_regions_are_the_servers_of_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/flighthub-v1.yaml");
    let document: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let servers = document["servers"].as_array().unwrap().iter();
    let servers: Vec<_> = servers.filter_map(|server| server["url"].as_str()).collect();
    let regions = [Region::China, Region::UnitedStates, Region::Europe];
    assert_eq!(servers[..3], regions.each_ref().map(Region::url));
    assert_eq!(servers[3..], ["{scheme}://{host}:{port}"], "on premises: an address of your own");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    assert_eq!(description().dangling(), [""; 0]);
}

#[test]
fn every_example_of_the_document_is_as_its_schema_says() {
    let mut replies = 0;
    for endpoint in description().endpoints() {
        assert_eq!(violations(&endpoint.judge_examples()), [""; 0], "{}", endpoint.id);
        for (status, name, body) in endpoint.replies() {
            let code = status.replace("XX", "00").parse().unwrap();
            assert_eq!(
                violations(&endpoint.judge_body(code, body)),
                [""; 0],
                "{} {status} {name}",
                endpoint.id
            );
            replies += 1;
        }
        assert!(
            endpoint.replies().any(|(status, ..)| status == "200"),
            "{} has an example reply",
            endpoint.id
        );
    }
    assert!(replies > 42 * 2, "{replies}");
}

/// The drift that the contract mode reports would be worthless if the document's own replies were full of it.
#[test]
fn the_examples_hold_nothing_that_the_document_does_not_describe() {
    let mut found = BTreeSet::new();
    for endpoint in description().endpoints() {
        for (status, _, body) in endpoint.replies() {
            let code = status.replace("XX", "00").parse().unwrap();
            found.extend(endpoint.judge_body(code, body).iter().map(Finding::to_string));
        }
    }
    // Also not the pairing secret of the radio, which only the words of its schema tell of.
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn every_request_example_is_sent_as_the_document_says() {
    let mut count = 0;
    for endpoint in description().endpoints() {
        for (name, arguments) in endpoint.requests() {
            let text = Value::Object(arguments.clone()).to_string();
            let operation = AnyOperation::from_args(&endpoint.id, &text)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let request = sent(&operation);
            assert_eq!(
                violations(&description().judge_request(&request)),
                [""; 0],
                "{} {name}: {request:?}",
                endpoint.id
            );
            let routed = description().route(&request.method, &request.path).unwrap();
            assert_eq!(routed.id, endpoint.id, "{name}: {request:?}");
            if let Some(body) = &request.body {
                let body: Map<String, Value> = serde_json::from_str(body).unwrap();
                let expected: Map<_, _> = arguments
                    .into_iter()
                    .filter(|(key, _)| !endpoint.path.contains(&format!("{{{key}}}")))
                    .collect();
                assert_eq!(body, expected, "{} {name}", endpoint.id);
            }
            count += 1;
        }
    }
    assert!(count > 42, "{count}: some operations have several");
}

#[test]
fn every_request_that_can_be_built_is_as_the_document_says() {
    let recorder = Recorder::default();
    let project = recorder.client().project(PROJECT);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for entry in &Catalogue::v1().operations {
        arguments::for_all(48, entry, |arguments| {
            let text = Value::Object(arguments).to_string();
            let operation = AnyOperation::from_args(&entry.id, &text);
            let operation = operation.map_err(|error| error.to_string())?;
            let answer = runtime.block_on(project.send_any(&operation));
            if answer.is_err_and(|error| error.kind() == ErrorKind::InvalidArgument) {
                assert!(recorder.0.lock().unwrap().is_empty(), "nothing has left");
                return Ok(());
            }
            let request = recorder.take();
            let violations = violations(&description().judge_request(&request));
            let routed = description().route(&request.method, &request.path);
            let routed = routed.map(|endpoint| endpoint.id.as_str());
            if !violations.is_empty() || routed != Some(&entry.id) {
                return Err(format!("{routed:?} {violations:?}: {request:?}"));
            }
            Ok(())
        });
    }
}

#[test]
fn the_project_header_is_sent_as_the_document_says() {
    let mut seen = [0; 3];
    for endpoint in description().endpoints() {
        let (_, arguments) = endpoint.requests().remove(0);
        let operation =
            AnyOperation::from_args(&endpoint.id, &Value::Object(arguments).to_string()).unwrap();
        let header = |request: Request| {
            request
                .headers
                .into_iter()
                .find(|(name, _)| name == "x-project-uuid")
                .map(|(_, value)| value)
        };
        let recorder = Recorder::default();
        let without = block_on(recorder.client().send_any(&operation));
        match endpoint.header("X-Project-Uuid") {
            Declared::Required => {
                assert_eq!(without.unwrap_err().kind(), ErrorKind::NoProject, "{}", endpoint.id);
                assert!(recorder.0.lock().unwrap().is_empty(), "nothing has left");
                assert_eq!(header(sent(&operation)).as_deref(), Some(PROJECT), "{}", endpoint.id);
                seen[0] += 1;
            }
            Declared::Optional => {
                assert_eq!(header(recorder.take()), None, "{}", endpoint.id);
                assert_eq!(header(sent(&operation)).as_deref(), Some(PROJECT), "{}", endpoint.id);
                seen[1] += 1;
            }
            Declared::Absent => {
                assert_eq!(header(recorder.take()), None, "{}", endpoint.id);
                assert_eq!(header(sent(&operation)), None, "{}", endpoint.id);
                seen[2] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn every_request_has_the_key_a_fresh_id_and_the_language() {
    let operation = AnyOperation::from_args("project.list", "{}").unwrap();
    let (first, second) = (sent(&operation), sent(&operation));
    let header = |request: &Request, name: &str| {
        request.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    };
    assert_eq!(header(&first, "x-user-token").as_deref(), Some("scripted"));
    assert_eq!(header(&first, "x-language").as_deref(), Some("en"));
    let ids = [header(&first, "x-request-id").unwrap(), header(&second, "x-request-id").unwrap()];
    assert!(ids.iter().all(|id| id.len() == 36) && ids[0] != ids[1], "{ids:?}");
    let mut keyless = first;
    keyless.headers.retain(|(name, _)| name != "x-user-token");
    assert_eq!(
        violations(&description().judge_request(&keyless)),
        ["project.list request header/X-User-Token: is missing"]
    );
}

/// Changes a request that is as documented, and expects what the validator says about it.
fn spoilt(id: &str, change: impl FnOnce(&mut Request), says: &str) {
    let (_, arguments) = endpoint(id).requests().remove(0);
    let operation = AnyOperation::from_args(id, &Value::Object(arguments).to_string()).unwrap();
    let mut request = sent(&operation);
    assert_eq!(violations(&description().judge_request(&request)), [""; 0]);
    change(&mut request);
    let violations = violations(&description().judge_request(&request));
    assert!(
        violations.iter().any(|violation| violation.contains(says)),
        "{id}: {violations:?} do not say {says:?}"
    );
}

fn body(request: &mut Request, change: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_str(request.body.as_ref().unwrap()).unwrap();
    change(&mut body);
    request.body = Some(body.to_string());
}

/// A validator that accepts everything would make the tests above worthless.
#[test]
fn a_request_that_is_not_as_documented_is_noticed() {
    spoilt("task.get", |request| request.method = "PATCH".to_owned(), "no operation is PATCH");
    spoilt("task.get", |request| request.path += "/x", "no operation is GET");
    spoilt(
        "model.get",
        |request| request.path = "/openapi/v0.1/model/seven".to_owned(),
        "model_id",
    );
    spoilt(
        "task.list",
        |request| request.query = Some("sn=s&begin_at=1".to_owned()),
        "query/end_at: is missing",
    );
    spoilt(
        "task.list",
        |request| request.query = Some("sn=s&begin_at=x&end_at=2".to_owned()),
        "begin_at",
    );
    spoilt(
        "task.list",
        |request| request.query = Some("sn=s&begin_at=1&end_at=2&status=nonsense".to_owned()),
        "status/0",
    );
    spoilt(
        "task.list",
        |request| *request.query.as_mut().unwrap() += "&status=success&status=waiting",
        "status: comes 3 times",
    );
    spoilt(
        "task.list",
        |request| *request.query.as_mut().unwrap() += "&page=1",
        "page: is not described",
    );
    spoilt("task.get", |request| request.body = Some("{}".to_owned()), "a body is not described");
    spoilt(
        "task.get",
        |request| request.headers.retain(|(name, _)| name != "x-project-uuid"),
        "X-Project-Uuid: is missing",
    );
    spoilt(
        "project.list",
        |request| request.headers.push(("x-project-uuid".to_owned(), PROJECT.to_owned())),
        "x-project-uuid: is not described",
    );
    spoilt("task.create", |request| request.body = None, "the body is missing");
    spoilt("task.create", |request| request.body = Some("[".to_owned()), "no JSON");
    spoilt(
        "task.create",
        |request| request.headers.retain(|(name, _)| name != "content-type"),
        "content-type: is missing",
    );
    spoilt(
        "task.create",
        |request| body(request, |body| body["rth_mode"] = json!("fixed")),
        "/rth_mode",
    );
    spoilt(
        "task.create",
        |request| body(request, |body| body["rth_altitude"] = json!(1_i64 << 40)),
        "/rth_altitude",
    );
    spoilt(
        "task.create",
        |request| body(request, |body| body["begin_at"] = json!(1_770_000_000)),
        "begin_at",
    );
    spoilt("task.create", |request| body(request, |body| body["nonsense"] = json!(1)), "nonsense");
    spoilt("task.create", |request| body(request, |body| body["sn"] = Value::Null), "/sn");
    spoilt(
        "annotation.create",
        |request| body(request, |body| body["resource"]["type"] = json!(7)),
        "/resource",
    );
    spoilt(
        "annotation.create",
        |request| body(request, |body| body["resource"]["content"]["geometry"]["x"] = json!(7)),
        "body",
    );
    spoilt(
        "project.add_members",
        |request| body(request, |body| body["add_users"][0]["nick"] = json!("x")),
        "/add_users/0",
    );
}

#[test]
fn a_reply_that_is_not_as_documented_is_noticed() {
    let changed = |id: &str, pointer: &str, value: Value| {
        let endpoint = endpoint(id);
        let (_, _, body) = endpoint.replies().find(|(status, ..)| *status == "200").unwrap();
        let mut body = body.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        violations(&endpoint.judge_body(200, &body))
    };
    for (id, pointer, value) in [
        ("task.get", "/data/status", json!("nonsense")),
        ("task.get", "/data/begin_at", json!("yesterday")),
        ("task.get", "/data/begin_at", json!(1)),
        ("task.get", "/data/name", Value::Null),
        ("task.list", "/data/list", json!({})),
        ("project.list", "/code", json!("0")),
    ] {
        assert_eq!(changed(id, pointer, value.clone()).len(), 1, "{id} {pointer} {value}");
    }
    assert_eq!(changed("task.list", "/data/list", Value::Null), [""; 0], "an empty list is null");
    assert!(!violations(&endpoint("task.get").judge_body(302, &json!({}))).is_empty());
}

#[test]
fn a_dangling_reference_is_noticed() {
    let text = r##"{"openapi": "3.0.3", "paths": {}, "x": [{"$ref": "#/components/schemas/None"}], "components": {"schemas": {}}}"##;
    assert_eq!(Description::read(text).unwrap().dangling(), ["#/components/schemas/None"]);
}

#[test]
fn a_document_that_is_not_understood_whole_is_refused_with_its_place() {
    let with = |schema: Value| {
        let content = json!({"application/json": {"schema": schema}});
        json!({
            "openapi": "3.0.3",
            "paths": {"/x": {"get": {"operationId": "x.get", "responses": {"200": {"content": content}}}}},
            "components": {"schemas": {"A": {"type": "object", "properties": {"t": {"type": "string", "enum": ["b"]}}}}},
        })
    };
    let schema = "/paths/~1x/get/responses/200/content/application~1json/schema";
    let spoilt = |pointer: &str, value: Value| {
        let mut document = with(json!({"type": "object"}));
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let ring = |key: &str| match key {
        "$ref" => json!({"$ref": "#/components/schemas/A"}),
        _ => {
            json!({"type": "object", "properties": {}, "allOf": [{"$ref": "#/components/schemas/A"}]})
        }
    };
    let mapped = json!({
        "oneOf": [{"$ref": "#/components/schemas/A"}],
        "discriminator": {"propertyName": "t", "mapping": {"a": "#/components/schemas/A"}},
    });
    for (document, place, says) in [
        (with(json!({"type": "object", "const": 1})), format!("{schema}/const"), "keyword const"),
        (with(json!({"format": "uuid"})), format!("{schema}/format"), "format uuid"),
        (with(json!({"nullable": true})), schema.to_owned(), "void without `type`"),
        (with(json!({"type": 7})), schema.to_owned(), "no schema"),
        (with(json!({"$ref": "#/components/schemas/B"})), schema.to_owned(), "leads nowhere"),
        (with(json!({"$ref": "#/paths"})), format!("{schema}/$ref"), "only schemas"),
        (with(json!({"allOf": {}})), format!("{schema}/allOf"), "a list is wanted"),
        (with(mapped), "/components/schemas/A".to_owned(), "does not say a alone"),
        (spoilt("/paths", json!([])), "/paths".to_owned(), "an object is wanted"),
        (
            spoilt("/paths/~1x/get", json!({})),
            "/paths/~1x/get".to_owned(),
            "`responses` is missing",
        ),
        (spoilt("/components/schemas/A", json!(1)), "/components/schemas/A".to_owned(), "object"),
        (spoilt("/components/schemas/A", ring("$ref")), "/components/schemas/A".to_owned(), "ring"),
        (
            spoilt("/components/schemas/A", ring("allOf")),
            "/components/schemas/A/allOf/0".to_owned(),
            "ring",
        ),
    ] {
        let error = Description::read(&document.to_string()).unwrap_err();
        assert_eq!(error.place(), place, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    for text in ["", "[1", "7", "a: &a [*a]"] {
        assert!(Description::read(text).is_err(), "{text}");
    }
}

/// The judge reads what strangers send.
#[test]
fn the_judge_survives_anything() {
    let mut seed = 7_u64;
    let mut chance = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    fn spoil(value: &mut Value, chance: &mut impl FnMut(u64) -> u64) {
        const OTHERS: [&str; 9] =
            ["null", "-1", "1e300", "\"\"", "\"eyJx\"", "[]", "{}", "[[{\"a~/b\":1}]]", "true"];
        if chance(6) == 0 {
            *value = serde_json::from_str(OTHERS[usize::try_from(chance(9)).unwrap()]).unwrap();
            return;
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, chance)),
            Value::Object(members) => members.values_mut().for_each(|item| spoil(item, chance)),
            _ => {}
        }
    }
    let mut found = 0;
    for endpoint in description().endpoints() {
        for (status, _, body) in endpoint.replies() {
            for _ in 0..20 {
                let mut body = body.clone();
                spoil(&mut body, &mut chance);
                found += endpoint.judge_body(status.parse().unwrap_or(400), &body).len();
                let mut text = body.to_string().into_bytes();
                text.truncate(usize::try_from(chance(400)).unwrap());
                found += endpoint.judge_reply(&flighthub_sim::Reply::json(200, text)).len();
            }
        }
        for (_, arguments) in endpoint.requests() {
            let mut body = Value::Object(arguments);
            spoil(&mut body, &mut chance);
            found += endpoint
                .judge_request(&Request {
                    method: endpoint.method.clone(),
                    path: endpoint.path.replace('{', "%").replace('}', "%ff"),
                    query: Some("%=&a=%ff&begin_at=%e2%82&status".to_owned()),
                    headers: vec![("X-Language".to_owned(), "\u{0}".to_owned())],
                    body: Some(body.to_string()),
                })
                .len();
        }
    }
    assert!(found > 5000, "{found}");
}

/// What may move an aircraft or change something says so: GET is no write, except for credentials to write with.
#[test]
fn reads_are_gets_and_writes_are_not() {
    for info in CATALOGUE.iter().filter(|info| info.id != "project.sts_token") {
        assert_eq!(info.risk == RiskLevel::Read, info.method.as_str() == "GET", "{}", info.id);
    }
}

/// The document says of every operation whether it may be repeated, and the client does what it says. What is sent twice after
/// its bytes may have left is a GET besides.
#[test]
fn every_operation_says_whether_it_may_be_repeated() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/flighthub-v1.yaml");
    let document: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    let said: std::collections::BTreeMap<_, _> = operations
        .filter_map(|one| Some((one.get("operationId")?.as_str()?, one.get("x-retry")?.as_str()?)))
        .collect();
    let mut explicit = 0;
    for info in CATALOGUE {
        let retry = match said.get(info.id) {
            Some(&"safe") => Retry::Safe,
            Some(&"never") => Retry::Never,
            other => panic!("{}: x-retry is {other:?}", info.id),
        };
        assert_eq!(info.retry, retry, "{}", info.id);
        let repeated = retry == Retry::Safe && info.method.as_str() == "GET";
        assert!(
            info.risk == RiskLevel::Read || !repeated || info.id == "project.sts_token",
            "{}",
            info.id
        );
        explicit += 1;
    }
    println!("figure Retry classes | operations with an explicit class | count = {explicit}");
    println!("figure Retry classes | operations | count = {}", CATALOGUE.len());
}
