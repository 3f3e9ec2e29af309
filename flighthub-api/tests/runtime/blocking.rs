//! The client without async.

use std::time::Duration;

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{CallOptions, ErrorKind, Method, blocking};

use crate::operations::{Row, RowList, get, launch};

const ROW: &str = r#"{"code":0,"message":"","data":{"id":7}}"#;

fn client(events: impl IntoIterator<Item = Scripted>) -> (blocking::Client, ScriptedTransport) {
    let script = events.into_iter().fold(ScriptedTransport::new(), ScriptedTransport::then);
    (script.builder().build_blocking().unwrap(), script)
}

#[test]
fn calls_wait_for_their_answers() {
    let (client, script) = client([
        Scripted::maybe_sent(),
        Scripted::json(ROW),
        Scripted::json(ROW),
        Scripted::json(ROW),
    ]);
    let project = client.project("p-1");
    let reply = project.call(&get()).unwrap();
    assert_eq!((reply.output(), reply.attempts()), (&Row { id: 7 }, 2));
    assert_eq!(project.read_only().send(&get()).unwrap(), Row { id: 7 });
    assert_eq!(
        client.raw(Method::Get, "/v0/x").query("a", "b").send().unwrap().data(),
        r#"{"id":7}"#
    );
    assert_eq!(script.requests().len(), 4);
    let error = client.send(&RowList::default()).unwrap_err();
    assert!(error.to_string().contains("the script has no event"), "{error}");
}

#[test]
fn options_hold_here_too() {
    let (client, script) = client([Scripted::silence(), Scripted::json(ROW)]);
    let project = client.project("p-1").with(CallOptions::new().timeout(Duration::from_millis(50)));
    assert!(project.send(&launch()).unwrap_err().is_indeterminate());
    project.call_with(&get(), &CallOptions::new().request_id("mine")).unwrap();
    assert_eq!(script.requests()[1].header("x-request-id"), Some("mine"));
}

#[test]
fn many_threads_share_one_client() {
    let (client, _) = client((0..40).map(|_| Scripted::json(ROW).after(Duration::from_millis(1))));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    client.project("p-1").send(&get()).unwrap();
                }
            });
        }
    });
}

#[tokio::test]
async fn inside_a_runtime_a_blocking_call_is_an_error_and_no_panic() {
    let (client, script) = client([]);
    let error = client.project("p-1").send(&launch()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.is_refused() && error.operation() == "row.launch", "{error:?}");
    assert!(client.raw(Method::Get, "/v0/x").send().is_err());
    let error = client.raw(Method::Post, "/v0/x").send().unwrap_err();
    assert!(error.is_refused() && error.operation() == "POST /v0/x", "{error:?}");
    assert!(script.requests().is_empty());
}

/// A transport that fails badly after the request may have left.
struct Panics;

impl flighthub_api::Transport for Panics {
    fn send(
        &self,
        _: flighthub_api::TransportRequest,
    ) -> flighthub_api::BoxFuture<
        '_,
        Result<flighthub_api::TransportReply, flighthub_api::TransportError>,
    > {
        Box::pin(async { panic!("on purpose") })
    }
}

#[test]
fn a_call_that_is_lost_on_the_way_is_never_called_refused() {
    let client = ScriptedTransport::new().builder().transport(Panics).build_blocking().unwrap();
    let project = client.project("p-1");
    for (error, operation) in [
        (project.send(&launch()).unwrap_err(), "row.launch"),
        (client.raw(Method::Post, "/v0/x").send().unwrap_err(), "POST /v0/x"),
    ] {
        assert!(error.is_indeterminate(), "{error:?}");
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Runtime, operation));
        assert!(error.help().contains("Read the state first"), "{error}");
    }
    let error = project.send(&get()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Runtime, None));
}

#[test]
fn outside_a_runtime_an_async_call_is_an_error_and_no_panic() {
    let client = ScriptedTransport::new().client().unwrap();
    let call = std::pin::pin!(client.send(&RowList::default()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match call.poll(&mut context) {
        std::task::Poll::Ready(result) => {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Runtime)
        }
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}
