//! Laws of repetition, in virtual time: how many, after which pauses, and what the service and the clocks have to say about it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::v1::{ProjectList, SystemStatus};
use flighthub_api::{
    BoxFuture, CallOptions, Client, ClientBuilder, Clock, Region, RetryPolicy, Token, TokioClock,
    Transport, TransportError, TransportReply, TransportRequest,
};

use crate::figure;
use crate::operations::{sample, send};

/// What becomes of a request.
type Ended = BoxFuture<'static, Result<TransportReply, TransportError>>;

/// How every request ends.
type Ending = fn() -> Ended;

/// A transport on which every request ends alike, and which counts them.
#[derive(Clone)]
struct Outage {
    sends: Arc<AtomicU32>,
    end: Ending,
}

impl Outage {
    fn new(end: Ending) -> Self {
        Self { sends: Arc::default(), end }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder(Region::Europe, Token::opaque("outage"))
            .transport(self.clone())
            .no_rate_limit()
    }
}

impl Transport for Outage {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        self.sends.fetch_add(1, Ordering::SeqCst);
        (self.end)()
    }
}

fn at_once(end: Result<TransportReply, TransportError>) -> Ended {
    Box::pin(std::future::ready(end))
}

/// Every sort of a total outage.
const OUTAGES: [(&str, Ending); 4] = [
    ("no connection", || at_once(Err(TransportError::not_sent("scripted")))),
    ("reset", || at_once(Err(TransportError::maybe_sent("scripted")))),
    ("silence", || Box::pin(std::future::pending())),
    ("503", || at_once(Ok(TransportReply::new(503, "")))),
];

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_in_a_total_outage_are_sent_ten_thousand_times_and_a_hundred() {
    for (name, end) in OUTAGES {
        for id in ["task.get", "task.create"] {
            // Without a connection a write is repeated too, otherwise never: fewer show that.
            let is_repeated = id == "task.get" || name == "no connection";
            let calls = if is_repeated { 10_000 } else { 1_000 };
            let outage = Outage::new(end);
            let client = outage.builder().build().unwrap();
            let sample = sample(id);
            for _ in 0..calls {
                // Clones share the budget.
                let project = client.clone().project("p-1");
                send(&project, &sample.operation, &CallOptions::new()).await.unwrap_err();
            }
            let sends = outage.sends.load(Ordering::SeqCst);
            let row = format!("{name} {id}");
            figure!("Retry budget", row, "sends per call", f64::from(sends) / f64::from(calls));
            assert!(sends >= calls && sends <= calls + calls / 100, "{row}: {sends}");
            assert_eq!(sends > calls, is_repeated, "{row}: {sends}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_the_outage_would_be_made_three_times_as_bad() {
    // The control: a client for each call has its budget whole.
    let outage = Outage::new(OUTAGES[1].1);
    let sample = sample("task.get");
    for _ in 0..100 {
        let project = outage.builder().build().unwrap().project("p-1");
        send(&project, &sample.operation, &CallOptions::new()).await.unwrap_err();
    }
    assert_eq!(outage.sends.load(Ordering::SeqCst), 300);
}

/// A clock that writes down every sleep. Sleeping takes virtual time.
#[derive(Clone)]
struct Watched {
    sleeps: Arc<Mutex<Vec<(Instant, Duration)>>>,
    /// What the date is, reading by reading.
    wall: fn(u32) -> SystemTime,
    readings: Arc<AtomicU32>,
    is_hasty: bool,
}

impl Watched {
    fn new(wall: fn(u32) -> SystemTime) -> Self {
        Self { sleeps: Arc::default(), wall, readings: Arc::default(), is_hasty: false }
    }

    fn take(&self) -> Vec<(Instant, Duration)> {
        std::mem::take(&mut self.sleeps.lock().unwrap())
    }
}

impl Clock for Watched {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn wall(&self) -> SystemTime {
        (self.wall)(self.readings.fetch_add(1, Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleeps.lock().unwrap().push((self.now(), duration));
        if self.is_hasty { Box::pin(std::future::ready(())) } else { TokioClock.sleep(duration) }
    }
}

/// The patience of an attempt, by which its sleep is told from the pauses.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn pauses_are_drawn_evenly_below_limits_that_double() {
    const ATTEMPTS: u32 = 9;
    const CLIENTS: u64 = 1_050;
    let outage = Outage::new(OUTAGES[1].1);
    let clock = Watched { is_hasty: true, ..Watched::new(|_| SystemTime::UNIX_EPOCH) };
    let policy = RetryPolicy::default().attempts(ATTEMPTS);
    let options = CallOptions::new().timeout(Duration::from_secs(3600));
    let mut pauses = vec![Vec::new(); 8];
    for seed in 0..CLIENTS {
        let builder = outage.builder().clock(clock.clone()).retry(policy.clone()).seed(seed);
        let client = builder.build().unwrap();
        // Each takes 8 of the 100 repetitions in the budget.
        for _ in 0..12 {
            client.call_with(&SystemStatus::new(), &options).await.unwrap_err();
            let slept = clock.take().into_iter().map(|(_, slept)| slept);
            let slept: Vec<Duration> = slept.filter(|slept| *slept != PATIENCE).collect();
            assert_eq!(slept.len(), 8);
            for (level, pause) in slept.into_iter().enumerate() {
                pauses[level].push(pause);
            }
        }
    }
    let mut samples = 0;
    for (level, (drawn, limit)) in
        pauses.iter().zip([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]).enumerate()
    {
        let limit = Duration::from_millis(limit);
        assert!(drawn.iter().all(|pause| *pause <= limit), "{level}");
        assert!(drawn.iter().any(|pause| *pause > limit.mul_f64(0.99)), "{level}");
        let mean = drawn.iter().sum::<Duration>().as_secs_f64() / drawn.len() as f64;
        let off = (mean / (limit.as_secs_f64() / 2.0) - 1.0).abs() * 100.0;
        let row = format!("pause {}", level + 1);
        figure!("Back-off", row, "mean off theory", off, "percent");
        assert!(off <= 2.0, "{level}: {off}");
        // Evenly: a tenth of them in each tenth, within a fifth of it.
        let mut tenths = [0_usize; 10];
        for pause in drawn {
            let tenth = (pause.as_secs_f64() / limit.as_secs_f64() * 10.0) as usize;
            tenths[tenth.min(9)] += 1;
        }
        let even = drawn.len() / 10;
        assert!(tenths.iter().all(|count| count.abs_diff(even) < even / 5), "{tenths:?}");
        samples += drawn.len();
    }
    figure!("Back-off", "all pauses", "samples", samples);
    assert!(samples >= 100_000, "{samples}");
}

#[tokio::test(start_paused = true)]
async fn nobody_sleeps_beyond_the_deadline() {
    let mut random = 7_u64;
    let mut next = move |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % most
    };
    let (mut late, mut pauses) = (0, 0);
    for round in 0..2_500 {
        let clock = Watched::new(|_| SystemTime::UNIX_EPOCH);
        let script = (0..10).fold(ScriptedTransport::new(), |script, _| {
            let event = match next(3) {
                0 => Scripted::maybe_sent(),
                1 => Scripted::status(503, "").header("retry-after", &next(4).to_string()),
                _ => Scripted::silence(),
            };
            script.then(event.after(Duration::from_millis(next(500))))
        });
        let policy = RetryPolicy::default()
            .attempts(10)
            .first_pause(Duration::from_millis(1 + next(2_000)))
            .longest_pause(Duration::from_secs(10));
        let client = script.builder().clock(clock.clone()).retry(policy).seed(round);
        let client = client.build().unwrap();
        let timeout = Duration::from_millis(1 + next(8_000));
        let options = CallOptions::new().timeout(timeout).attempt_timeout(Duration::from_secs(2));
        let start = tokio::time::Instant::now();
        client.call_with(&SystemStatus::new(), &options).await.unwrap_err();
        assert!(start.elapsed() <= timeout + Duration::from_millis(1), "{:?}", start.elapsed());
        let deadline = start.into_std() + timeout;
        for (at, slept) in clock.take() {
            pauses += 1;
            late += usize::from(at + slept > deadline);
        }
    }
    figure!("Back-off", "sleeps beyond the deadline", "count", late);
    assert!(late == 0 && pauses > 8_000, "{late} of {pauses}");
}

/// Sun, 06 Nov 1994 08:49:37 GMT
fn in_1994(_: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_understood_in_every_form() {
    let cases: &[(&[&str], Option<u64>)] = &[
        (&["3"], Some(3)),
        (&["0"], Some(0)),
        (&["007"], Some(7)),
        (&[" 20\t"], Some(20)),
        (&["1000000000000"], Some(1_000_000_000_000)),
        (&["99999999999999999999"], Some(u64::MAX)),
        (&["Sun, 06 Nov 1994 08:49:47 GMT"], Some(10)),
        (&["Sun, 06 Nov 1994 10:49:47 +0200"], Some(10)),
        (&["Sun, 06 Nov 1994 08:49:27 GMT"], Some(0)),
        (&["Thu, 01 Jan 1970 00:00:00 GMT"], Some(0)),
        (&["Wed, 29 Dec 9999 00:00:00 GMT"], Some(252_617_929_823)),
        // The last two days of that year are beyond the date library: garbage like any other.
        (&["Fri, 31 Dec 9999 23:59:59 GMT"], None),
        (&["Sun, 06 Nov 1994 08:49:47"], None),
        (&["1994-11-06T08:49:47Z"], None),
        (&["-1"], None),
        (&["+3"], None),
        (&["1.5"], None),
        (&["1e3"], None),
        (&["0x10"], None),
        (&["3 s"], None),
        (&["3, 5"], None),
        (&[""], None),
        (&["soon"], None),
        (&["3", "9"], Some(9)),
        (&["9", "3"], Some(9)),
        (&["soon", "9"], Some(9)),
        (&[], None),
    ];
    for (values, seconds) in cases {
        let busy = values
            .iter()
            .fold(Scripted::status(429, ""), |reply, value| reply.header("retry-after", value));
        let script = ScriptedTransport::new()
            .then(busy.clone())
            .then(Scripted::json(r#"{"code":0,"message":"","data":{"list":[]}}"#));
        let clock = Watched::new(in_1994);
        let client = script.builder().clock(clock).build().unwrap();
        let start = tokio::time::Instant::now();
        let result = client.call(&ProjectList::new()).await;
        let waited = start.elapsed();
        match seconds {
            Some(seconds) if *seconds > 30 => {
                let error = result.map(|_| ()).expect_err(&format!("{values:?}"));
                let asked = error.retry_after();
                assert_eq!(asked, Some(Duration::from_secs(*seconds)), "{values:?}");
                assert_eq!((error.attempts(), waited), (1, Duration::ZERO), "{values:?}");
            }
            seconds => {
                assert_eq!(result.unwrap().attempts(), 2, "{values:?}");
                let least = Duration::from_secs(seconds.unwrap_or_default());
                let most = least.max(Duration::from_millis(100)) + Duration::from_millis(1);
                assert!((least..=most).contains(&waited), "{values:?}: {waited:?}");
            }
        }
        // A write is not repeated; it only says what was asked for.
        let script = ScriptedTransport::new().then(busy);
        let client = script.builder().clock(Watched::new(in_1994)).build().unwrap();
        let write = sample("task.create").operation;
        let project = client.project("p-1");
        let error = send(&project, &write, &CallOptions::new()).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{values:?}");
        assert!(error.is_refused() && error.attempts() == 1, "{values:?}");
    }
    figure!("Retry-After", "forms understood", "count", cases.len());
}

#[tokio::test(start_paused = true)]
async fn a_date_that_jumps_changes_nothing() {
    const STEP: u64 = 86_400 * 365;
    let walls: [fn(u32) -> SystemTime; 5] = [
        in_1994,
        |reading| in_1994(0) + Duration::from_secs(STEP * u64::from(reading)),
        |reading| in_1994(0) - Duration::from_secs(STEP * u64::from(reading)),
        |_| SystemTime::UNIX_EPOCH - Duration::from_secs(STEP),
        |_| SystemTime::UNIX_EPOCH + Duration::from_secs(STEP * 100_000),
    ];
    let mut courses = Vec::new();
    for wall in walls {
        let script = ScriptedTransport::new()
            .then(Scripted::maybe_sent().after(Duration::from_secs(1)))
            .then(Scripted::status(503, "").header("retry-after", "5"))
            .then(Scripted::silence())
            .then(Scripted::status(502, ""))
            .then(Scripted::json(r#"{"code":0,"message":"","data":{"list":[]}}"#));
        let policy = RetryPolicy::default().attempts(5);
        let clock = Watched::new(wall);
        let client = script.builder().clock(clock.clone()).retry(policy).seed(3).build().unwrap();
        let start = tokio::time::Instant::now();
        let reply = client.call(&ProjectList::new()).await.unwrap();
        let sleeps: Vec<Duration> = clock.take().into_iter().map(|(_, slept)| slept).collect();
        courses.push((reply.attempts(), start.elapsed(), sleeps));
    }
    assert_eq!(courses[0].0, 5);
    let others = courses.iter().filter(|course| **course != courses[0]).count();
    figure!("Clock jumps", "calls that took another course", "count", others);
    assert_eq!(others, 0, "{courses:#?}");
}
