//! Answers that come slowly, or stop: what is waited for, and what is not. Files and uploads have their own in the workflows' tests.
//!
//! Waiting that must not end is bounded by seconds, waiting that must by fractions of one; so a busy machine changes nothing.

use std::time::Duration;

use flighthub_api::{CallOptions, Error, RetryPolicy};

use crate::figure;
use crate::operations::{sample, send};
use crate::server::{Server, Step, framed, head};

const PAUSE: Duration = Duration::from_millis(150);
const PATIENT: Duration = Duration::from_secs(20);
const HASTY: Duration = Duration::from_millis(500);

/// What is waited for, and for how long.
#[derive(Clone, Copy)]
enum Wait {
    /// Everything.
    Long,
    /// Silence is not.
    NoSilence,
    /// An attempt is not.
    NoAttempt,
}

async fn read(steps: Vec<Step>, wait: Wait) -> Result<u32, Error> {
    let sample = sample("task.get");
    let server = Server::start(move |_| steps.clone(), &sample.good);
    let (idle, attempt) = match wait {
        Wait::Long => (PATIENT, PATIENT),
        Wait::NoSilence => (HASTY, PATIENT),
        Wait::NoAttempt => (PATIENT, HASTY),
    };
    let builder = server.builder().retry(RetryPolicy::never()).idle_timeout(idle);
    let project = builder.build().unwrap().project("p-1");
    send(&project, &sample.operation, &CallOptions::new().attempt_timeout(attempt)).await
}

#[tokio::test]
async fn an_answer_may_be_slow_but_not_stand_still() {
    let good = sample("task.get").good;
    let whole = framed("200 OK", "", good.len() as u64, &good);
    let begun = framed("200 OK", "", good.len() as u64, &good[..good.len() / 2]);
    let rest = good.as_bytes()[good.len() / 2..].to_vec();
    let drops = |pause| Step::Drip(vec![b' '; 10_000], 1, pause);
    let bytes = Step::Bytes;
    let third = whole.len() / 3;
    let endless = || head("200 OK", "content-length: 10000\r\n", "");
    let cases: Vec<(&str, Vec<Step>, Wait, bool)> = vec![
        ("at once", vec![bytes(whole.clone())], Wait::Long, true),
        (
            "slow to begin",
            vec![Step::Drip(Vec::new(), 1, PAUSE), Step::Drip(whole.clone(), third, PAUSE)],
            Wait::Long,
            true,
        ),
        ("in three pieces", vec![Step::Drip(whole.clone(), third, PAUSE)], Wait::Long, true),
        (
            "still and on again",
            vec![Step::Drip(begun.clone(), begun.len(), PAUSE * 3), bytes(rest)],
            Wait::Long,
            true,
        ),
        ("never begun", vec![Step::Silence], Wait::NoSilence, false),
        ("never begun, by attempt", vec![Step::Silence], Wait::NoAttempt, false),
        (
            "still in the head",
            vec![bytes(whole[..20].to_vec()), Step::Silence],
            Wait::NoSilence,
            false,
        ),
        (
            "drops in the head",
            vec![Step::Drip(head("200 OK", &"x: 1\r\n".repeat(90), ""), 1, PAUSE / 3)],
            Wait::NoSilence,
            false,
        ),
        ("still in the body", vec![bytes(begun.clone()), Step::Silence], Wait::NoSilence, false),
        (
            "still before the last byte",
            vec![bytes(whole[..whole.len() - 1].to_vec()), Step::Silence],
            Wait::NoSilence,
            false,
        ),
        ("drops in the body", vec![bytes(endless()), drops(PAUSE / 3)], Wait::NoAttempt, false),
        ("quick and then drops", vec![bytes(begun), drops(PAUSE / 3)], Wait::NoAttempt, false),
    ];
    let count = cases.len();
    for (name, mut steps, wait, is_good) in cases {
        steps.insert(0, Step::Request);
        let result = read(steps, wait).await;
        match &result {
            Ok(attempts) => assert!(is_good && *attempts == 1, "{name}: {attempts}"),
            Err(error) => assert!(!is_good && error.is_timeout(), "{name}: {error:?}"),
        }
    }
    figure!("Stalled streams", "answers of the API", "scenarios", count);
}
