//! Whether a flight can start.

use std::time::Duration;

use flighthub_api::v1::{TaskCreate, TaskSchedule, TimedSchedule, WaylinePrecisionType};
use flighthub_sim::{FaultKind, Scenario, Sim};
use flighthub_workflows::mission::{self, CheckSettings, NAMES, Verdict};
use serde_json::json;

use super::{field, field_of, plan, scenario, timed};
use crate::support::{DOCK, DRONE};

#[tokio::test]
async fn a_dock_in_order_has_every_check_and_nothing_in_the_way() {
    let field = field().await;
    let report = field.check(&plan()).await;
    let names: Vec<&str> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, NAMES);
    let odd: Vec<_> = report.checks.iter().filter(|check| check.verdict != Verdict::Ok).collect();
    // The demo world's dock has an alert of the level `reminder`.
    assert_eq!(odd.len(), 1, "{odd:#?}");
    assert_eq!((odd[0].name, odd[0].verdict), ("alerts", Verdict::Warning));
    assert!(report.is_ready && report.starts_soon);
    assert_eq!(report.verdict(), Verdict::Warning);
    assert_eq!(report.dock_name.as_deref(), Some("North dock"));
    assert_eq!(report.aircraft.as_ref().unwrap().as_str(), DRONE);
    assert_eq!(report.route_name.as_deref(), Some("north-fence"));
    field.sim().journal().writes().times(0);
}

#[tokio::test]
async fn what_is_wrong_with_dock_aircraft_and_weather_is_seen() {
    let alert = json!({"do": "alert-raised", "sn": DRONE, "level": "warning", "module": "hms", "code": "0x16100083"});
    for (deed, name, verdict, blocks) in [
        (json!({"do": "disconnect", "sn": DOCK}), "dock-online", Verdict::Stop, true),
        (json!({"do": "disconnect", "sn": DOCK}), "dock-mode", Verdict::NotChecked, true),
        (
            json!({"do": "battery", "drone": DRONE, "percent": 39}),
            "aircraft-battery",
            Verdict::Stop,
            true,
        ),
        (
            json!({"do": "battery", "drone": DRONE, "percent": 40}),
            "aircraft-battery",
            Verdict::Ok,
            false,
        ),
        (json!({"do": "drone-out", "drone": DRONE}), "aircraft-in-dock", Verdict::Stop, true),
        (
            json!({"do": "storage-used", "sn": DOCK, "percent": 99}),
            "dock-storage",
            Verdict::Warning,
            false,
        ),
        (
            json!({"do": "storage-used", "sn": DRONE, "percent": 99}),
            "aircraft-storage",
            Verdict::Warning,
            false,
        ),
        (json!({"do": "weather", "wind_speed": 9.0}), "weather-wind", Verdict::Warning, false),
        (json!({"do": "weather", "wind_speed": 13.0}), "weather-wind", Verdict::Stop, true),
        (
            json!({"do": "weather", "rainfall": "light_rain"}),
            "weather-rain",
            Verdict::Warning,
            false,
        ),
        (json!({"do": "weather", "rainfall": "heavy_rain"}), "weather-rain", Verdict::Stop, true),
        (alert, "alerts", Verdict::Stop, true),
    ] {
        let field = field().await;
        field.deed(deed.clone());
        let report = field.check(&plan()).await;
        let check = report.get(name).unwrap();
        assert_eq!((check.verdict, check.is_blocking), (verdict, blocks), "{deed}: {check:?}");
        assert_eq!(report.is_ready, !blocks, "{deed}");
        assert!(verdict == Verdict::Ok || check.remedy.is_some(), "{check:?}");
    }
}

#[tokio::test]
async fn a_dock_that_is_not_calibrated_and_empty_is_seen() {
    let field = field().await;
    let mut plan = plan();
    plan.sn = "7CTXN0000B00C3".into();
    let report = field.check(&plan).await;
    for (name, verdict) in [
        ("dock-mode", Verdict::Stop),
        ("dock-position", Verdict::Stop),
        ("dock-rtk", Verdict::Warning),
        ("aircraft-paired", Verdict::Stop),
        ("aircraft-in-dock", Verdict::Stop),
        ("aircraft-model", Verdict::NotChecked),
    ] {
        assert_eq!(report.get(name).unwrap().verdict, verdict, "{name}");
    }
    plan.wayline_precision_type = WaylinePrecisionType::Gps;
    assert_eq!(field.check(&plan).await.get("dock-rtk").unwrap().verdict, Verdict::Ok);
}

#[tokio::test]
async fn a_route_that_does_not_fit_is_seen() {
    let field = field().await;
    // The other dock has an aircraft of another model, which sleeps.
    let mut other = plan();
    other.sn = "7CTXN0000B00B2".into();
    let report = field.check(&other).await;
    assert_eq!(report.get("aircraft-model").unwrap().verdict, Verdict::Stop);
    assert_eq!(report.get("aircraft-payload").unwrap().verdict, Verdict::NotChecked);
    assert_eq!(report.get("aircraft-idle").unwrap().verdict, Verdict::Ok);

    let mut nowhere = plan();
    nowhere.wayline_uuid = "00000000-0000-4000-8000-000000000000".into();
    let report = field.check(&nowhere).await;
    assert_eq!(report.get("route-exists").unwrap().verdict, Verdict::Stop);
    assert_eq!(report.get("route-waypoints").unwrap().verdict, Verdict::NotChecked);

    field.deed(json!({"do": "add-route", "project": field.sim().project(), "name": "one-point", "points": [[0.021, -25.299, 72.0]]}));
    let mut point = plan();
    point.wayline_uuid = mission::find_route(&field.project, "one-point").await.unwrap().id;
    let report = field.check(&point).await;
    assert_eq!(report.get("route-waypoints").unwrap().verdict, Verdict::Stop);
    assert_eq!(report.get("route-exists").unwrap().verdict, Verdict::Ok);
}

#[tokio::test]
async fn a_route_s_file_counts_before_what_the_service_tells() {
    let field = field().await;
    let mut kmz = flighthub_kmz::Kmz::new("0-91-1");
    kmz.waypoints = vec![flighthub_kmz::KmzWaypoint::new(0.021, -25.3, 60.0)];
    let settings = CheckSettings::new(plan()).with_kmz(kmz);
    let report = mission::check(&field.project, &field.run::<()>(), &settings).await.unwrap();
    assert_eq!(report.get("route-waypoints").unwrap().verdict, Verdict::Stop);
    // Nobody gave a ceiling, and no call tells it.
    assert_eq!(report.get("rth-altitude").unwrap().verdict, Verdict::NotChecked);
    let low = CheckSettings::new(plan()).with_ceiling(50);
    let report = mission::check(&field.project, &field.run::<()>(), &low).await.unwrap();
    assert_eq!(report.get("rth-altitude").unwrap().verdict, Verdict::Stop);
}

#[tokio::test]
async fn times_zones_and_docks_of_the_task_are_looked_at() {
    let field = field().await;
    let now = field.sim().now();
    let past = timed(now.saturating_sub(Duration::from_secs(60)));
    let mut window = timed(field.after(600));
    if let TaskSchedule::Timed(timed) = &mut window.schedule {
        timed.latest_begin_at = Some(timed.begin_at);
    }
    let with = |change: fn(&mut TaskCreate)| {
        let mut plan = plan();
        change(&mut plan);
        plan
    };
    for (plan, name, verdict) in [
        (past, "schedule-time", Verdict::Stop),
        (window, "schedule-time", Verdict::Stop),
        (timed(field.after(600)), "schedule-time", Verdict::Ok),
        (with(|plan| plan.time_zone = "Europe/Nowhere".into()), "time-zone", Verdict::Stop),
        (with(|plan| plan.time_zone = "europe/prague".into()), "time-zone", Verdict::Warning),
        (with(|plan| plan.rth_altitude = 0), "rth-altitude", Verdict::Stop),
        (with(|plan| plan.rth_altitude = 5), "rth-altitude", Verdict::Warning),
        (with(|plan| plan.landing_dock_sn = Some(DOCK.into())), "landing-dock", Verdict::Stop),
        (
            with(|plan| plan.landing_dock_sn = Some("7CTXN0000B00B2".into())),
            "landing-dock",
            Verdict::Stop,
        ),
        (
            with(|plan| plan.landing_dock_sn = Some("7CTXN0000B00C3".into())),
            "landing-dock",
            Verdict::Ok,
        ),
    ] {
        let report = field.check(&plan).await;
        let check = report.get(name).unwrap();
        assert_eq!(check.verdict, verdict, "{check:?}");
    }
}

#[tokio::test]
async fn a_dock_that_flies_or_is_about_to_is_seen() {
    let field = field().await;
    let report = field.check(&timed(field.after(3600))).await;
    assert_eq!(report.get("planned-tasks").unwrap().verdict, Verdict::Ok);
    field.started(timed(field.after(3600))).await;
    let report = field.check(&timed(field.after(3600 + 1200))).await;
    assert_eq!(report.get("planned-tasks").unwrap().verdict, Verdict::Warning);
    let report = field.check(&timed(field.after(3 * 3600))).await;
    assert_eq!(report.get("planned-tasks").unwrap().verdict, Verdict::Ok);

    field.started(plan()).await;
    field.sim().advance(Duration::from_secs(60));
    let report = field.check(&plan()).await;
    for name in ["dock-free", "dock-mode", "aircraft-in-dock", "aircraft-idle"] {
        let check = report.get(name).unwrap();
        assert_eq!(check.verdict, Verdict::Stop, "{check:?}");
    }
}

#[tokio::test]
async fn what_is_so_now_does_not_stop_a_later_start() {
    let field = field().await;
    field.deed(json!({"do": "disconnect", "sn": DOCK}));
    let report = field.check(&timed(field.after(6 * 3600))).await;
    let online = report.get("dock-online").unwrap();
    assert_eq!((online.verdict, online.is_blocking), (Verdict::Warning, false));
    assert!(!report.starts_soon);
    assert!(report.is_ready, "{:#?}", report.blocking().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_key_without_rights_checks_nothing_and_so_launches_nothing() {
    let field = scenario("missing-rights").await;
    let report = field.check(&plan()).await;
    let online = report.get("dock-online").unwrap();
    assert_eq!((online.verdict, online.is_blocking), (Verdict::NotChecked, true));
    assert!(online.reason.contains("null"), "{online:?}");
    for name in ["dock-mode", "aircraft-in-dock", "aircraft-battery", "weather-rain", "alerts"] {
        assert_eq!(report.get(name).unwrap().verdict, Verdict::NotChecked, "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_refused_is_an_error() {
    let field = field().await;
    field.deed(json!({"do": "rights", "key": "admin", "become": "revoked"}));
    let settings = CheckSettings::new(plan());
    let error = mission::check(&field.project, &field.run::<()>(), &settings).await.unwrap_err();
    assert!(error.api().unwrap().is_auth());
}

/// Missing and unknown values of the dock's state are never ok, whatever makes them so.
#[tokio::test]
async fn what_is_not_known_is_never_ok() {
    let of_state = [
        "dock-emergency-stop",
        "dock-cover",
        "dock-position",
        "dock-rtk",
        "dock-storage",
        "weather-wind",
        "weather-rain",
        "aircraft-in-dock",
        "aircraft-battery",
    ];
    for kind in [
        FaultKind::quirk("state-mode-number"),
        FaultKind::http_error(503),
        FaultKind::refuse(200_403),
        FaultKind::truncated_json(),
    ] {
        let field = field().await;
        let fault = flighthub_sim::Fault::new("device.state", kind.clone());
        field.sim().inject(fault.when(flighthub_sim::When::Always)).unwrap();
        let report = field.check(&plan()).await;
        for name in of_state {
            let check = report.get(name).unwrap();
            assert_eq!(check.verdict, Verdict::NotChecked, "{kind:?}: {check:?}");
        }
        assert!(!report.is_ready, "{kind:?}");
    }
    let odd: [fn(&str, &mut serde_json::Value); 3] = [
        |_, value| *value = serde_json::Value::Null,
        |_, value| *value = json!("a word that nobody knows"),
        |_, value| *value = json!({"an": ["odd", "shape"]}),
    ];
    for edit in odd {
        let field = field().await;
        let project = field.edited(move |path, body| {
            let mut reply: serde_json::Value = serde_json::from_str(&body).unwrap();
            let state =
                reply.pointer_mut("/data/device_state").filter(|_| path.ends_with("/state"));
            let Some(state) = state.and_then(serde_json::Value::as_object_mut) else { return body };
            state.iter_mut().for_each(|(key, value)| edit(key, value));
            reply.to_string()
        });
        let settings = CheckSettings::new(plan());
        let report = mission::check(&project, &field.run::<()>(), &settings).await.unwrap();
        for name in of_state.iter().filter(|name| **name != "dock-rtk") {
            let check = report.get(name).unwrap();
            assert_eq!(check.verdict, Verdict::NotChecked, "{check:?}");
        }
        assert!(report.get("dock-rtk").unwrap().verdict != Verdict::Ok);
        assert!(!report.is_ready);
    }
}

#[tokio::test]
async fn failing_reads_cost_only_what_needs_them() {
    for (operation, names) in [
        ("project.devices", &["dock-online", "aircraft-idle", "aircraft-payload"][..]),
        ("device.hms", &["alerts"]),
        ("task.list", &["dock-free", "planned-tasks"]),
        ("wayline.get", &["route-exists", "route-waypoints", "aircraft-model"]),
    ] {
        let field = field().await;
        field.sim().fail_next(operation, FaultKind::http_error(500)).unwrap();
        let report = field.check(&plan()).await;
        for check in &report.checks {
            if names.contains(&check.name) {
                assert_eq!(check.verdict, Verdict::NotChecked, "{operation}: {check:?}");
            }
        }
        assert_eq!(report.get("dock-mode").unwrap().verdict, Verdict::Ok, "{operation}");
        assert_eq!(report.get("weather-wind").unwrap().verdict, Verdict::Ok, "{operation}");
    }
}

#[tokio::test]
async fn the_scenarios_are_seen_through() {
    let low = scenario("low-battery").await;
    let report = low.check(&plan()).await;
    assert_eq!(report.get("aircraft-battery").unwrap().verdict, Verdict::Stop);

    let offline = scenario("dock-offline").await;
    assert!(offline.check(&plan()).await.is_ready);
    offline.sim().advance(Duration::from_secs(5 * 60));
    assert!(!offline.check(&plan()).await.is_ready);
    offline.sim().advance(Duration::from_secs(10 * 60));
    assert!(offline.check(&plan()).await.is_ready);

    let texts = scenario("hms-texts").await;
    let report = texts.check(&plan()).await;
    assert_eq!(report.get("alerts").unwrap().verdict, Verdict::Stop);
}

#[tokio::test]
async fn a_repeating_plan_is_checked_by_the_times_of_its_first_day() {
    let scenario = Scenario::named("private-cloud").unwrap();
    let field = field_of(Sim::builder().scenario(scenario).start().await.unwrap());
    let first = field.after(4 * 3600);
    let mut other = timed(first);
    other.schedule = TimedSchedule::new(first.saturating_add(Duration::from_secs(300))).into();
    field.started(other).await;
    let mut recurring = plan();
    recurring.schedule = super::launch::recurring(first, field.after(10 * 24 * 3600)).into();
    let report = field.check(&recurring).await;
    assert_eq!(report.get("planned-tasks").unwrap().verdict, Verdict::Warning);
    assert!(report.is_ready, "{:#?}", report.blocking().collect::<Vec<_>>());
}
