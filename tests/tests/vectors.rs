//! Real replies that break typed clients, R1 to R30: what each is read as, or which error it is.
//!
//! The numbers are those of `integrators.md`, section 4. Values are invented, shapes are real. R8, R15's integers, R17 and R27's
//! rtsp belong to V2.0 of the API and are read by the types of V1.0 that come nearest.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use flighthub_api::server::Answer;
use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::*;
use flighthub_api::{
    Accepted, CodeKind, Error, ErrorCode, ErrorKind, Language, List, Method, Operation,
    RetryPolicy, Secret, Sends, Timestamp, WriteOutcome,
};
use serde::Deserialize;
use serde_json::{Value, json};

const PROJECT: &str = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";

type Handle = flighthub_api::Project;

fn project(reply: Scripted) -> Handle {
    let script = ScriptedTransport::new().then(reply);
    script.builder().retry(RetryPolicy::never()).build().unwrap().project(PROJECT)
}

/// What the client makes of a reply.
async fn answer<O: Operation>(operation: &O, reply: Scripted) -> Result<O::Output, Error>
where
    Handle: Sends<O>,
{
    project(reply).send(operation).await
}

/// What the client reads from the `data` of a success.
async fn read<O: Operation>(operation: &O, data: &str) -> O::Output
where
    Handle: Sends<O>,
{
    let reply = format!(r#"{{"code":0,"message":"OK","data":{data}}}"#);
    answer(operation, Scripted::json(reply))
        .await
        .unwrap_or_else(|error| panic!("{data}\n{error:?}"))
}

/// Why the client does not read it.
async fn unread<O: Operation>(operation: &O, data: &str) -> Error
where
    Handle: Sends<O>,
{
    let reply = format!(r#"{{"code":0,"message":"OK","data":{data}}}"#);
    answer(operation, Scripted::json(reply)).await.err().unwrap_or_else(|| panic!("{data} is read"))
}

/// The same as the simulator would write it: with secrets.
fn written<T: serde::Serialize>(output: &T) -> Value {
    Answer::of(output).data().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

fn seconds(count: i64) -> Timestamp {
    Timestamp::from_unix_seconds(count).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tasks() -> TaskList {
    TaskList::new("7CTXX00000", seconds(1_767_225_600), seconds(1_767_312_000))
}

fn suspend() -> TaskSetStatus {
    TaskSetStatus::new("5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10", TaskStatusChange::Suspended)
}

fn pin() -> AnnotationCreate {
    let geometry = json!({"type": "Point", "coordinates": [9.1, 45.4]});
    let content = json!({"type": "Feature", "properties": {"color": "#2D8CF0", "clampToGround": true}, "geometry": geometry});
    serde_json::from_value(
        json!({"name": "Pin", "desc": "", "resource": {"type": 0, "content": content}}),
    )
    .unwrap()
}

#[tokio::test]
async fn r1_a_null_list_is_empty_and_known_to_be_null() {
    async fn check<O, T>(operation: O)
    where
        O: Operation<Output = flighthub_api::Listing<T>>,
        Handle: Sends<O>,
        T: serde::Serialize,
    {
        for (data, null, again) in [
            (r#"{"list":null}"#, true, json!({"list": null})),
            ("null", true, json!({"list": null})),
            ("{}", true, json!({"list": null})),
            (r#"{"list":[]}"#, false, json!({"list": []})),
            ("[]", false, json!({"list": []})),
        ] {
            let listing = read(&operation, data).await;
            assert_eq!((listing.len(), listing.odd().len()), (0, 0), "{} {data}", O::INFO.id);
            assert_eq!(listing.was_null(), null, "{} {data}", O::INFO.id);
            assert_eq!(written(&listing), again, "{} {data}", O::INFO.id);
        }
    }
    check(ProjectList::new()).await;
    check(ProjectDevicesOfOrganization::new()).await;
    check(ProjectDevices::new()).await;
    check(DeviceHms::new(["7CTXX00000"])).await;
    check(ConverterList::new()).await;
    check(tasks()).await;
    check(TaskMedia::new("t")).await;
    check(WaylineList::new()).await;
    check(ModelList::new()).await;
    check(OpenmodelRunning::new()).await;
}

#[tokio::test]
async fn r2_an_error_in_http_200_needs_no_data() {
    let reply = r#"{"code":200401,"message":"X-User-Token not found or empty"}"#;
    let error = answer(&ProjectList::new(), Scripted::json(reply)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.http_status()),
        (ErrorKind::Code, Some(ErrorCode::UNAUTHORIZED), Some(200))
    );
    assert_eq!(error.message(), Some("X-User-Token not found or empty"));
    assert!(error.is_auth());
    assert_eq!(error.outcome(), None, "it was a read");
    assert_eq!(error.operation(), "project.list");
    assert!(
        error.to_string().contains("Check the key") || error.to_string().contains("key"),
        "{error}"
    );

    let error = answer(&suspend(), Scripted::json(reply)).await.unwrap_err();
    assert_eq!(
        error.outcome(),
        Some(WriteOutcome::Refused),
        "a write that was refused for its key had no effect"
    );
}

#[tokio::test]
async fn r3_a_code_may_be_text() {
    let reply = r#"{"code":"200401","message":"Unauthorized"}"#;
    let error = answer(&ProjectList::new(), Scripted::json(reply)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Some(ErrorCode::UNAUTHORIZED), Some("Unauthorized"))
    );
    assert!(error.is_auth());

    let success = Scripted::json(r#"{"code":"0","message":"","data":{"list":null}}"#);
    assert_eq!(answer(&ProjectList::new(), success).await.unwrap().len(), 0);
}

#[tokio::test]
async fn r4_a_business_error_in_http_200_keeps_its_code_and_message() {
    let reply = r#"{"code":219021,"message":"server busy, retry later"}"#;
    let error = answer(&TaskGet::new("t"), Scripted::json(reply)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.http_status()),
        (ErrorKind::Code, Some(ErrorCode::RECORD_NOT_FOUND), Some(200))
    );
    assert_eq!(error.message(), Some("server busy, retry later"));
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn r5_a_business_error_may_come_with_http_500() {
    let reply = || Scripted::status(500, r#"{"code":200500,"message":"server error"}"#);
    let error = answer(&WaylineList::new(), reply()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.http_status()),
        (ErrorKind::Code, Some(ErrorCode::SERVER_ERROR), Some(500))
    );
    assert_eq!((error.message(), error.outcome()), (Some("server error"), None));

    let error = answer(&WaylineFinishUpload::new("a", "b.kmz"), reply()).await.unwrap_err();
    assert_eq!(error.outcome(), Some(WriteOutcome::Indeterminate));
}

#[tokio::test]
async fn r6_a_web_page_is_not_the_api() {
    let page = "<!doctype html><html><head><title>FlightHub 2</title></head><body><div id=\"app\"></div></body></html>";
    for reply in [
        Scripted::status(200, page).header("content-type", "text/html"),
        Scripted::status(200, page),
    ] {
        let error = answer(&ProjectList::new(), reply).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code(), error.http_status()),
            (ErrorKind::NotTheApi, None, Some(200))
        );
        assert!(error.is_not_the_api());
        assert!(error.help().contains("address"), "{error}");
    }
}

#[tokio::test]
async fn r7_every_void_form_is_accepted() {
    for reply in [
        r#"{"code":0,"message":"success","data":null}"#,
        r#"{"code":0,"message":""}"#,
        r#"{"code":0,"data":{}}"#,
    ] {
        assert_eq!(
            answer(&suspend(), Scripted::json(reply)).await.unwrap(),
            Accepted::new(),
            "{reply}"
        );
        let quality = DeviceSetStreamQuality::new("7CTXX00000", "165-0-7", StreamQuality::Smooth);
        assert_eq!(
            answer(&quality, Scripted::json(reply)).await.unwrap(),
            Accepted::new(),
            "{reply}"
        );
        assert_eq!(written(&Accepted::new()), Value::Null);
    }
    let annotation = answer(&pin(), Scripted::json(r#"{"code":0,"data":{}}"#)).await.unwrap();
    assert_eq!(annotation.id, None);
}

#[tokio::test]
async fn r8_an_error_may_carry_data_of_any_form() {
    // V2.0: shares of a livestream; here the code alone matters.
    for data in ["{}", "[]", "null", r#""x""#] {
        let reply = format!(r#"{{"code":231011,"message":"no resource","data":{data}}}"#);
        let error = answer(&ConverterList::new(), Scripted::json(reply)).await.unwrap_err();
        assert_eq!(
            (error.code(), error.message()),
            (Some(ErrorCode::NO_LIVE_SHARE), Some("no resource")),
            "{data}"
        );
        assert_eq!(error.kind(), ErrorKind::Code, "{data}");
    }
}

#[tokio::test]
async fn r9_device_pairs_come_in_halves_with_numbers_as_text() {
    let data = r#"{"list":[
        {"gateway":{"sn":"7CTXX00000","device_model":{"key":"3-2-0","domain":"3","type":"2","sub_type":"0","class":"airport"},
          "device_online_status":true,"mode_code":4,"camera_list":null},
         "drone":{"sn":"1581FX0000","callsign":"","device_online_status":false,"mode_code":14,"camera_list":null}},
        {"gateway":{"sn":"7CTXX00001","device_model":{"key":"3-1-0","domain":3,"type":1,"sub_type":0,"class":"airport"},
          "device_online_status":false,"mode_code":0,"camera_list":[]},"drone":null},
        {"drone":{"sn":"1581FX0002","device_online_status":true,"mode_code":3}},
        {"gateway":{"sn":"9N9XL0003","device_model":{"key":"2-174-0","domain":"2","type":"174","sub_type":"0","class":"rc"},
          "device_online_status":true}}]}"#;
    let pairs = read(&ProjectDevices::new(), data).await;
    assert_eq!((pairs.len(), pairs.odd().len()), (4, 0));

    let (dock, drone) = (pairs[0].gateway.as_ref().unwrap(), pairs[0].drone.as_ref().unwrap());
    assert_eq!(dock.sn, DeviceSn::new("7CTXX00000"));
    assert_eq!(dock.device_model.key, DeviceModelKey::new(DeviceModelKey::DOCK_2));
    assert_eq!(
        (&dock.device_model.domain, &dock.device_model.class),
        (&DeviceDomain::Dock, &DeviceClass::Dock)
    );
    assert_eq!(
        (dock.device_model.r#type.as_str(), dock.device_model.sub_type.as_str()),
        ("2", "0")
    );
    assert_eq!((dock.device_online_status, dock.mode_code), (true, Some(GatewayMode::InOperation)));
    assert!(dock.camera_list.is_empty() && dock.camera_list.was_null());
    assert_eq!((&drone.sn, drone.callsign.as_deref()), (&DroneSn::new("1581FX0000"), Some("")));
    assert_eq!(
        (drone.device_online_status, drone.mode_code),
        (false, Some(DroneMode::NotConnected))
    );
    assert_eq!(drone.device_model, None);

    let dock = pairs[1].gateway.as_ref().unwrap();
    assert_eq!(
        (&dock.device_model.domain, dock.device_model.r#type.as_str()),
        (&DeviceDomain::Dock, "1"),
        "numbers are read as well"
    );
    assert!(!dock.camera_list.was_null(), "an empty list is not null");
    assert_eq!(pairs[1].drone, None);
    assert_eq!(pairs[2].gateway, None);
    assert_eq!(pairs[2].drone.as_ref().unwrap().mode_code, Some(DroneMode::ManualFlight));
    let controller = pairs[3].gateway.as_ref().unwrap();
    assert_eq!(
        (&controller.device_model.class, controller.mode_code),
        (&DeviceClass::RemoteController, None)
    );
}

#[tokio::test]
async fn r10_a_dock_state_has_names_where_lists_have_numbers() {
    let data = r#"{"device_sn":"7CTXX00000","device_state":{"mode_code":"in_operation","drone_in_dock":"inside",
        "sub_device":{"device_sn":"1581FX0000","device_online_status":"power_off"},
        "drone_charge_state":{"capacity_percent":78,"state":"idle"},"storage":{"total":100000,"used":43000},
        "media_file_detail":{"remain_upload":0},"wind_speed":2.1,"rainfall":"no_rain","environment_temperature":21.5,
        "latitude":50.0,"longitude":14.0}}"#;
    let snapshot = read(&DeviceState::new("7CTXX00000"), data).await;
    assert_eq!(snapshot.device_sn, Some(DeviceSn::new("7CTXX00000")));
    let state = snapshot.device_state.as_ref().unwrap();
    let dock = state.dock();
    assert_eq!(dock.mode_code, Some(GatewayModeName::InOperation));
    assert_eq!(dock.drone_in_dock, Some(DroneInDock::Inside));
    let sub_device = dock.sub_device.unwrap();
    assert_eq!(sub_device.device_sn, Some(DroneSn::new("1581FX0000")));
    let charge = dock.drone_charge_state.unwrap();
    assert_eq!(charge.capacity_percent, Some(78.0));
    let storage = dock.storage.unwrap();
    assert_eq!((storage.total, storage.used), (Some(100_000.0), Some(43_000.0)));
    assert_eq!(dock.media_file_detail.unwrap().remain_upload, Some(0));
    assert_eq!(
        (dock.wind_speed, dock.rainfall.as_deref(), dock.environment_temperature),
        (Some(2.1), Some("no_rain"), Some(21.5))
    );
    assert_eq!((dock.latitude, dock.longitude), (Some(50.0), Some(14.0)));
    assert_eq!(
        state.get("sub_device").unwrap()["device_online_status"],
        "power_off",
        "the whole stays at hand"
    );
    assert_eq!(
        written(&snapshot),
        serde_json::from_str::<Value>(data).unwrap(),
        "and is written as it came"
    );
}

#[tokio::test]
async fn r11_a_state_without_fix_or_battery_is_a_state() {
    let data = r#"{"device_state":{"latitude":0,"longitude":0,"height":0,"mode_code":"not_connected","battery":null}}"#;
    let snapshot = read(&DeviceState::new("1581FX0000"), data).await;
    let aircraft = snapshot.device_state.as_ref().unwrap().aircraft();
    assert_eq!(
        (aircraft.latitude, aircraft.longitude, aircraft.height),
        (Some(0.0), Some(0.0), Some(0.0))
    );
    assert_eq!((aircraft.mode_code, aircraft.battery), (Some(DroneModeName::NotConnected), None));

    let snapshot =
        read(&DeviceState::new("7CTXX00000"), r#"{"device_state":{"mode_code":0}}"#).await;
    assert_eq!(
        snapshot.device_state.as_ref().unwrap().dock().mode_code,
        Some(GatewayModeName::Idle)
    );
    assert_eq!(snapshot.device_sn, None);
}

#[tokio::test]
async fn r12_payloads_stand_behind_keys_of_their_own() {
    let data = r#"{"device_state":{"81-0-0":{"gimbal_pitch":-45,"gimbal_yaw":-170.0,"payload_index":"81-0-0","zoom_factor":2},
        "position_state":{"gps_number":9,"rtk_number":44,"is_fixed":2,"quality":"gear_5"}}}"#;
    let snapshot = read(&DeviceState::new("1581FX0000"), data).await;
    let state = snapshot.device_state.as_ref().unwrap();
    let payloads = state.payloads();
    assert_eq!(payloads.len(), 1, "position_state is no payload");
    let (key, payload) = &payloads[0];
    assert_eq!(
        (key.as_str(), &payload.payload_index),
        ("81-0-0", &Some(CameraIndex::new(CameraIndex::M3TD)))
    );
    assert_eq!(
        (payload.gimbal_pitch, payload.gimbal_yaw, payload.zoom_factor),
        (Some(-45.0), Some(-170.0), Some(2.0))
    );
    let position = state.aircraft().position_state.unwrap();
    assert_eq!(
        (position.gps_number, position.rtk_number, position.quality.as_deref()),
        (Some(9), Some(44), Some("gear_5"))
    );
    assert_eq!(
        position.is_fixed.as_deref(),
        Some("2"),
        "the Cloud API numbers what is a name here"
    );

    let number = r#"{"device_state":{"position_state":{"quality":5,"gps_number":9}}}"#;
    let snapshot = read(&DeviceState::new("1581FX0000"), number).await;
    let position = snapshot.device_state.unwrap().aircraft().position_state.unwrap();
    assert_eq!((position.quality.as_deref(), position.gps_number), (Some("5"), Some(9)));
}

const MANUAL_FLIGHT: &str = r#"{"uuid":"a1","name":"FlyTo 1","task_type":"manual","status":"success","sn":"7CTXX00000","landing_dock_sn":"",
    "wayline_uuid":"","begin_at":"2026-01-02T02:40:00Z","completed_at":"","run_at":"2026-01-02T02:40:05Z",
    "media_upload_status":"upload_finished","current_waypoint_index":0,"total_waypoints":0,"folder_id":42}"#;

fn row(change: impl FnOnce(&mut Value)) -> Value {
    let mut row = serde_json::from_str(MANUAL_FLIGHT).unwrap();
    change(&mut row);
    row
}

#[tokio::test]
async fn r13_a_manual_flight_has_empty_texts_for_what_it_lacks() {
    let rows = read(&tasks(), &format!(r#"{{"list":[{MANUAL_FLIGHT}]}}"#)).await;
    let task = &rows[0];
    assert_eq!(
        (task.uuid.as_str(), task.name.as_str(), task.sn.as_str()),
        ("a1", "FlyTo 1", "7CTXX00000")
    );
    assert!(!task.task_type.is_known());
    assert_eq!((task.task_type.as_str(), &task.status), ("manual", &TaskStatus::Success));
    assert_eq!(
        (&task.landing_dock_sn, &task.wayline_uuid, task.completed_at),
        (&None, &None, None)
    );
    assert_eq!(task.begin_at, Some(time("2026-01-02T02:40:00Z")));
    assert_eq!(task.run_at, Some(time("2026-01-02T02:40:05Z")));
    assert_eq!(
        task.media_upload_status.as_ref().unwrap().as_str(),
        MediaUploadStatus::UPLOAD_FINISHED
    );
    assert_eq!(
        (task.current_waypoint_index, task.total_waypoints, task.folder_id),
        (Some(0), Some(0), Some(MediaFolderId::new(42)))
    );
    assert_eq!(
        written(&rows)["list"][0]["task_type"],
        "manual",
        "an unknown value is written as it came"
    );
}

#[tokio::test]
async fn r14_operations_and_exceptions_are_a_list_an_object_or_null() {
    let operation = json!({"operator_account": "a"});
    let exception =
        json!({"code": 1, "message": "m", "happen_at": "2026-01-02T02:41:00Z", "sn": "7CTXX00000"});
    let lists = row(|row| {
        (row["operations"], row["exceptions"]) = (json!([operation]), json!([exception]))
    });
    let objects =
        row(|row| (row["operations"], row["exceptions"]) = (operation.clone(), exception.clone()));
    let nulls = row(|row| (row["operations"], row["exceptions"]) = (Value::Null, Value::Null));
    let rows =
        read(&tasks(), &json!({"list": [lists, objects, nulls, row(|_| {})]}).to_string()).await;
    assert_eq!((rows.len(), rows.odd().len()), (4, 0));
    for task in &rows[..2] {
        assert_eq!(task.operations.len(), 1);
        assert_eq!(task.operations[0].operator_account.as_deref(), Some("a"));
        let exception = &task.exceptions[0];
        assert_eq!((exception.code, exception.message.as_deref()), (Some(1), Some("m")));
        assert_eq!(
            (exception.happen_at, &exception.sn),
            (Some(time("2026-01-02T02:41:00Z")), &Some(DeviceSn::new("7CTXX00000")))
        );
    }
    for task in &rows[2..] {
        assert!(task.operations.is_empty() && task.operations.was_null());
        assert!(task.exceptions.is_empty() && task.exceptions.was_null());
    }
}

#[tokio::test]
async fn r15_statuses_and_types_may_be_numbers() {
    let numbers = row(|row| (row["status"], row["task_type"]) = (json!(5), json!(2)));
    let texts =
        row(|row| (row["status"], row["task_type"]) = (json!("success"), json!("immediate")));
    let digits = row(|row| (row["status"], row["task_type"]) = (json!("7"), json!("3")));
    let future = row(|row| (row["status"], row["task_type"]) = (json!(99), json!(99)));
    let rows = read(&tasks(), &json!({"list": [numbers, texts, digits, future]}).to_string()).await;
    assert_eq!(rows.odd(), []);
    assert_eq!((&rows[0].status, &rows[0].task_type), (&TaskStatus::Success, &TaskType::Recurring));
    assert_eq!((&rows[1].status, &rows[1].task_type), (&TaskStatus::Success, &TaskType::Immediate));
    assert_eq!((&rows[2].status, &rows[2].task_type), (&TaskStatus::Timeout, &TaskType::Timed));
    assert_eq!(
        (rows[3].status.as_str(), rows[3].task_type.as_str()),
        ("99", "99"),
        "unknown numbers are kept"
    );
    assert!(!rows[3].status.is_known());
    assert_eq!(
        written(&rows)["list"][0]["status"],
        "success",
        "known numbers are written as their names"
    );
}

#[tokio::test]
async fn r16_a_task_has_nulls_and_zeros_for_what_its_schedule_lacks() {
    let detail = |more: &str| {
        format!(
            r#"{{"uuid":"a1","name":"n","task_type":"immediate","status":"success","sn":"7CTXX00000","wayline_uuid":"w",
            "begin_at":"2024-10-29T16:51:47.818707+08:00","end_at":"","interval":0,"days_of_week":null,"days_of_month":null,
            "week_of_month":0,"recurring_task_start_time_list":null,"continuous_task_periods":null{more}}}"#
        )
    };
    let folder =
        r#","folder_info":{"folder_id":42,"expected_file_count":6,"uploaded_file_count":6}"#;
    let task = read(&TaskGet::new("a1"), &detail(folder)).await;
    assert_eq!(
        task.begin_at.unwrap().to_string(),
        "2024-10-29T16:51:47.818707+08:00",
        "the offset is kept"
    );
    assert_eq!((task.end_at, task.interval, task.week_of_month), (None, Some(0), Some(0)));
    assert!(task.days_of_week.is_empty() && task.days_of_month.is_empty());
    assert!(
        task.recurring_task_start_time_list.is_empty() && task.continuous_task_periods.is_empty()
    );
    let folder = task.folder_info.unwrap();
    assert_eq!(
        (folder.folder_id, folder.expected_file_count, folder.uploaded_file_count),
        (MediaFolderId::new(42), Some(6), Some(6))
    );

    assert_eq!(read(&TaskGet::new("a1"), &detail("")).await.folder_info, None);
}

#[tokio::test]
async fn r17_the_same_field_is_a_count_elsewhere() {
    // V2.0: resuming a task. No operation of V1.0 answers so; a program reads it with a raw call and a type of its own.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Resumption {
        task: Resumed,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Resumed {
        uuid: String,
        begin_at: i64,
        #[serde(default)]
        wayline_validity_check_codes: List<Value>,
    }
    let data =
        r#"{"task":{"uuid":"a1","begin_at":1770000000,"wayline_validity_check_codes":null}}"#;
    let reply = Scripted::json(format!(r#"{{"code":0,"message":"","data":{data}}}"#));
    let raw = project(reply)
        .raw(Method::Post, "/openapi/v2.0/workspaces/w/flight-tasks/resumptions")
        .send()
        .await
        .unwrap();
    assert_eq!(raw.data(), data);
    let resumption: Resumption = raw.decode().unwrap();
    assert_eq!((resumption.task.uuid.as_str(), resumption.task.begin_at), ("a1", 1_770_000_000));
    assert!(resumption.task.wayline_validity_check_codes.was_null());

    // The field of the same name in V1.0 is a text; a count is read as the same moment.
    for begin_at in [json!("2026-02-02T02:40:00Z"), json!(1_770_000_000)] {
        let row = row(|row| row["begin_at"] = begin_at.clone());
        let rows = read(&tasks(), &json!({"list": [row]}).to_string()).await;
        assert_eq!(
            rows.first().and_then(|task| task.begin_at),
            Some(seconds(1_770_000_000)),
            "{begin_at} {:?}",
            rows.odd()
        );
    }
}

#[tokio::test]
async fn r18_media_lists_have_folders_and_doubles() {
    let data = r#"{"list":[
        {"uuid":"m1","name":"Remote-Control","file_type":"unsupported","suffix":"","size":0,"original_url":"https://host/","preview_url":""},
        {"name":"x.DAT","file_type":"ppk","suffix":".DAT","size":609051},
        {"file_type":"image","suffix":".jpeg"},
        {"file_type":"image","suffix":".jpeg"},
        {"file_type":"panorama","suffix":".jpeg"}]}"#;
    let files = read(&TaskMedia::new("t"), data).await;
    assert_eq!((files.len(), files.odd().len()), (5, 0), "doubles are the caller's business");
    assert_eq!(
        (files[0].uuid.as_ref().unwrap().as_str(), &files[0].file_type),
        ("m1", &MediaFileType::Unsupported)
    );
    assert_eq!((files[0].suffix.as_deref(), files[0].size), (Some(""), Some(0)));
    assert_eq!(
        (&files[0].original_url, &files[0].preview_url),
        (&Some(Secret::new("https://host/")), &None)
    );
    assert_eq!(
        (files[1].name.as_deref(), files[1].size, &files[1].uuid),
        (Some("x.DAT"), Some(609_051), &None)
    );
    assert_eq!(
        (&files[1].file_type, &files[2].file_type),
        (&MediaFileType::Ppk, &MediaFileType::Image)
    );
    assert_eq!(
        (&files[2].name, files[2].suffix.as_deref(), files[2].size),
        (&None, Some(".jpeg"), None)
    );
    assert_eq!(files[4].file_type.as_str(), "panorama");
    assert!(!format!("{files:?}").contains("https://host/"), "addresses are signed, and so secret");
}

#[tokio::test]
async fn r19_track_points_are_in_seconds_or_milliseconds() {
    let track = |points: &str, distance: &str| {
        format!(
            r#"{{"name":"n","wayline_uuid":"","status":"success","track":{{"track_id":"k","flight_distance":{distance},"points":{points}}}}}"#
        )
    };
    for (timestamp, moment) in [
        ("1730194310", seconds(1_730_194_310)),
        ("1770000000000", seconds(1_770_000_000)),
        ("1770000000.5", Timestamp::from_unix_millis(1_770_000_000_500).unwrap()),
    ] {
        let points = format!(r#"[{{"timestamp":{timestamp},"latitude":50,"longitude":14.5}}]"#);
        let flown = read(&TaskTrack::new("t"), &track(&points, "152")).await.track.unwrap();
        assert_eq!(flown.flight_distance, Some(152.0));
        let point = &flown.points[0];
        assert_eq!(
            (point.timestamp, point.latitude, point.longitude, point.height),
            (moment, 50.0, 14.5, None),
            "{timestamp}"
        );
    }
    let flown = read(&TaskTrack::new("t"), &track("null", "152.5")).await;
    assert_eq!((&flown.wayline_uuid, flown.status), (&None, Some(TaskStatus::Success)));
    let track = flown.track.unwrap();
    assert_eq!(
        (track.flight_distance, track.points.len(), track.points.was_null()),
        (Some(152.5), 0, true)
    );
}

#[tokio::test]
async fn r20_routes_have_milliseconds_and_new_template_types() {
    let data = r#"{"list":[
        {"id":"w1","name":"North","update_time":1770000000000,"size":4096,"template_types":["waypoint"],
         "payload_information":[{"domain":"1","type":"98","lens_type":"wide"}],"device_model_key":"0-91-1"},
        {"id":"w2","name":"Strip","update_time":1770000000001,"size":1,"template_types":["mapping_strip","spiral"],
         "payload_information":null,"device_model_key":"0-999-0"},
        {"id":"w3","name":"Empty","template_types":null,"payload_information":null}]}"#;
    let routes = read(&WaylineList::new(), data).await;
    assert_eq!((routes.len(), routes.odd().len()), (3, 0));
    assert_eq!(
        (routes[0].id.as_str(), routes[0].name.as_str(), routes[0].size),
        ("w1", "North", Some(4096))
    );
    assert_eq!(routes[0].update_time, Some(seconds(1_770_000_000)));
    assert_eq!(routes[0].template_types[..], [WaylineTemplateType::Waypoint]);
    assert_eq!(routes[0].device_model_key, Some(DeviceModelKey::new(DeviceModelKey::MATRICE_3TD)));
    let payload = &routes[0].payload_information[0];
    assert_eq!(
        (payload.domain.as_deref(), payload.r#type.as_deref(), &payload.lens_type),
        (Some("1"), Some("98"), &Some(PayloadLensType::Wide))
    );
    assert_eq!(routes[1].update_time.unwrap().unix_millis(), 1_770_000_000_001);
    assert_eq!(routes[1].template_types[0], WaylineTemplateType::MappingStrip);
    assert_eq!(
        (routes[1].template_types[1].as_str(), routes[1].template_types[1].is_known()),
        ("spiral", false)
    );
    assert!(routes[1].payload_information.was_null());
    assert_eq!((routes[2].update_time, routes[2].template_types.len()), (None, 0));
    assert_eq!(written(&routes)["list"][1]["template_types"], json!(["mapping_strip", "spiral"]));
}

#[tokio::test]
async fn r21_health_alerts_are_lists_in_lists() {
    let data = r#"{"list":[
        {"device_sn":"7CTXX00000","device_hms":{"list":[{"level":"notification","module":"device_management",
          "in_the_key":"on_the_ground","code":"0x16100083","message":"m","args":null,"imminent":false}]}},
        {"device_sn":"7CTXX00001","device_hms":null},
        {"device_sn":"7CTXX00002","device_hms":{"list":null}},
        {"device_sn":"7CTXX00003","device_hms":{"list":[{"level":"panic","module":"hms","code":"0x1","imminent":1}]}}]}"#;
    let devices = read(&DeviceHms::new(["7CTXX00000"]), data).await;
    assert_eq!((devices.len(), devices.odd().len()), (4, 0));
    let alert = &devices[0].device_hms[0];
    assert_eq!(
        (&alert.level, &alert.module),
        (&HmsLevel::Notification, &HmsModule::DeviceManagement)
    );
    assert_eq!(alert.in_the_key, Some(HmsPlace::OnTheGround));
    assert_eq!(
        (alert.code.as_str(), alert.message.as_deref(), &alert.args, alert.imminent),
        ("0x16100083", Some("m"), &None, Some(false))
    );
    for device in &devices[1..3] {
        assert!(
            device.device_hms.is_empty() && device.device_hms.was_null(),
            "{}",
            device.device_sn
        );
    }
    assert_eq!(
        (devices[3].device_hms[0].level.as_str(), devices[3].device_hms[0].imminent),
        ("panic", Some(true))
    );
}

#[tokio::test]
async fn r22_a_stream_address_is_an_opaque_secret() {
    let start = LivestreamStart::new("1581FX0000", "81-0-0", 3600);
    for (data, url, kind, expires) in [
        (
            r#"{"url":"app_id=A&expire_time=1779443600&room_id=R&token=T&user_id=U","url_type":"volc","expire_ts":1779443600}"#,
            "app_id=A&expire_time=1779443600&room_id=R&token=T&user_id=U",
            Some("volc"),
            Some(1_779_443_600),
        ),
        (
            r#"{"url":"{\"app_id\":\"A\",\"channel_name\":\"C\",\"token\":\"T\",\"uid\":\"U\"}","url_type":"agora"}"#,
            r#"{"app_id":"A","channel_name":"C","token":"T","uid":"U"}"#,
            Some("agora"),
            None,
        ),
        (
            r#"{"url":"https://h/live/x.m3u8","url_type":"srs"}"#,
            "https://h/live/x.m3u8",
            Some("srs"),
            None,
        ),
        (
            r#"{"url":"https://h/rtc/v1/whep/?app=live&stream=s","url_type":"whep"}"#,
            "https://h/rtc/v1/whep/?app=live&stream=s",
            Some("whep"),
            None,
        ),
        (r#"{"url":"https://h/live/x.m3u8"}"#, "https://h/live/x.m3u8", None, None),
    ] {
        let playback = read(&start, data).await;
        assert_eq!(playback.url.expose(), url);
        assert_eq!(playback.url_type.as_ref().map(UrlType::as_str), kind);
        assert_eq!(playback.expire_ts, expires.map(seconds));
        assert!(!format!("{playback:?}").contains(url), "{playback:?}");
        assert_eq!(serde_json::to_value(&playback).unwrap()["url"], "***");
        assert_eq!(written(&playback)["url"], url, "only a server writes it");
    }
}

#[tokio::test]
async fn r23_upload_credentials_end_after_a_while_or_at_a_moment() {
    let data = r#"{"endpoint":"https://objects.example.com","bucket":"b","region":"","provider":"ali","object_key_prefix":"p/wayline",
        "credentials":{"access_key_id":"STS.X","access_key_secret":"S","security_token":"T","expire":900,"platform":0}}"#;
    let storage = read(&ProjectStsToken::new(), data).await;
    assert_eq!(
        (storage.endpoint.as_str(), storage.bucket.as_str(), storage.object_key_prefix.as_str()),
        ("https://objects.example.com", "b", "p/wayline")
    );
    assert_eq!((&storage.region, &storage.provider), (&None, &Some(StorageProvider::Ali)));
    assert_eq!(
        (storage.credentials.expire, storage.credentials.platform),
        (900, Some(0)),
        "seconds to live"
    );
    assert_eq!(
        (
            storage.credentials.access_key_secret.expose(),
            storage.credentials.security_token.expose()
        ),
        ("S", "T")
    );

    let data = r#"{"cloud_name":"AWS_S3","access_key_id":"AK","secret_access_key":"S","session_token":"T","region":"eu-central-1",
        "cloud_bucket_name":"b","callback_param":"CB","store_path":"x/r1/{fileName}","expire_time":1779443600,"end_point":"https://s3"}"#;
    let grant = read(&OpenmodelObtainToken::new(), data).await;
    assert_eq!(grant.cloud_name, Some(CloudName::new(CloudName::AWS_S3)));
    assert_eq!(
        (grant.access_key_id.as_str(), grant.cloud_bucket_name.as_str(), grant.store_path.as_str()),
        ("AK", "b", "x/r1/{fileName}")
    );
    assert_eq!(
        (
            grant.secret_access_key.expose(),
            grant.session_token.expose(),
            grant.callback_param.expose()
        ),
        ("S", "T", "CB")
    );
    assert_eq!(
        (grant.expire_time, grant.end_point.as_str()),
        (Some(seconds(1_779_443_600)), "https://s3"),
        "a moment"
    );
}

#[tokio::test]
async fn r24_a_drained_resource_has_a_status_nobody_documents() {
    let resource = read(
        &OpenmodelGetResource::new("r"),
        r#"{"resource_uuid":"r","status":0,"file_names":null}"#,
    )
    .await;
    assert_eq!(resource.resource_uuid.as_str(), "r");
    let status = resource.status.unwrap();
    assert_eq!((status.as_i64(), status.is_known()), (0, false));
    assert_eq!((resource.resource_size, resource.file_names.len()), (None, 0));
    assert!(resource.file_names.was_null());
    assert_eq!(written(&resource)["status"], 0, "an unknown number is written as it came");
    assert_eq!(written(&resource)["file_names"], Value::Null, "and so is a list that was null");
}

#[tokio::test]
async fn one_odd_name_does_not_lose_the_others() {
    let data =
        r#"{"resource_uuid":"r","status":1,"file_names":["a.jpg",{"name":"b.jpg"},"c.jpg"]}"#;
    let resource = read(&OpenmodelGetResource::new("r"), data).await;
    assert_eq!(resource.file_names[..], ["a.jpg", "c.jpg"]);
    let odd = &resource.file_names.odd()[0];
    assert_eq!((odd.index(), odd.json()), (1, r#"{"name":"b.jpg"}"#));
}

#[tokio::test]
async fn r25_a_project_may_have_no_time_and_no_place() {
    let data = r#"{"list":[
        {"name":"A","introduction":"","uuid":"p1","org_uuid":"o","created_at":0,"updated_at":1730194310},
        {"name":"B","uuid":"p2","org_uuid":"o","project_work_center_point":{"latitude":50,"longitude":14.5},"created_at":1730194310},
        {"name":"C","uuid":"p3","org_uuid":"o","project_work_center_point":null,"project_name":"C","workspace_name":"C"}]}"#;
    let projects = read(&ProjectList::new(), data).await;
    assert_eq!((projects.len(), projects.odd().len()), (3, 0));
    assert_eq!((projects[0].name.as_str(), projects[0].introduction.as_deref()), ("A", Some("")));
    assert_eq!(
        (projects[0].created_at, projects[0].updated_at),
        (None, Some(seconds(1_730_194_310)))
    );
    assert_eq!(projects[0].project_work_center_point, None);
    let point = projects[1].project_work_center_point.as_ref().unwrap();
    assert_eq!((point.latitude, point.longitude), (50.0, 14.5));
    assert_eq!(projects[1].created_at, Some(seconds(1_730_194_310)));
    assert_eq!((projects[2].uuid.as_str(), &projects[2].project_work_center_point), ("p3", &None));
}

#[tokio::test]
async fn r26_a_model_id_is_a_number_also_as_text() {
    let data = r#"{"list":[
        {"id":1234567,"name":"A","file_type":"model_2d","create_at":1770000000000,"update_at":1770000000},
        {"id":"1234568","name":"B","file_type":"model_4d","create_at":0}]}"#;
    let models = read(&ModelList::new(), data).await;
    assert_eq!((models.len(), models.odd().len()), (2, 0));
    assert_eq!((models[0].id, models[1].id), (ModelId::new(1_234_567), ModelId::new(1_234_568)));
    assert_eq!(
        (models[0].create_at, models[0].update_at),
        (Some(seconds(1_770_000_000)), Some(seconds(1_770_000_000)))
    );
    assert_eq!((&models[0].file_type, models[1].create_at), (&Some(ModelFileType::TwoD), None));
    assert_eq!(models[1].file_type.as_ref().unwrap().as_str(), "model_4d");
}

#[tokio::test]
async fn r27_converters_mix_types_and_echo_passwords() {
    // `rtsp` and its options are V2.0's.
    let common = r#""sn":"7CTXX00000","update_ts":"2026-01-02T02:40:00Z","state":"running""#;
    let data = format!(
        r#"[{{"converter_id":"c1","converter_name":"G","camera_index":"165-0-7","schema":"gb28181",{common},
          "schema_option":{{"server_id":"s","server_ip":"192.0.2.7","server_port":"5060","device_password":"FHCANARY-1","local_port":7060,"device_id":"d","local_channel":"l"}}}},
        {{"converter_id":"c2","converter_name":"R","camera":"81-0-0","schema":"rtsp",{common},
          "bypass_option":{{"username":"u","password":"FHCANARY-2","enable_ts":1}}}},
        {{"converter_id":"c3","converter_name":"R","camera_index":"81-0-0","camera":"82-0-0","schema":"rtsp",{common},
          "schema_option":{{"username":"u","password":"FHCANARY-3","enable_ts":false}}}}]"#
    );
    for data in [data.clone(), format!(r#"{{"list":{data}}}"#)] {
        let converters = read(&ConverterList::new(), &data).await;
        assert_eq!((converters.len(), converters.odd()), (3, [].as_slice()));
        let options = converters[0].schema_option.as_ref().unwrap();
        assert_eq!(
            (&converters[0].schema, converters[0].state.as_ref().unwrap()),
            (&ConverterSchema::Gb28181, &ConverterState::Running)
        );
        assert_eq!(
            (options.server_port.as_deref(), options.local_port.as_deref()),
            (Some("5060"), Some("7060"))
        );
        assert_eq!(options.device_password.as_ref().unwrap().expose(), "FHCANARY-1");
        assert_eq!(
            (converters[1].schema.as_str(), converters[1].camera_index.as_str()),
            ("rtsp", "81-0-0")
        );
        let options = converters[1].schema_option.as_ref().unwrap();
        assert_eq!((options.username.as_deref(), options.enable_ts), (Some("u"), Some(true)));
        assert_eq!(converters[2].camera_index.as_str(), "81-0-0", "the canonical spelling wins");
        assert_eq!(converters[2].schema_option.as_ref().unwrap().enable_ts, Some(false));
        assert!(!format!("{converters:?}").contains("FHCANARY"), "{converters:?}");
        assert!(!serde_json::to_string(&converters).unwrap().contains("FHCANARY"));
    }
}

#[tokio::test]
async fn r28_an_empty_404_is_an_operation_that_is_not_deployed() {
    let error = answer(&ConverterList::new(), Scripted::status(404, "")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.http_status()),
        (ErrorKind::NotDeployed, None, Some(404))
    );
    assert!(error.is_not_deployed() && !error.is_not_found());
    let create = ConverterDelete::new("c1");
    assert_eq!(
        answer(&create, Scripted::status(404, "")).await.unwrap_err().outcome(),
        Some(WriteOutcome::Indeterminate)
    );
}

#[tokio::test]
async fn r29_only_the_code_of_an_error_is_stable() {
    let mut seen = Vec::new();
    for (language, header, message) in
        [(Language::English, "en", "device offline"), (Language::Chinese, "zh", "设备离线")]
    {
        let script = ScriptedTransport::new()
            .then(Scripted::json(json!({"code": 212_015, "message": message}).to_string()));
        let client = script.builder().language(language).build().unwrap();
        let error =
            client.project(PROJECT).send(&DeviceState::new("7CTXX00000")).await.unwrap_err();
        assert_eq!(script.requests()[0].header("x-language"), Some(header));
        assert_eq!(error.message(), Some(message));
        assert!(error.is_offline());
        seen.push((error.code(), error.code().map(ErrorCode::kind)));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], (Some(ErrorCode::new(212_015)), Some(CodeKind::Device)));
}

#[tokio::test]
async fn r30_unknown_keys_come_anywhere() {
    // That it holds for every object of every operation's examples, the contract tests show.
    let data = r#"{"list":[{"uuid":"p1","name":"A","org_uuid":"o","new":{"deep":[1,{}]},"project_work_center_point":{"latitude":1,"longitude":2,"datum":"x"}}],"total":1,"page":null}"#;
    let reply =
        format!(r#"{{"trace_id":"t","code":0,"message":"OK","data":{data},"success":true}}"#);
    let projects = answer(&ProjectList::new(), Scripted::json(reply)).await.unwrap();
    assert_eq!((projects.len(), projects[0].uuid.as_str()), (1, "p1"));
    assert_eq!(projects[0].project_work_center_point.as_ref().unwrap().longitude, 2.0);
}

#[tokio::test]
async fn one_odd_row_does_not_lose_a_list() {
    let good = row(|_| {});
    let odd = row(|row| row["status"] = json!({"value": 5}));
    let rows = read(&tasks(), &json!({"list": [good, odd, null, 7, "x", good]}).to_string()).await;
    assert_eq!(rows.len(), 2);
    let places: Vec<_> = rows.odd().iter().map(flighthub_api::Odd::index).collect();
    assert_eq!(places, [1, 2, 3, 4]);
    assert_eq!(
        serde_json::from_str::<Value>(rows.odd()[0].json()).unwrap(),
        odd,
        "the row is kept as it came"
    );
    assert!(rows.odd()[0].problem().starts_with("at `status`: "), "{:?}", rows.odd());
    assert!(!rows.was_null());
}

#[tokio::test]
async fn one_odd_element_of_a_nested_list_does_not_lose_its_row() {
    let data = r#"{"list":[{"device_sn":"a","device_hms":{"list":[{"level":"warning","module":"hms","code":"0x1"},{"level":"warning","module":"hms","code":[]}]}},
        {"device_sn":{},"device_hms":null}]}"#;
    let devices = read(&DeviceHms::new(["a"]), data).await;
    assert_eq!((devices.len(), devices.odd().len()), (1, 1));
    let alerts = &devices[0].device_hms;
    assert_eq!((alerts.len(), alerts[0].code.as_str()), (1, "0x1"));
    assert_eq!(alerts.odd()[0].index(), 1);
    assert!(alerts.odd()[0].problem().starts_with("at `code`: "), "{:?}", alerts.odd());

    let track = r#"{"name":"n","track":{"points":[{"timestamp":1770000000,"latitude":1,"longitude":2},{"timestamp":1770000001,"latitude":null,"longitude":2}]}}"#;
    let track = read(&TaskTrack::new("t"), track).await.track.unwrap();
    assert_eq!((track.points.len(), track.points.odd()[0].index()), (1, 1));
}

#[tokio::test]
async fn the_path_of_a_bad_value_is_exact_and_the_value_is_not_shown() {
    let rtk = DeviceState::new("7CTXX00000");
    let error = unread(&rtk, r#"{"device_model":{"key":"3-2-0","domain":"3","type":["FHCANARY"],"sub_type":"0","class":"airport"}}"#).await;
    assert_eq!((error.kind(), error.json_path()), (ErrorKind::Decode, Some("device_model.type")));
    let error = unread(&TaskGet::new("t"), r#"{"uuid":"a","name":"n","task_type":"timed","status":"success","sn":"s","begin_at":"FHCANARY"}"#).await;
    assert_eq!(error.json_path(), Some("begin_at"));
    assert!(!format!("{error} {error:?}").contains("FHCANARY"), "{error:?}");
    let error = unread(&TaskGet::new("t"), r#"{"uuid":"a","name":"n"}"#).await;
    assert_eq!(error.json_path(), Some("."), "a missing field is its object's fault");
    assert!(error.to_string().contains("task_type"), "{error}");
    let error = unread(&TaskGet::new("t"), r#"{"uuid":"a","name":"n","task_type":"timed","status":"success","sn":"s","continuous_task_periods":[[1770000000,"x"]]}"#).await;
    assert_eq!(error.json_path(), Some("continuous_task_periods[0][1]"));
}
