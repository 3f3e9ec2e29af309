//! The quirks as data.

#[cfg(feature = "contract")]
use super::twists::Twist;
use super::{Change, Operations, Quirk, edits};

/// Operations that answer `data.list`.
pub(super) const LISTING: &[&str] = &[
    "project.list",
    "project.devices_of_organization",
    "project.devices",
    "device.hms",
    "converter.list",
    "task.list",
    "task.media",
    "wayline.list",
    "model.list",
    "openmodel.running",
];
/// Operations that promise nothing but success.
pub(super) const VOID: &[&str] = &[
    "system.status",
    "project.add_members",
    "device.command",
    "device.change_camera",
    "device.change_lens",
    "device.set_stream_quality",
    "converter.set",
    "converter.delete",
    "task.set_status",
    "openmodel.delete_resource",
    "openmodel.stop",
    "openmodel.delete",
];
const PAIRS: &[&str] = &["project.devices", "project.devices_of_organization"];
const STATE: &[&str] = &["device.state"];
const TASKS: &[&str] = &["task.list"];
const TASK: &[&str] = &["task.get"];
const TRACK: &[&str] = &["task.track"];
const LIVE: &[&str] = &["livestream.start"];
const CONVERTERS: &[&str] = &["converter.list"];
const JSON: &str = "application/json; charset=utf-8";

const fn quirk(name: &'static str, about: &'static str, change: Change) -> Quirk {
    Quirk { name, vector: None, about, operations: Operations::All, conforms: false, change }
}

impl Quirk {
    const fn vector(mut self, vector: &'static str) -> Self {
        self.vector = Some(vector);
        self
    }

    const fn of(mut self, operations: Operations) -> Self {
        self.operations = operations;
        self
    }

    const fn conforming(mut self) -> Self {
        self.conforms = true;
        self
    }
}

use Change::{Bytes, Data, Edit, Envelope, Whole, WithHeader};
use Operations::{Answering, Listing, These, Void};

/// All quirks. The evidence: *live* is a logged reply of a real gateway, *clients* is what public clients defend themselves against.
pub static QUIRKS: &[Quirk] = &[
    // Lists and results that are not there.
    quirk(
        "null-list",
        "`data.list` is null for an empty list (live, the rule rather than the \
         exception).",
        Edit(edits::null_list),
    )
    .vector("R1")
    .of(Listing)
    .conforming(),
    quirk("empty-list", "`data.list` is `[]` (live, seldom).", Edit(edits::empty_list))
        .vector("R1")
        .of(Listing)
        .conforming(),
    quirk(
        "data-null",
        "A success whose `data` is null although one was promised (clients).",
        Envelope(edits::data_null),
    )
    .of(Answering),
    quirk(
        "data-empty",
        "A success whose `data` is `{}` although more was promised (clients).",
        Envelope(edits::data_empty),
    )
    .of(Listing),
    quirk("data-missing", "A success without `data` (clients).", Envelope(edits::without_data))
        .of(Answering)
        .conforming(),
    quirk(
        "bare-list",
        "`data` is the list itself (one client's converters).",
        Edit(edits::bare_list),
    )
    .of(Listing),
    quirk(
        "void-null",
        "Nothing promised, `data` is null (clients: suspending a task).",
        Whole(200, JSON, r#"{"code":0,"message":"success","data":null}"#),
    )
    .vector("R7")
    .of(Void)
    .conforming(),
    quirk(
        "void-absent",
        "Nothing promised, no `data` (clients: stream quality).",
        Whole(200, JSON, r#"{"code":0,"message":""}"#),
    )
    .vector("R7")
    .of(Void)
    .conforming(),
    quirk(
        "void-object",
        "Nothing promised, `data` is `{}` and there is no message (clients).",
        Whole(200, JSON, r#"{"code":0,"data":{}}"#),
    )
    .vector("R7")
    .of(Void)
    .conforming(),
    quirk(
        "annotation-without-id",
        "The reply to a new annotation is `{}` (clients).",
        Whole(200, JSON, r#"{"code":0,"data":{}}"#),
    )
    .vector("R7")
    .of(These(&["annotation.create"]))
    .conforming(),
    // Refusals.
    quirk(
        "refusal-without-data",
        "A refusal in HTTP 200 without `data` (live, for a missing key).",
        Whole(200, JSON, r#"{"code":200401,"message":"X-User-Token not found or empty"}"#),
    )
    .vector("R2")
    .conforming(),
    quirk(
        "code-as-text",
        "A refusal whose code is text (an article; clients).",
        Whole(401, JSON, r#"{"code":"200401","message":"Unauthorized"}"#),
    )
    .vector("R3"),
    quirk(
        "success-as-text",
        "A success whose code is the text `0` (clients).",
        Envelope(edits::code_as_text),
    )
    .vector("R3"),
    quirk(
        "busy",
        "219021 with another meaning than the documented (live, in HTTP 200 without \
         data).",
        Whole(200, JSON, r#"{"code":219021,"message":"server busy, retry later"}"#),
    )
    .vector("R4")
    .conforming(),
    quirk(
        "server-error",
        "A business code inside HTTP 500 (live).",
        Whole(500, JSON, r#"{"code":200500,"message":"server error"}"#),
    )
    .vector("R5")
    .conforming(),
    quirk(
        "refusal-with-object",
        "A refusal with an empty object (clients, V2.0).",
        Whole(200, JSON, r#"{"code":231011,"message":"no resource","data":{}}"#),
    )
    .vector("R8")
    .conforming(),
    quirk(
        "refusal-with-list",
        "A refusal with a list (clients, V2.0).",
        Whole(200, JSON, r#"{"code":231011,"message":"no resource","data":[]}"#),
    )
    .vector("R8")
    .conforming(),
    quirk(
        "message-english",
        "A refusal worded in English (live, by X-Language).",
        Whole(200, JSON, r#"{"code":212015,"message":"Device is offline"}"#),
    )
    .vector("R29")
    .conforming(),
    quirk(
        "message-chinese",
        "The same refusal worded in Chinese (live, by X-Language).",
        Whole(200, JSON, r#"{"code":212015,"message":"设备离线"}"#),
    )
    .vector("R29")
    .conforming(),
    quirk(
        "unknown-code",
        "A business code that no table has (clients).",
        Whole(200, JSON, r#"{"code":299999,"message":"unheard of"}"#),
    )
    .conforming(),
    quirk(
        "too-many-429",
        "Too many calls, HTTP 429 with Retry-After (documented code, clients).",
        WithHeader(
            429,
            r#"{"code":210429,"message":"operations too frequent","data":{}}"#,
            ("retry-after", "1"),
        ),
    )
    .conforming(),
    quirk(
        "too-many-200",
        "Too many calls, inside HTTP 200 (clients).",
        Whole(200, JSON, r#"{"code":210429,"message":"operations too frequent"}"#),
    )
    .conforming(),
    // No API at all.
    quirk(
        "web-page",
        "HTTP 200 with a web page, as fh.dji.com answers for every path (live).",
        Whole(200, "text/html; charset=utf-8", WEB_PAGE),
    )
    .vector("R6"),
    quirk(
        "not-deployed",
        "HTTP 404 with an empty body: the installation lacks the route (live).",
        Whole(404, "", ""),
    )
    .vector("R28"),
    quirk(
        "not-found-text",
        "HTTP 404 in plain text, of a proxy or router (clients).",
        Whole(404, "text/plain; charset=utf-8", "404 page not found"),
    ),
    quirk(
        "bad-gateway",
        "HTTP 502 with a web page, of a proxy in front (clients).",
        Whole(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    ),
    quirk(
        "truncated",
        "JSON that ends too early under a length that fits (clients).",
        Bytes(edits::truncated),
    ),
    quirk(
        "byte-order-mark",
        "JSON after a byte order mark (clients).",
        Bytes(edits::with_byte_order_mark),
    ),
    quirk(
        "unlabelled",
        "JSON named plain text (clients).",
        Whole(200, "text/plain", r#"{"code":0,"message":"","data":{"list":null}}"#),
    )
    .of(Listing),
    // Rows and objects of single operations.
    quirk(
        "device-halves",
        "Pairs of which a half is missing or null, numbers as text, cameras null (live, \
         clients).",
        Data(DEVICE_HALVES),
    )
    .vector("R9")
    .of(These(PAIRS)),
    quirk(
        "dock-state-names",
        "A dock's state: names where lists have numbers (live).",
        Data(DOCK_STATE),
    )
    .vector("R10")
    .of(These(STATE))
    .conforming(),
    quirk(
        "state-without-fix",
        "No fix is 0/0, the battery null (clients).",
        Data(STATE_WITHOUT_FIX),
    )
    .vector("R11")
    .of(These(STATE))
    .conforming(),
    quirk(
        "state-mode-number",
        "The mode as its number (clients).",
        Data(r#"{"device_state":{"mode_code":0}}"#),
    )
    .vector("R11")
    .of(These(STATE)),
    quirk(
        "payload-keys",
        "Payloads under keys of their own, whole and broken numbers mixed (clients).",
        Data(PAYLOAD_KEYS),
    )
    .vector("R12")
    .of(These(STATE)),
    quirk(
        "manual-flight",
        "A flight by hand: an unlisted type, empty texts for what it lacks (live).",
        Data(MANUAL_FLIGHT),
    )
    .vector("R13")
    .of(These(TASKS)),
    quirk(
        "operations-mixed",
        "Operations and exceptions as list, object, null and missing (clients).",
        Data(OPERATIONS),
    )
    .vector("R14")
    .of(These(TASKS)),
    quirk(
        "task-numbers",
        "Status and type of tasks as numbers (live).",
        Edit(edits::numeric_states),
    )
    .vector("R15")
    .of(These(TASKS)),
    quirk(
        "task-zeros",
        "Nulls and zeros for what a schedule lacks (clients).",
        Edit(edits::task_of_zeros),
    )
    .vector("R16")
    .of(These(TASK)),
    quirk(
        "task-without-folder",
        "A task without folder_info (clients).",
        Edit(edits::without_folder),
    )
    .vector("R16")
    .of(These(TASK))
    .conforming(),
    quirk(
        "media-folders",
        "Rows that are folders, raw data and doubles among the media; suffix with and \
         without content (live).",
        Data(MEDIA),
    )
    .vector("R18")
    .of(These(&["task.media"])),
    quirk(
        "track-seconds",
        "Track points in unix seconds (clients).",
        Edit(edits::track_in_seconds),
    )
    .vector("R19")
    .of(These(TRACK)),
    quirk(
        "track-milliseconds",
        "Track points in unix milliseconds (clients).",
        Edit(edits::track_in_milliseconds),
    )
    .vector("R19")
    .of(These(TRACK))
    .conforming(),
    quirk(
        "track-without-height",
        "Track points without height and a whole-numbered distance (clients).",
        Edit(edits::track_without_height),
    )
    .vector("R19")
    .of(These(TRACK))
    .conforming(),
    quirk(
        "track-without-points",
        "A track whose points are null (clients).",
        Edit(edits::track_without_points),
    )
    .vector("R19")
    .of(These(TRACK))
    .conforming(),
    quirk(
        "routes-of-all-kinds",
        "Routes with unlisted template types and models, nulls for lists (live times in \
         milliseconds).",
        Data(ROUTES),
    )
    .vector("R20")
    .of(These(&["wayline.list"])),
    quirk(
        "alerts-nested",
        "Alerts as lists in lists, null in three places, an unlisted level (clients).",
        Data(ALERTS),
    )
    .vector("R21")
    .of(These(&["device.hms"])),
    quirk("live-volc", "The stream address is a query string, no URL (live).", Data(LIVE_VOLC))
        .vector("R22")
        .of(These(LIVE))
        .conforming(),
    quirk("live-agora", "The stream address is JSON text (clients).", Data(LIVE_AGORA))
        .vector("R22")
        .of(These(LIVE))
        .conforming(),
    quirk(
        "live-srs",
        "The stream address is a URL (clients).",
        Data(r#"{"url":"https://live.example.net/live/x.m3u8","url_type":"srs"}"#),
    )
    .vector("R22")
    .of(These(LIVE))
    .conforming(),
    quirk("live-whep", "The stream address is one for WHEP (live).", Data(LIVE_WHEP))
        .vector("R22")
        .of(These(LIVE))
        .conforming(),
    quirk(
        "live-untyped",
        "A stream address without its type (clients).",
        Data(r#"{"url":"https://live.example.net/live/x.m3u8"}"#),
    )
    .vector("R22")
    .of(These(LIVE))
    .conforming(),
    quirk(
        "storage-ali",
        "Upload credentials of another provider, empty region, seconds to live \
         (clients).",
        Data(STORAGE),
    )
    .vector("R23")
    .of(These(&["project.sts_token"]))
    .conforming(),
    quirk(
        "modeling-grant",
        "The other operation's spelling of upload credentials: a moment instead of \
         seconds to live (clients).",
        Data(GRANT),
    )
    .vector("R23")
    .of(These(&["openmodel.obtain_token"]))
    .conforming(),
    quirk(
        "drained-resource",
        "A drained resource: status 0, null for its files (live).",
        Data(r#"{"resource_uuid":"r","status":0,"file_names":null}"#),
    )
    .vector("R24")
    .of(These(&["openmodel.get_resource"])),
    quirk(
        "project-without-time",
        "Projects with time 0, without a place, with keys of other generations \
         (clients).",
        Data(PROJECTS),
    )
    .vector("R25")
    .of(These(&["project.list"]))
    .conforming(),
    quirk(
        "model-ids",
        "Model ids as number and as text, times in both units, an unlisted file type \
         (clients).",
        Data(MODELS),
    )
    .vector("R26")
    .of(These(&["model.list"])),
    quirk(
        "converters-mixed",
        "Converters with mixed types and echoed passwords, also under other spellings \
         (clients).",
        Data(CONVERTER_LIST),
    )
    .vector("R27")
    .of(These(CONVERTERS)),
    quirk("converters-bare", "The same as a bare list (clients).", Data(CONVERTER_ROWS))
        .vector("R27")
        .of(These(CONVERTERS)),
    quirk(
        "page-ignored",
        "Every page holds the same two projects, whatever page was asked for (clients: \
         a paging loop without end).",
        Data(PAGE),
    )
    .of(These(&["project.list"]))
    .conforming(),
    // Anything, anywhere.
    quirk(
        "extra-fields",
        "A field that nobody knows in every object (documented as to be expected).",
        Edit(edits::extra_fields),
    )
    .vector("R30")
    .of(Answering)
    .conforming(),
    quirk("odd-rows", "A number and a list among the rows (clients).", Edit(edits::odd_rows))
        .of(Listing),
    quirk(
        "doubled-rows",
        "Every row twice (live, of alerts and media).",
        Edit(edits::doubled_rows),
    )
    .of(Listing)
    .conforming(),
    #[cfg(feature = "contract")]
    quirk(
        "unknown-values",
        "A value that nobody knows for each of a set (live: `manual`, `unsupported`).",
        Change::Twist(Twist::UnknownValues),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "nulls-where-optional",
        "Null for everything that may be missing (clients).",
        Change::Twist(Twist::NullOptional),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "nulls-where-required",
        "Null for single values that have to be there.",
        Change::Twist(Twist::NullRequired),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "numbers-as-text",
        "Numbers as text (live: device models; clients: ports, ids).",
        Change::Twist(Twist::NumbersAsText),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "text-as-numbers",
        "Text of digits as numbers (clients).",
        Change::Twist(Twist::TextAsNumbers),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "other-time-unit",
        "Unix seconds for milliseconds and the reverse (clients).",
        Change::Twist(Twist::OtherTimeUnit),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "floats-for-integers",
        "`4.0` for `4`, which is the same number in JSON.",
        Change::Twist(Twist::FloatsForIntegers),
    )
    .of(Answering)
    .conforming(),
    #[cfg(feature = "contract")]
    quirk(
        "epoch-for-iso",
        "Unix seconds of ten digits for times in words (clients, V2.0: resuming a \
         task).",
        Change::Twist(Twist::EpochForIso),
    )
    .vector("R17")
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "empty-texts",
        "An empty text for ids and times that may be missing (live).",
        Change::Twist(Twist::EmptyTexts),
    )
    .of(Answering),
    #[cfg(feature = "contract")]
    quirk(
        "flags-as-numbers",
        "0 and 1 for false and true (clients).",
        Change::Twist(Twist::FlagsAsNumbers),
    )
    .of(Answering),
];

const WEB_PAGE: &str = "<!doctype html><html><head><title>DJI FlightHub 2</title></head><body><div id=\"app\"></div></body></html>";

const STATE_WITHOUT_FIX: &str = r#"{"device_state":{"latitude":0,"longitude":0,"height":0,"mode_code":"not_connected","battery":null}}"#;

const PAYLOAD_KEYS: &str = r#"{"device_state":{"81-0-0":{"gimbal_pitch":-45,"gimbal_yaw":-170.0,"payload_index":"81-0-0","zoom_factor":2},"position_state":{"gps_number":9,"rtk_number":44,"is_fixed":2,"quality":"gear_5"}}}"#;

const LIVE_VOLC: &str = r#"{"url":"app_id=A&expire_time=1779443600&room_id=R&token=T&user_id=U","url_type":"volc","expire_ts":1779443600}"#;

const LIVE_AGORA: &str = r#"{"url":"{\"app_id\":\"A\",\"channel_name\":\"C\",\"token\":\"T\",\"uid\":\"U\"}","url_type":"agora"}"#;

const LIVE_WHEP: &str =
    r#"{"url":"https://live.example.net/rtc/v1/whep/?app=live&stream=s","url_type":"whep"}"#;

const DEVICE_HALVES: &str = r#"{"list":[
{"gateway":{"sn":"7CTXN0000B00A9","device_model":{"key":"3-2-0","domain":"3","type":"2","sub_type":"0","class":"airport"},"device_online_status":true,"mode_code":4,"camera_list":null},
 "drone":{"sn":"1581F0Q8X000U00G00A9","callsign":"","device_online_status":false,"mode_code":14,"camera_list":null}},
{"gateway":{"sn":"7CTXN0000B00A8","device_model":{"key":"3-1-0","domain":3,"type":1,"sub_type":0,"class":"airport"},"device_online_status":false,"mode_code":0,"camera_list":[]},"drone":null},
{"drone":{"sn":"1581F0Q8X000U00G00A8","device_online_status":true,"mode_code":3}},
{"gateway":{"sn":"9N9XL0000D00C9","device_model":{"key":"2-174-0","domain":"2","type":"174","sub_type":"0","class":"rc"},"device_online_status":true}}]}"#;

const DOCK_STATE: &str = r#"{"device_sn":"7CTXN0000B00A1","device_state":{"mode_code":"in_operation","drone_in_dock":"inside","sub_device":{"device_sn":"1581F0Q8X000U00G00A1","device_online_status":"power_off"},"drone_charge_state":{"capacity_percent":78,"state":"idle"},"storage":{"total":100000,"used":43000},"media_file_detail":{"remain_upload":0},"wind_speed":2.1,"rainfall":"no_rain","environment_temperature":21.5,"latitude":0.02,"longitude":-25.3}}"#;

const MANUAL_FLIGHT: &str = r#"{"list":[{"uuid":"5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10","name":"FlyTo 1","task_type":"manual","status":"success","sn":"7CTXN0000B00A1","landing_dock_sn":"","wayline_uuid":"","begin_at":"2026-01-02T02:40:00Z","completed_at":"","run_at":"2026-01-02T02:40:05Z","media_upload_status":"upload_finished","current_waypoint_index":0,"total_waypoints":0,"folder_id":42}]}"#;

const OPERATIONS: &str = r#"{"list":[
{"uuid":"a1","name":"list","task_type":"immediate","status":"success","sn":"7CTXN0000B00A1","operations":[{"operator_account":"a"}],"exceptions":[{"code":1,"message":"m","happen_at":"2026-01-02T02:41:00Z","sn":"7CTXN0000B00A1"}]},
{"uuid":"a2","name":"object","task_type":"immediate","status":"success","sn":"7CTXN0000B00A1","operations":{"operator_account":"a"},"exceptions":{"code":1,"message":"m","happen_at":"2026-01-02T02:41:00Z","sn":"7CTXN0000B00A1"}},
{"uuid":"a3","name":"null","task_type":"immediate","status":"success","sn":"7CTXN0000B00A1","operations":null,"exceptions":null},
{"uuid":"a4","name":"none","task_type":"immediate","status":"success","sn":"7CTXN0000B00A1"}]}"#;

const MEDIA: &str = r#"{"list":[
{"uuid":"m1","name":"Remote-Control","file_type":"unsupported","suffix":"","size":0,"original_url":"https://objects.example.net/","preview_url":""},
{"name":"x.DAT","file_type":"ppk","suffix":".DAT","size":609051},
{"file_type":"image","suffix":".jpeg"},
{"file_type":"image","suffix":".jpeg"},
{"file_type":"panorama","suffix":".jpeg"}]}"#;

const ROUTES: &str = r#"{"list":[
{"id":"w1","name":"North","update_time":1770000000000,"size":4096,"template_types":["waypoint"],"payload_information":[{"domain":"1","type":"98","lens_type":"wide"}],"device_model_key":"0-91-1"},
{"id":"w2","name":"Strip","update_time":1770000000001,"size":1,"template_types":["mapping_strip","spiral"],"payload_information":null,"device_model_key":"0-999-0"},
{"id":"w3","name":"Empty","template_types":null,"payload_information":null}]}"#;

const ALERTS: &str = r#"{"list":[
{"device_sn":"7CTXN0000B00A1","device_hms":{"list":[{"level":"notification","module":"device_management","in_the_key":"on_the_ground","code":"0x16100083","message":"m","args":null,"imminent":false}]}},
{"device_sn":"7CTXN0000B00A2","device_hms":null},
{"device_sn":"7CTXN0000B00A3","device_hms":{"list":null}},
{"device_sn":"7CTXN0000B00A4","device_hms":{"list":[{"level":"panic","module":"hms","code":"0x1","imminent":1}]}}]}"#;

const STORAGE: &str = r#"{"endpoint":"https://objects.example.net","bucket":"b","region":"","provider":"ali","object_key_prefix":"p/wayline","credentials":{"access_key_id":"STS.X","access_key_secret":"S","security_token":"T","expire":900,"platform":0}}"#;

const GRANT: &str = r#"{"cloud_name":"AWS_S3","access_key_id":"AK","secret_access_key":"S","session_token":"T","region":"eu-central-1","cloud_bucket_name":"b","callback_param":"CB","store_path":"x/r1/{fileName}","expire_time":1779443600,"end_point":"https://objects.example.net"}"#;

const PROJECTS: &str = r#"{"list":[
{"name":"A","introduction":"","uuid":"p1","org_uuid":"o","created_at":0,"updated_at":1730194310},
{"name":"B","uuid":"p2","org_uuid":"o","project_work_center_point":{"latitude":0.02,"longitude":-25.3},"created_at":1730194310},
{"name":"C","uuid":"p3","org_uuid":"o","project_work_center_point":null,"project_name":"C","workspace_name":"C"}]}"#;

const PAGE: &str =
    r#"{"list":[{"name":"A","uuid":"p1","org_uuid":"o"},{"name":"B","uuid":"p2","org_uuid":"o"}]}"#;

const MODELS: &str = r#"{"list":[
{"id":1234567,"name":"A","file_type":"model_2d","create_at":1770000000000,"update_at":1770000000},
{"id":"1234568","name":"B","file_type":"model_4d","create_at":0}]}"#;

/// `rtsp` and its options are those of V2.0.
macro_rules! converter_rows {
    () => {
        r#"[
{"converter_id":"c1","converter_name":"G","camera_index":"165-0-7","schema":"gb28181","sn":"7CTXN0000B00A1","update_ts":"2026-01-02T02:40:00Z","state":"running","schema_option":{"server_id":"s","server_ip":"192.0.2.7","server_port":"5060","device_password":"FHCANARY-1","local_port":7060,"device_id":"d","local_channel":"l"}},
{"converter_id":"c2","converter_name":"R","camera":"81-0-0","schema":"rtsp","sn":"7CTXN0000B00A1","update_ts":"2026-01-02T02:40:00Z","state":"running","bypass_option":{"username":"u","password":"FHCANARY-2","enable_ts":1}},
{"converter_id":"c3","converter_name":"R","camera_index":"81-0-0","camera":"82-0-0","schema":"rtsp","sn":"7CTXN0000B00A1","update_ts":"2026-01-02T02:40:00Z","state":"running","schema_option":{"username":"u","password":"FHCANARY-3","enable_ts":false}}]"#
    };
}
const CONVERTER_ROWS: &str = converter_rows!();
const CONVERTER_LIST: &str = concat!(r#"{"list":"#, converter_rows!(), "}");
