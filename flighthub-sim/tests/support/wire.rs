//! HTTP with nothing but sockets and JSON, for tests of the simulator from outside.
#![allow(dead_code, reason = "every test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flighthub_sim::Sim;
use serde_json::{Value, json};

pub(crate) const DOCK: &str = "7CTXN0000B00A1";
pub(crate) const DRONE: &str = "1581F0Q8X000U00G00A1";
pub(crate) const NORTH: &str = "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410";

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }

    /// `data` of a success.
    pub(crate) fn data(&self) -> Value {
        assert_eq!((self.status, self.code()), (200, 0), "{}", self.body);
        self.json()["data"].clone()
    }
}

/// One request on a connection of its own.
pub(crate) fn send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Answer {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        text += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{text}\r\n{}", body.unwrap_or_default()).as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: body.to_owned() }
}

/// A call of the API with key and project.
pub(crate) fn call(sim: &Sim, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let headers = [("X-User-Token", sim.token()), ("X-Project-Uuid", sim.project())];
    let body = body.map(Value::to_string);
    send(sim.url(), method, &format!("/openapi/v0.1{path}"), &headers, body.as_deref())
}

/// A call of the simulator's own endpoints.
pub(crate) fn control(sim: &Sim, method: &str, path: &str, body: &str) -> Answer {
    let body = (!body.is_empty()).then_some(body);
    send(sim.url(), method, &format!("/__sim/{path}"), &[], body)
}

/// The body of a task that starts at once.
pub(crate) fn task(name: &str) -> Value {
    json!({
        "name": name, "wayline_uuid": NORTH, "sn": DOCK, "rth_altitude": 60, "rth_mode": "preset",
        "wayline_precision_type": "rtk", "out_of_control_action_in_flight": "return_home",
        "resumable_status": "manual", "task_type": "immediate", "time_zone": "Atlantic/Azores",
    })
}
