//! `flighthub watch`: what changes at docks and aircraft, as it happens.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::{BoxFuture, Clock, TokioClock};
use flighthub_workflows::Run;
use flighthub_workflows::watch::{Alert, Reading, WatchChange, WatchEvent, WatchSettings, watch};
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Column;

/// Watch docks and aircraft: how they are, then what changes
///
/// Says who comes online and goes, what they do, where they are, how full their batteries are, and which health alerts come and go. FlightHub 2
/// has no push for this, so it asks: quickly while something flies, slowly while nothing does, and within the rate limits. It survives trouble
/// and says so; it ends when the key is refused. Each line is one JSON object with `at`, `event` and, if it is about a device, `sn`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  flighthub watch
  flighthub watch --dock \"North dock\" -o ndjson | while read -r line; do notify \"$line\"; done
  flighthub watch --for 8h --jq 'select(.event == \"alert_raised\" and .level == \"warning\")'
  flighthub watch --once -o json")]
pub(crate) struct Args {
    /// Dock, aircraft or controller by callsign or serial number; again for more. A dock stands for its aircraft too. All without it
    #[arg(short, long = "dock", visible_alias = "device", value_name = "DEVICE")]
    devices: Vec<String>,
    /// Show how they are now, and end
    #[arg(long)]
    once: bool,
    /// End after this time, such as 8h
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::when::parse_duration)]
    time: Option<Duration>,
    /// End after so many changes
    #[arg(long, value_name = "N")]
    changes: Option<u64>,
    /// Pause between two looks while something flies
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = crate::when::parse_duration)]
    fast: Duration,
    /// Pause between two looks otherwise
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = crate::when::parse_duration)]
    slow: Duration,
    /// Metres that a device has to move before it is said
    #[arg(long, value_name = "METRES", default_value_t = 10.0)]
    metres: f64,
    /// Percent that a battery has to change before it is said
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    percent: f64,
    /// How long an alert has to be away before it counts as gone; one that comes back sooner is not said again
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = crate::when::parse_duration)]
    alert_window: Duration,
}

/// A stream has the widths of its titles, because nobody knows what comes.
const COLUMNS: [Column; 4] = [
    Column::new("TIME", "at"),
    Column::new("DEVICE", "device"),
    Column::new("EVENT           ", "event"),
    Column::new("WHAT", "what"),
];

/// Watches.
pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let project = context.read_project().await?;
    let mut settings = WatchSettings::new().with_devices(&args.devices);
    settings.fast = args.fast;
    settings.slow = args.slow;
    settings.metres = args.metres;
    settings.percent = args.percent;
    settings.alert_window = args.alert_window;
    settings.for_at_most = args.time;
    settings.changes_at_most = args.changes;
    settings.once = args.once;
    let ends = args.once || args.time.is_some() || args.changes.is_some();
    let (run, mut events) = Run::<WatchEvent>::with_events();
    let clock = context.clock()?;
    let run = run.with_clock(if ends { clock } else { Arc::new(RealPace(clock)) });
    let mut watching = std::pin::pin!(watch(&project, &settings, &run));
    let end = loop {
        tokio::select! {
            biased;
            Some(event) = events.next() => show(context, &event)?,
            end = &mut watching => break end,
        }
        if context.out().is_closed() {
            // Nobody reads any more, as after `| head`.
            return Ok(Exit::Ok);
        }
    };
    while let Some(event) = events.try_next() {
        show(context, &event)?;
    }
    let end = end?;
    context.detail(format!("looked {} times, {} changes", end.looks, end.changes));
    Ok(Exit::Ok)
}

/// A row for people: the details in one text.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    event: &'a WatchEvent,
    device: &'a str,
    what: String,
}

fn show(context: &Context, event: &WatchEvent) -> Result<(), Failure> {
    let out = context.out();
    if !out.is_table() {
        return Ok(out.stream_item(&[], event)?);
    }
    // A device without a name has its number.
    let device = event.device.as_ref().map_or("", |device| match device.callsign.as_str() {
        "" => &device.sn,
        callsign => callsign,
    });
    let row = Row { event, device, what: what(&event.change) };
    Ok(out.stream_item(&COLUMNS, &row)?)
}

/// The details of a change, in words.
fn what(change: &WatchChange) -> String {
    let percent = |percent: &Option<f64>| percent.map(|percent| format!("{percent:.0} %"));
    match change {
        WatchChange::Snapshot { reading, alerts } => snapshot(reading, alerts),
        WatchChange::Ready { devices } => format!("{devices} devices"),
        WatchChange::ModeChanged { from, to } | WatchChange::DroneInDockChanged { from, to } => {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
            format!("{} -> {}", word(from), word(to))
        }
        WatchChange::Moved { latitude, longitude, height, metres } => {
            format!("{metres:.0} m to {}", place(*latitude, *longitude, *height))
        }
        WatchChange::FixFound { latitude, longitude, height } => {
            place(*latitude, *longitude, *height)
        }
        WatchChange::BatteryChanged { percent, .. } => format!("{percent:.0} %"),
        WatchChange::ChargeChanged { percent: now, state, .. } => {
            [percent(now), state.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        WatchChange::AlertRaised { alert } => alert_text(alert),
        WatchChange::AlertCleared { alert, lasted_seconds } => {
            format!("{}, stood {lasted_seconds} s", alert_text(alert))
        }
        WatchChange::Trouble { text, retry_seconds, .. } => {
            format!("{text} (again in {retry_seconds} s)")
        }
        WatchChange::Recovered { failures, lasted_seconds, .. } => {
            format!("after {lasted_seconds} s and {failures} failures")
        }
        _ => String::new(),
    }
}

fn snapshot(reading: &Reading, alerts: &[Alert]) -> String {
    let mut words = vec![if reading.online { "online" } else { "offline" }.to_owned()];
    words.extend(reading.mode.clone());
    words.extend(reading.battery_percent.map(|percent| format!("battery {percent:.0} %")));
    words.extend(reading.charge_percent.map(|percent| format!("aircraft at {percent:.0} %")));
    words.extend(reading.drone_in_dock.as_ref().map(|place| format!("aircraft {place}")));
    if reading.stale && reading.mode.is_some() {
        words.push("old news".to_owned());
    }
    words.extend(alerts.iter().map(alert_text));
    words.join(", ")
}

fn alert_text(alert: &Alert) -> String {
    match alert.text.as_str() {
        "" => format!("{} {}", alert.level, alert.code),
        text => format!("{} {} {text}", alert.level, alert.code),
    }
}

fn place(latitude: f64, longitude: f64, height: Option<f64>) -> String {
    let height = height.map(|height| format!(", {height:.0} m")).unwrap_or_default();
    format!("{latitude:.6}, {longitude:.6}{height}")
}

/// The dates of another clock, at the pace of real time: a watch without an end would otherwise run through years of a simulator.
pub(crate) struct RealPace(pub(crate) Arc<dyn Clock>);

impl Clock for RealPace {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        TokioClock.sleep(duration)
    }
}
