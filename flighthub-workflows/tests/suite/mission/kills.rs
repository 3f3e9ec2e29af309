//! A process that dies at any moment: the future of a launch is dropped after every number of polls, then everything starts again from the disk.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use flighthub_workflows::mission::{
    self, IntentId, Launch, LaunchEvent, Outcome, Patience, pending, reconcile,
};

use super::launch::raw_launch;
use super::{Field, field, plan};

/// Polls a future so often and drops it; its output when it was done by then.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn killed_after(field: &Field, wanted: &Launch, polls: usize) -> bool {
    let checked = field.check(&wanted.task).await;
    let run = field.run::<LaunchEvent>();
    let launch = mission::launch(&field.project, &run, field.folder.path(), wanted, &checked);
    polled(launch, polls).await.is_some()
}

/// Waits for what left the process that died; a quarter of a second later nothing more comes.
async fn arrivals(field: &Field) -> usize {
    for _ in 0..25 {
        let arrived = field.sim().journal().of("task.create").len();
        if arrived > 0 {
            return arrived;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    0
}

// On one thread: while the launch is polled nothing else runs, so that the number of polls says
// how far it came, whatever else the machine is doing.
#[tokio::test]
async fn whenever_it_dies_there_is_one_task_at_most() {
    let mut was_sent_and_lost = 0;
    for polls in 0..60 {
        let field = field().await;
        let id = IntentId::new("once").unwrap();
        let wanted = Launch::new(plan()).with_id(id.clone()).with_patience(Patience::ONE_LOOK);
        let was_done = killed_after(&field, &wanted, polls).await;
        let written = field.folder.path().join("once.json").exists();
        let was_open = !pending(field.folder.path()).unwrap().open.is_empty();
        assert!(written || !was_done && field.sim().journal().of("task.create").is_empty());

        let arrived = if was_open { arrivals(&field).await } else { 0 };
        let checked = field.check(&wanted.task).await;
        let again =
            mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
                .await
                .unwrap();
        field.sim().journal().of("task.create").at_most(1);
        match (&again.outcome, arrived) {
            (Outcome::Found { .. }, 1) if was_open => was_sent_and_lost += 1,
            (Outcome::Accepted { .. }, _) => {}
            // It was written down and never arrived: nobody can know that, so it stays open.
            (Outcome::Unknown { .. }, 0) if was_open => {
                field.sim().journal().none("task.create");
            }
            other => panic!("{polls} polls: {other:?}"),
        }
        // Looking once more changes nothing.
        let looked =
            reconcile(&field.project, &field.run(), field.folder.path(), &id, &Patience::ONE_LOOK)
                .await
                .unwrap();
        assert_eq!(looked.outcome.task(), again.outcome.task());
        field.sim().journal().of("task.create").at_most(1);
        if was_done {
            assert!(polls > 1, "it was killed somewhere on the way");
            return;
        }
    }
    panic!("60 polls were not enough; {was_sent_and_lost} were lost on the way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_time_it_is_one_task_at_most() {
    let mut outcomes = std::collections::BTreeMap::new();
    for step in 0..40_u64 {
        let field = field().await;
        let wanted = Launch::new(plan())
            .with_id(IntentId::new("once").unwrap())
            .with_patience(Patience::ONE_LOOK);
        let checked = field.check(&wanted.task).await;
        let (project, run) = (field.project.clone(), field.run::<LaunchEvent>());
        let folder = field.folder.path().to_owned();
        let (first, report) = (wanted.clone(), checked.clone());
        let launching = tokio::spawn(async move {
            let _ = mission::launch(&project, &run, &folder, &first, &report).await;
        });
        tokio::task::spawn_blocking(move || {
            std::thread::sleep(std::time::Duration::from_micros(step * 100));
        })
        .await
        .unwrap();
        launching.abort();
        let _ = launching.await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let again = raw_launch(&field, &checked, &wanted).await.unwrap();
        field.sim().journal().of("task.create").at_most(1);
        let word = serde_json::to_value(&again.outcome).unwrap()["outcome"].to_string();
        *outcomes.entry((word, again.was_sent)).or_insert(0) += 1;
    }
    // Nothing else can become of it. Which of them come up depends on the machine.
    let expected = ["\"accepted\"", "\"found\"", "\"unknown\""];
    assert!(outcomes.keys().all(|(word, _)| expected.contains(&word.as_str())), "{outcomes:?}");
}

#[tokio::test]
async fn killed_while_looking_it_is_looked_up_again() {
    for polls in [1, 3, 5, 8, 12, 16, 24] {
        let field = field().await;
        let fault = flighthub_sim::FaultKind::reset().after_effect();
        field.sim().fail_next("task.create", fault).unwrap();
        let wanted = Launch::new(plan()).with_id(IntentId::new("once").unwrap());
        killed_after(&field, &wanted, polls).await;
        arrivals(&field).await;
        let checked = field.check(&wanted.task).await;
        let again =
            mission::launch(&field.project, &field.run(), field.folder.path(), &wanted, &checked)
                .await
                .unwrap();
        field.sim().journal().of("task.create").at_most(1);
        let arrived = field.sim().journal().of("task.create").len() == 1;
        assert_eq!(again.outcome.task().is_some(), arrived, "{polls}: {again:?}");
    }
}
