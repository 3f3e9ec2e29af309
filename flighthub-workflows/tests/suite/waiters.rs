//! What the three waiters promise alike: an end when it was asked for, to the millisecond; no more questions than their pauses allow; and
//! that an id is enough to go on. In virtual time.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use flighthub_api::v1::{ModelUuid, TaskUuid};
use flighthub_api::{
    BoxFuture, Client, Clock, Project, ReadOnly, Region, Timestamp, Token, Transport,
    TransportError, TransportReply, TransportRequest,
};
use flighthub_workflows::mission::{self, End, WaitSettings};
use flighthub_workflows::reconstruction::{Awaited, Until, wait_listed, wait_models};
use flighthub_workflows::{ErrorKind, Run};

/// Time that passes by sleeping only.
#[derive(Clone)]
struct Virtual {
    began: Instant,
    passed: Arc<Mutex<Duration>>,
}

impl Virtual {
    fn new() -> Self {
        Self { began: Instant::now(), passed: Arc::default() }
    }

    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

impl Clock for Virtual {
    fn now(&self) -> Instant {
        self.began + self.passed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_254_400) + self.passed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let passed = Arc::clone(&self.passed);
        // Not before it is waited for: the limit of a call that is answered never is.
        Box::pin(async move {
            tokio::task::yield_now().await;
            *passed.lock().unwrap() += duration;
        })
    }
}

/// A service on which nothing is done yet, until it is.
#[derive(Clone)]
struct Service {
    asked: Arc<AtomicU32>,
    is_done: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
}

const TASK: &str = "5b1f0c5e-8d2a-4a77-9a53-3f0e6c1b7a10";
const MODEL: &str = "aa11bb22-cccc-4ddd-8eee-ff0011223344";

impl Service {
    fn new() -> Self {
        Self { asked: Arc::default(), is_done: Arc::default(), is_silent: Arc::default() }
    }

    fn data(&self, path: &str) -> String {
        let is_done = self.is_done.load(Ordering::SeqCst);
        if path.contains("/flight-task/list") {
            return r#"{"list":[]}"#.to_owned();
        }
        if path.contains("/flight-task/") {
            let status = if is_done { "success" } else { "executing" };
            return format!(
                r#"{{"name":"North fence","uuid":"{TASK}","task_type":"immediate","status":"{status}","sn":"7CTXN0000B00A1",
                "wayline_uuid":"w","begin_at":"2026-01-01T08:00:00Z","out_of_control_action_in_flight":"return_home",
                "rth_altitude":100,"rth_mode":"preset","resumable_status":"manual"}}"#
            );
        }
        if path.contains("/open_model/") {
            let (status, zip) = if is_done { (15, 2) } else { (14, 0) };
            return format!(
                r#"{{"model_uuid":"{MODEL}","model_type":2,"model_status":{status},"zip_status":{zip}}}"#
            );
        }
        if path.ends_with("/model") {
            let row = r#"{"id":4127701,"name":"Quarry east 2D","file_type":"model_2d","show_on_map":true,"size":1}"#;
            return format!(r#"{{"list":[{}]}}"#, if is_done { row } else { "" });
        }
        "{}".to_owned()
    }
}

impl Transport for Service {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let path = request.url_without_query().to_owned();
        if !path.contains("/device/") && !path.contains("/flight-task/list") {
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
        if self.is_silent.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let text = format!(r#"{{"code":0,"message":"","data":{}}}"#, self.data(&path));
        Box::pin(std::future::ready(Ok(TransportReply::new(200, text))))
    }
}

#[derive(Debug, Clone, Copy)]
enum Waiter {
    Mission,
    Models,
    Listed,
}

const WAITERS: [Waiter; 3] = [Waiter::Mission, Waiter::Models, Waiter::Listed];

impl Waiter {
    /// Waits so long; whether it is done then.
    async fn wait(self, project: &Project<ReadOnly>, clock: &Virtual, longest: Duration) -> bool {
        let clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let error = match self {
            Self::Mission => {
                let run = Run::quiet().with_clock(clock);
                let millis = run.clock().wall().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let now = Timestamp::from_unix_millis(millis.as_millis() as i64).unwrap();
                let settings = WaitSettings::until(now.saturating_add(longest));
                let task = TaskUuid::new(TASK);
                let waited = mission::wait(project, &run, &task, &settings).await.unwrap();
                return match waited.end {
                    End::Succeeded => true,
                    End::DeadlinePassed { .. } => false,
                    other => panic!("{other:?}"),
                };
            }
            Self::Models => {
                let run = Run::quiet().with_clock(clock);
                let models = [ModelUuid::new(MODEL)];
                wait_models(project, &models, Until::Model, longest, &run).await.err()
            }
            Self::Listed => {
                let run = Run::quiet().with_clock(clock);
                wait_listed(project, &Awaited::id(4_127_701), longest, &run).await.err()
            }
        };
        assert!(
            error.as_ref().is_none_or(|error| error.kind() == ErrorKind::Deadline),
            "{error:?}"
        );
        error.is_none()
    }

    /// The most questions in so much time while nothing changes.
    fn most(self, longest: Duration) -> u32 {
        // First pause, factor, longest pause; those of a mission are a tenth shorter at least.
        let (mut pause, factor, most) = match self {
            Self::Mission => (4.5, 1.5, 18.0),
            Self::Models => (5.0, 2.0, 60.0),
            Self::Listed => (15.0, 2.0, 120.0_f64),
        };
        // One at once and one at the end.
        let (mut asked, mut at) = (2, 0.0);
        while at + pause < longest.as_secs_f64() {
            at += pause;
            asked += 1;
            pause = (pause * factor).min(most);
        }
        asked
    }
}

fn bench(service: &Service, clock: &Virtual) -> Project<ReadOnly> {
    let client = Client::builder(Region::Europe, Token::opaque("waiters"))
        .transport(service.clone())
        .clock(clock.clone())
        .no_rate_limit();
    client.build().unwrap().project("p-1").read_only()
}

#[tokio::test]
async fn a_wait_ends_to_the_millisecond_and_asks_no_more_than_its_pauses_allow() {
    let (mut off, mut over) = (Duration::ZERO, 0);
    for waiter in WAITERS {
        for millis in [0, 1, 999, 1_234, 61_007, 600_000, 3_600_001] {
            let (service, clock) = (Service::new(), Virtual::new());
            let longest = Duration::from_millis(millis);
            let project = bench(&service, &clock);
            assert!(!waiter.wait(&project, &clock, longest).await, "{waiter:?}");
            let (took, asked) = (clock.passed(), service.asked.load(Ordering::SeqCst));
            off = off.max(took.abs_diff(longest));
            let most = waiter.most(longest);
            over += asked.saturating_sub(most);
            assert!(asked <= most, "{waiter:?} {longest:?}: {asked} questions, not {most}");
            assert_eq!(took, longest, "{waiter:?}");
        }
    }
    println!("figure Waiters | all | waiters = {}", WAITERS.len());
    println!("figure Waiters | all | off the deadline = {} ms", off.as_millis());
    println!("figure Waiters | all | questions too many = {over}");
}

#[tokio::test]
async fn an_id_is_enough_to_go_on() {
    let mut taken_up = 0;
    for waiter in WAITERS {
        let (service, clock) = (Service::new(), Virtual::new());
        let project = bench(&service, &clock);
        assert!(!waiter.wait(&project, &clock, Duration::from_secs(20)).await, "{waiter:?}");
        // As in another process: nothing but the id is handed on.
        let (project, clock) = (bench(&service, &clock), Virtual::new());
        service.is_done.store(true, Ordering::SeqCst);
        assert!(waiter.wait(&project, &clock, Duration::from_secs(20)).await, "{waiter:?}");
        assert_eq!(clock.passed(), Duration::ZERO, "{waiter:?}: what is done is not waited for");
        taken_up += 1;
    }
    println!("figure Waiters | all | taken up by id = {taken_up}");
}

#[tokio::test]
async fn a_service_that_falls_silent_does_not_make_a_wait_much_longer() {
    for waiter in WAITERS {
        let (service, clock) = (Service::new(), Virtual::new());
        service.is_silent.store(true, Ordering::SeqCst);
        let project = bench(&service, &clock);
        assert!(!waiter.wait(&project, &clock, Duration::from_secs(2)).await, "{waiter:?}");
        // One read that is under way, the last one, and where the aircraft is.
        assert!(
            clock.passed() <= Duration::from_secs(2 + 3 * 5),
            "{waiter:?}: {:?}",
            clock.passed()
        );
    }
}
