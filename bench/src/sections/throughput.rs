//! How many calls a second go through, and how fast the simulator starts and answers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use flighthub_api::v1::SystemStatus;
use flighthub_api::{Client, ClientBuilder, Operation, Region, Token, blocking};
use flighthub_sim::Sim;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::Result;
use crate::figures::Table;
use crate::processes::{self, Player};
use crate::statistics::{median, ratio};

const DOCK: &str = "7CTXN0000B00A1";
/// Rounds of everybody in turns, and how long each takes.
const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_millis(1500);
/// How often the simulator is started.
const STARTS: usize = 15;
/// Connections of the lean load generator.
const CONNECTIONS: usize = 8;
/// Most calls at once.
const MOST: usize = 512;

/// Measures it, and prints its figures.
///
/// # Errors
///
/// When a call fails.
pub fn run() -> Result<()> {
    start()?;
    let (_simulator, place) = simulated()?;
    served(&place)?;
    calls(&place)?;
    without_async(&place)
}

/// Where a simulator listens, and what opens it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    /// Base URL.
    pub url: String,
    /// Key, which opens nothing else.
    pub token: String,
    /// UUID of the project.
    pub project: String,
}

impl Place {
    /// The place of a simulator.
    #[must_use]
    pub fn of(sim: &Sim) -> Self {
        Self {
            url: sim.url().to_owned(),
            token: sim.token().to_owned(),
            project: sim.project().to_owned(),
        }
    }

    /// Our client of it, without a limit of its own.
    #[must_use]
    pub fn client(&self) -> ClientBuilder {
        Client::builder(Region::on_premises(&self.url), Token::new(&self.token))
            .no_proxy()
            .no_rate_limit()
            .max_concurrency(MOST)
    }
}

/// The role of the simulator.
///
/// # Errors
///
/// When it cannot listen.
#[allow(clippy::print_stdout, reason = "the caller reads it")]
pub fn simulator() -> Result<()> {
    let sim = Sim::builder().start_blocking()?;
    println!("{}", serde_json::to_string(&Place::of(&sim))?);
    processes::until_caller_ends();
    Ok(())
}

fn simulated() -> Result<(Player, Place)> {
    let mut player = Player::start(&["simulator"])?;
    let place = serde_json::from_str(&player.line()?)?;
    Ok((player, place))
}

fn start() -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let (player, _) = simulated()?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        drop(player);
    }
    if let Some(time) = median(&times) {
        Table("Simulator").measured("start of the process until it listens", "time", time, "ms");
    }
    Ok(())
}

/// What the simulator can do, asked by sockets without any library.
fn served(place: &Place) -> Result<()> {
    for (row, path) in [
        ("system.status", "/system_status".to_owned()),
        ("project.devices", "/project/device".to_owned()),
        ("device.state", format!("/device/{DOCK}/state")),
    ] {
        let host = place.url.trim_start_matches("http://");
        let request = format!(
            "GET /openapi/v0.1{path} HTTP/1.1\r\nhost: {host}\r\nx-user-token: {}\r\nx-project-uuid: {}\r\nx-language: en\r\n\
             x-request-id: 0b9f8a1e-6f0c-4a56-8d55-2c2f60f1b7aa\r\n\r\n",
            place.token, place.project
        );
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(rate_of(CONNECTIONS, |going, done| {
                lean(host, request.as_bytes(), going, done)
            })?);
        }
        if let Some(rate) = median(&rates) {
            Table("Simulator").measured(row, "requests a second", rate, "1/s");
        }
    }
    Ok(())
}

/// Runs some threads for a while, each of which counts what it has done, and says how much that was in a second.
fn rate_of(
    threads: usize,
    work: impl Fn(&AtomicBool, &AtomicU64) -> Result<()> + Sync,
) -> Result<f64> {
    let (going, done) = (AtomicBool::new(true), AtomicU64::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&going, &done))).collect();
        thread::sleep(SPAN);
        going.store(false, Ordering::Relaxed);
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(_) => Err("a thread of the load generator ended early".into()),
        })
    })?;
    Ok(per_second(done.load(Ordering::Relaxed), began.elapsed()))
}

#[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Asks the same again and again over one connection.
fn lean(host: &str, request: &[u8], going: &AtomicBool, done: &AtomicU64) -> Result<()> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut buffer = vec![0; 64 << 10];
    let mut length = None;
    while going.load(Ordering::Relaxed) {
        stream.write_all(request)?;
        let mut filled = 0;
        while length.is_none_or(|length| filled < length) {
            let count = stream.read(buffer.get_mut(filled..).unwrap_or_default())?;
            if count == 0 {
                return Err("the simulator closed the connection".into());
            }
            filled += count;
            // All answers are of one length: only the first is looked at.
            length = length.or_else(|| whole_length(buffer.get(..filled).unwrap_or_default()));
        }
        if !buffer.starts_with(b"HTTP/1.1 200 ") {
            return Err("the simulator refused the request".into());
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Bytes of an answer with its head, when the head is whole.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    Some(end + length)
}

/// Calls of our client and of reqwest at several numbers at once.
fn calls(place: &Place) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let table = Table("Throughput");
    let project = place.client().build()?.project(&place.project);
    let other = Arc::new(Other::new(place)?);
    for count in [1, 64, MOST] {
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (project, other) = (project.clone(), Arc::clone(&other));
            others.push(runtime.block_on(rate_at_once(count, move || {
                let other = Arc::clone(&other);
                async move { other.call().await }
            }))?);
            ours.push(runtime.block_on(rate_at_once(count, move || {
                let project = project.clone();
                async move { Ok(project.send(&question()).await.map(drop)?) }
            }))?);
        }
        let row = format!("flighthub-api, {count} at once");
        if let Some(rate) = median(&ours) {
            table.measured(&row, "calls a second", rate, "1/s");
        }
        if let Some(ratio) = ratio(&ours, &others) {
            table.number(&row, "rate over reqwest and serde_json", ratio);
        }
        if let Some(rate) = median(&others) {
            let row = format!("reqwest and serde_json, {count} at once");
            table.measured(&row, "calls a second", rate, "1/s");
        }
    }
    Ok(())
}

/// What all of them ask: what costs the simulator least, which shares the machine.
fn question() -> SystemStatus {
    SystemStatus::new()
}

/// Keeps so many calls under way for a while, and says how many ended in a second.
async fn rate_at_once<F>(count: usize, call: impl Fn() -> F + Clone + Send + 'static) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send,
{
    let (going, done) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    let began = Instant::now();
    for _ in 0..count {
        let (going, done, call) = (Arc::clone(&going), Arc::clone(&done), call.clone());
        tasks.spawn(async move {
            while going.load(Ordering::Relaxed) {
                call().await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    tokio::time::sleep(SPAN).await;
    let rate = per_second(done.load(Ordering::Relaxed), began.elapsed());
    going.store(false, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(rate)
}

/// What the question is answered with.
#[derive(serde::Deserialize)]
struct Envelope {
    code: i64,
}

/// The same call by reqwest as it comes.
struct Other {
    client: reqwest::Client,
    url: String,
    place: Place,
}

impl Other {
    fn new(place: &Place) -> Result<Self> {
        let url = format!("{}{}", place.url, question().to_request()?.path_and_query());
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, url, place: place.clone() })
    }

    async fn call(&self) -> Result<()> {
        let request = (self.client.get(&self.url))
            .header("x-user-token", &self.place.token)
            .header("x-project-uuid", &self.place.project)
            .header("x-request-id", "0b9f8a1e-6f0c-4a56-8d55-2c2f60f1b7aa")
            .header("x-language", "en");
        let bytes = request.send().await?.error_for_status()?.bytes().await?;
        // The answer has no data, and the simulator leaves the key out.
        let frame: Envelope = serde_json::from_str(std::str::from_utf8(&bytes)?)?;
        if frame.code == 0 { Ok(()) } else { Err(format!("code {}", frame.code).into()) }
    }
}

/// Calls of the client without async, from one thread and from many.
fn without_async(place: &Place) -> Result<()> {
    let project: blocking::Project = place.client().build_blocking()?.project(&place.project);
    for count in [1, 64] {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(rate_of(count, |going, done| {
                while going.load(Ordering::Relaxed) {
                    project.send(&question())?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })?);
        }
        if let Some(rate) = median(&rates) {
            let row = format!("flighthub-api blocking, {count} at once");
            Table("Throughput").measured(&row, "calls a second", rate, "1/s");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_answer_is_that_of_head_and_body() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(whole_length(answer), Some(answer.len()));
        assert_eq!(whole_length(&answer[..20]), None, "the head is not whole");
        assert_eq!(whole_length(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }

    #[test]
    fn work_is_counted_until_the_time_is_over() {
        let rate = rate_of(2, |going, done| {
            while going.load(Ordering::Relaxed) {
                done.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        });
        assert!((1.0..=250.0).contains(&rate.unwrap()));
    }
}
