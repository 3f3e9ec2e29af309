//! The log at its most talkative.

use std::io::Write;
use std::sync::{Arc, Mutex};

use flighthub_api::testing::{Scripted, ScriptedTransport};
use flighthub_api::{Client, Region};

use crate::operations::{get, launch};
use crate::traced;

const KEY: &str = "eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjE3NjczMjMwNDV9.FHCANARY";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_tells_the_call_and_not_the_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    traced(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let region = Region::on_premises(format!("http://{}", listener.local_addr().unwrap()));
            tokio::spawn(async move { while listener.accept().await.is_ok() {} });
            let client = Client::builder(region, KEY).build().unwrap();
            client.project("p-1").send(&launch()).await.unwrap_err();
            client.project("p-1").send(&get()).await.unwrap_err();
            let script = ScriptedTransport::new()
                .then(Scripted::json(r#"{"code":219021,"message":"FHSECRET"}"#));
            script.client().unwrap().project("p-1").send(&get()).await.unwrap_err();
        });
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in ["FHCANARY", "eyJhbGci", "FHSECRET"] {
        assert!(!text.contains(secret), "{text}");
    }
    for fact in [
        "flighthub",
        "row.launch",
        "/openapi/v0.1/row/{row_id}",
        "request_id",
        "http.request.resend_count=2",
        "flighthub.code=219021",
        "trying again",
        "Connection",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }
}
