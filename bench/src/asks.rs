//! What is asked: for each question the operation, its path, and the answer that comes.

use flighthub_api::v1::{FlightTask, FlightTaskSummary, FlightTrack, TaskGet, TaskList, TaskTrack};
use flighthub_api::{Listing, Operation, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bodies;

/// Identifier of the task that is asked for.
const TASK: &str = "5b1f0c5e-0000-4000-8000-000000000017";
/// Points of the track.
pub const POINTS: u32 = 100_000;

/// What others read an answer into: the frame without what nobody looks at, around the structs that our client gives.
#[derive(Debug, Deserialize)]
pub struct Frame<T> {
    /// The code, 0 for a success.
    pub code: i64,
    /// What was asked for.
    pub data: T,
}

/// A question with a known answer.
pub trait Ask: 'static {
    /// What the answer is read into.
    type Output: DeserializeOwned + 'static;
    /// How our client asks it.
    type Operation: Operation<Output = Self::Output> + 'static;
    /// How tables name it.
    const NAME: &'static str;

    /// How our client asks it.
    fn operation() -> Self::Operation;
    /// The body of the answer.
    fn body() -> String;
    /// How many rows were read: what shows that the answer came and was the right one.
    fn rows(output: &Self::Output) -> usize;
    /// How many rows there should be.
    fn expected() -> usize;

    /// Path and query, as everybody sends them.
    ///
    /// # Errors
    ///
    /// When the operation cannot be sent.
    fn path() -> crate::Result<String> {
        Ok(Self::operation().to_request()?.path_and_query())
    }
}

/// One task: 0.6 kB.
#[derive(Debug)]
pub struct OneTask;

impl Ask for OneTask {
    type Output = FlightTask;
    type Operation = TaskGet;
    const NAME: &'static str = "0.6 kB";

    fn operation() -> TaskGet {
        TaskGet::new(TASK)
    }

    fn body() -> String {
        bodies::task()
    }

    fn rows(output: &FlightTask) -> usize {
        usize::from(output.uuid.as_str() == TASK)
    }

    fn expected() -> usize {
        1
    }
}

/// A list of 50 tasks: 27 kB.
#[derive(Debug)]
pub struct FiftyTasks;

impl Ask for FiftyTasks {
    type Output = Listing<FlightTaskSummary>;
    type Operation = TaskList;
    const NAME: &'static str = "27 kB";

    fn operation() -> TaskList {
        let day = |seconds| Timestamp::from_unix_seconds(seconds).unwrap_or_else(Timestamp::now);
        TaskList::new("7CTXN0000B00A1", day(1_767_312_000), day(1_767_398_400))
    }

    fn body() -> String {
        bodies::tasks()
    }

    fn rows(output: &Listing<FlightTaskSummary>) -> usize {
        output.len()
    }

    fn expected() -> usize {
        50
    }
}

/// A track of 100,000 points.
#[derive(Debug)]
pub struct LongTrack;

impl Ask for LongTrack {
    type Output = FlightTrack;
    type Operation = TaskTrack;
    const NAME: &'static str = "track of 100000 points";

    fn operation() -> TaskTrack {
        TaskTrack::new(TASK)
    }

    fn body() -> String {
        bodies::track(POINTS)
    }

    fn rows(output: &FlightTrack) -> usize {
        output.track.as_ref().map_or(0, |track| track.points.len())
    }

    fn expected() -> usize {
        POINTS as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<A: Ask>() -> usize {
        let frame: Frame<A::Output> = serde_json::from_str(&A::body()).unwrap();
        assert_eq!(frame.code, 0);
        A::rows(&frame.data)
    }

    #[test]
    fn every_answer_is_what_was_asked_for() {
        assert_eq!(read::<OneTask>(), OneTask::expected());
        assert_eq!(read::<FiftyTasks>(), FiftyTasks::expected());
        assert_eq!(read::<LongTrack>(), LongTrack::expected());
    }

    #[test]
    fn paths_are_those_of_the_operations() {
        let path = FiftyTasks::path().unwrap();
        assert!(path.starts_with("/openapi/v0.1/flight-task/list?sn=7CTXN0000B00A1&"), "{path}");
        assert!(OneTask::path().unwrap().ends_with(TASK));
    }
}
