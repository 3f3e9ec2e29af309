//! The real operations through the handles: groups, dynamic calls, paging.

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{
    AnyOperation, DeviceCommand, FlightCommand, ProjectList, ProjectUuid, TaskGet, TaskSetStatus,
    TaskStatusChange,
};
use flighthub_api::{CallOptions, ErrorKind, Method};

const TASK: &str = r#"{"code":0,"message":"","data":{"name":"North fence","uuid":"t-1","task_type":"immediate","status":"success","sn":"7CTXN0000B00A1","wayline_uuid":"w-1"}}"#;

#[tokio::test]
async fn groups_send_what_they_say() {
    let script = ScriptedTransport::new()
        .then(Scripted::json(TASK).expect(Method::Get, "/openapi/v0.1/flight-task/t-1"))
        .then(Scripted::json(TASK))
        .then(
            Scripted::json(r#"{"code":0,"data":{"list":null}}"#)
                .expect(Method::Get, "/openapi/v0.1/project"),
        )
        .then(
            Scripted::json(r#"{"code":0}"#)
                .expect(Method::Put, "/openapi/v0.1/flight-task/t-1/status"),
        );
    let client = script.client().unwrap();
    let project = client.project(ProjectUuid::new("p-1"));
    let task = project.tasks().get("t-1").await.unwrap();
    assert_eq!(task.name, "North fence");
    let options = CallOptions::new().request_id("mine");
    let reply = project.read_only().tasks().get("t-1").options(options).reply().await.unwrap();
    assert_eq!((reply.request_id(), reply.output()), ("mine", &task));
    let projects = client.projects().list().with(|list| list.page_size = Some(7)).await.unwrap();
    assert!(projects.is_empty());
    assert_eq!(script.requests()[2].query.as_deref(), Some("page_size=7"));
    project.tasks().set_status("t-1", TaskStatusChange::Suspended).await.unwrap();
    script.verify().unwrap();
}

#[test]
fn groups_work_without_async_too() {
    let script = ScriptedTransport::new().then(Scripted::json(TASK)).then(Scripted::json(TASK));
    let project = script.builder().build_blocking().unwrap().project("p-1");
    assert_eq!(project.tasks().get("t-1").send().unwrap().name, "North fence");
    assert_eq!(project.read_only().tasks().get("t-1").reply().unwrap().attempts(), 1);
}

#[tokio::test]
async fn an_operation_known_at_run_time_is_checked_at_run_time() {
    let script = ScriptedTransport::new()
        .then(Scripted::json(TASK))
        .then(Scripted::json(r#"{"code":0}"#))
        .then(Scripted::json(r#"{"code":219021,"message":"m"}"#));
    let client = script.client().unwrap();
    let project = client.project("p-1");
    let read = AnyOperation::from(TaskGet::new("t-1"));
    let write = AnyOperation::from(DeviceCommand::new("7CTXN0000B00A1", FlightCommand::ReturnHome));
    let error = project.read_only().send_any(&write).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::ReadOnly, "device.command"));
    assert!(error.is_refused(), "{error:?}");
    let error = client.send_any(&read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoProject);
    assert!(script.requests().is_empty());

    let reply = project.read_only().send_any(&read).await.unwrap();
    assert!(reply.data().starts_with(r#"{"name":"North fence""#));
    project.send_any(&write).await.unwrap();
    let error =
        project.send_any_with(&read, &CallOptions::new().request_id("mine")).await.unwrap_err();
    assert_eq!(error.request_id(), Some("mine"));
}

#[tokio::test]
async fn an_empty_id_is_not_what_was_promised() {
    use flighthub_api::v1::ConverterCreate;
    let json = r#"{"converter_name":"c","sn":"7CTXN0000B00A1","camera_index":"165-0-7","schema":"rtmp","schema_option":{"url":"rtmp://h/x"}}"#;
    let any = AnyOperation::from_args("converter.create", json).unwrap();
    let AnyOperation::ConverterCreate(create) = any.clone() else { panic!("{any:?}") };
    let create: ConverterCreate = *create;
    for body in
        [r#"{"code":0,"data":{"converter_id":""}}"#, r#"{"data":{"converter_id":""},"code":0}"#]
    {
        let script = ScriptedTransport::new().then(Scripted::json(body)).then(Scripted::json(body));
        let project = script.client().unwrap().project("p-1");
        for error in
            [project.send(&create).await.unwrap_err(), project.send_any(&any).await.unwrap_err()]
        {
            assert!(error.is_indeterminate() && error.is_decode(), "{error:?}");
            assert_eq!(error.json_path(), Some("converter_id"));
        }
    }
    // A read keeps its rows.
    let task = TASK.replacen(r#""uuid":""#, r#""uuid":"" ,"was":""#, 1);
    assert_ne!(task, TASK);
    let script = ScriptedTransport::new().then(Scripted::json(task));
    assert!(script.client().unwrap().project("p-1").tasks().get("t-1").await.is_ok());
}

#[tokio::test]
async fn a_write_known_at_run_time_keeps_its_law() {
    let arguments = r#"{"device_sn":"7CTXN0000B00A1","host":"h","port":1,"account":"a","password":"FHSECRET","mount_point":"m"}"#;
    let calibrate = AnyOperation::from_args("device.calibrate_rtk", arguments).unwrap();
    let outcome = async |body: &str| {
        let script = ScriptedTransport::new().then(Scripted::json(body));
        let result = script.client().unwrap().project("p-1").send_any(&calibrate).await;
        assert!(
            script.requests()[0].body().unwrap().contains("FHSECRET"),
            "the body has the real secret"
        );
        result.map(|reply| reply.data().to_owned())
    };
    let error = outcome(r#"{"code":0}"#).await.unwrap_err();
    assert!(error.is_indeterminate() && error.is_decode(), "{error:?}");
    let error = outcome(r#"{"code":0,"data":{"status":"failure"}}"#).await.unwrap_err();
    assert!(error.is_refused() && error.kind() == ErrorKind::Failed, "{error:?}");
    assert_eq!(
        outcome(r#"{"code":0,"data":{"status":"success"}}"#).await.unwrap(),
        r#"{"status":"success"}"#
    );
}

fn page(numbers: std::ops::Range<u32>) -> Scripted {
    let rows: Vec<_> = numbers
        .map(|number| format!(r#"{{"name":"n","uuid":"p-{number}","org_uuid":"o"}}"#))
        .collect();
    let list = if rows.is_empty() { "null".to_owned() } else { format!("[{}]", rows.join(",")) };
    Scripted::json(format!(r#"{{"code":0,"message":"","data":{{"list":{list}}}}}"#))
}

#[tokio::test]
async fn all_projects_are_fetched_page_by_page() {
    let script =
        ScriptedTransport::new().then(page(0..100)).then(page(100..200)).then(page(200..230));
    let projects = script.client().unwrap().read_only().all_projects().await.unwrap();
    assert_eq!(projects.len(), 230);
    let queries: Vec<_> =
        script.requests().iter().filter_map(|request| request.query.clone()).collect();
    assert_eq!(queries, ["page=1&page_size=100", "page=2&page_size=100", "page=3&page_size=100"]);

    let script = ScriptedTransport::new().then(page(0..100)).then(page(0..100));
    assert_eq!(
        script.client().unwrap().all_projects().await.unwrap().len(),
        100,
        "a service that repeats itself"
    );
    script.verify().unwrap();

    let script = ScriptedTransport::new()
        .then(page(0..100))
        .then(Scripted::json(r#"{"code":200401,"message":""}"#));
    assert!(script.client().unwrap().all_projects().await.unwrap_err().is_auth());

    let script = ScriptedTransport::new().then(page(0..2));
    let client = script.builder().build_blocking().unwrap();
    let projects = std::thread::spawn(move || client.all_projects()).join().unwrap();
    assert_eq!(
        projects.unwrap().len(),
        2,
        "on a thread of its own, because blocking calls are refused here"
    );
}

#[tokio::test]
async fn errors_read_well() {
    let answered = async |event: Scripted| {
        let script = ScriptedTransport::new().then(event);
        let options = CallOptions::new().request_id("id-1");
        let project = script.client().unwrap().project("p-1").with(options);
        let set = TaskSetStatus::new("t-1", TaskStatusChange::Restored);
        project.send(&set).await.unwrap_err().to_string()
    };
    assert_eq!(
        answered(Scripted::status(500, r#"{"code":200500,"message":"server error"}"#)).await,
        "task.set_status: code 200500 SERVER_ERROR (The server failed, often because of something in the request that it \
         did not expect): “server error” [HTTP 500, request id id-1]. Whether it was done is unknown. Next: Read the state \
         first, such as the list of tasks or the device, and repeat the call only when it shows no effect."
    );
    assert_eq!(
        answered(Scripted::maybe_sent()).await,
        "task.set_status: the connection broke: scripted [request id id-1]. Whether it was done is unknown. Next: Read the \
         state first, such as the list of tasks or the device, and repeat the call only when it shows no effect."
    );
    assert_eq!(
        answered(Scripted::status(429, "").header("retry-after", "3")).await,
        "task.set_status: HTTP status 429 without a business code [HTTP 429, request id id-1, the server asks to wait 3 s]. \
         Nothing was done. Next: Wait, then call less often."
    );
    let script = ScriptedTransport::new();
    let error = script
        .client()
        .unwrap()
        .send_any(&AnyOperation::from(ProjectList::new()))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("project.list: the script has no event for GET /openapi/v0.1/project"),
        "{error}"
    );
}
