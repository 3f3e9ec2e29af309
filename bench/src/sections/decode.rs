//! What reading an answer costs, beside serde_json reading the same text into the same structs.
//!
//! Ours is the whole way from the bytes of an answer to the typed value: the call over a transport that has the answer at once, with the
//! request, the limits, the judging of the answer and its frame.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flighthub_api::{
    BoxFuture, Project, Transport, TransportError, TransportReply, TransportRequest,
};
use tokio::runtime::Runtime;

use crate::asks::{Ask, FiftyTasks, Frame, LongTrack, OneTask};
use crate::counting::{Lane, side_by_side};
use crate::figures::Table;
use crate::{Result, contenders};

/// Measures it, and prints its figures.
///
/// # Errors
///
/// When something cannot be read.
pub fn run() -> Result<()> {
    // Few enough at a time to stay in the processor's cache, where an answer is that was just received.
    table::<OneTask>(1_000, 200)?;
    table::<FiftyTasks>(50, 100)?;
    table::<LongTrack>(1, 25)
}

const OUT_OF_STOCK: &str = "there are no more answers";
const FROM_STR: &str = "serde_json from_str";
const FROM_SLICE: &str = "serde_json from_slice";
const JSON: &str = "reqwest json()";
const OURS: &str = "flighthub-api";

fn table<A: Ask>(times: usize, rounds: usize) -> Result<()> {
    let name = format!("Decoding, {}", A::NAME);
    let table = Table(&name);
    let text = A::body();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ours = Ours::<A>::new()?;
    // Everybody gets answers that belong to nobody else and are let go when they are read, as those from a connection. They are copied while
    // nobody's time is taken.
    let (texts, bodies) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let write = || texts.borrow_mut().extend((0..times).map(|_| text.clone()));
    let load = || {
        let copies = (0..times).map(|_| Bytes::from(text.clone().into_bytes()));
        bodies.borrow_mut().extend(copies);
    };
    let body = || bodies.borrow_mut().pop().ok_or(OUT_OF_STOCK);
    let mut lanes = [
        Lane::new(FROM_STR, || {
            repeat(times, || {
                let text: String = texts.borrow_mut().pop().ok_or(OUT_OF_STOCK)?;
                rows::<A>(serde_json::from_str(&text)?)
            })
        })
        .prepared(write),
        Lane::new(FROM_SLICE, || repeat(times, || rows::<A>(serde_json::from_slice(&body()?)?)))
            .prepared(load),
        Lane::new(JSON, || {
            repeat(times, || {
                let response = reqwest::Response::from(http::Response::new(body()?));
                rows::<A>(runtime.block_on(response.json())?)
            })
        })
        .prepared(load),
        Lane::new(OURS, || repeat(times, || ours.read(&runtime))).prepared(|| {
            load();
            ours.load(bodies.borrow_mut().drain(..));
        }),
    ];
    side_by_side(&mut lanes, rounds)?;
    report(table, &lanes, times);
    Ok(())
}

fn report(table: Table<'_>, lanes: &[Lane<'_>], times: usize) {
    let named = |name: &str| lanes.iter().find(|lane| lane.name() == name);
    for row in [FROM_STR, FROM_SLICE, JSON, OURS] {
        let Some(lane) = named(row) else { continue };
        if let Some(cost) = lane.cost() {
            #[allow(clippy::cast_precision_loss, reason = "thousands")]
            table.measured(row, "processor time", cost / times as f64, "µs");
        }
        for (other, column) in
            [(FROM_STR, "time over from_str"), (JSON, "time over reqwest json()")]
        {
            if let Some(ratio) = named(other).and_then(|other| lane.ratio(other)) {
                table.number(row, column, ratio);
            }
        }
    }
}

fn repeat(times: usize, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    (0..times).try_for_each(|_| work())
}

fn rows<A: Ask>(frame: Frame<A::Output>) -> Result<()> {
    let rows = std::hint::black_box(A::rows(&frame.data));
    if frame.code == 0 && rows == A::expected() {
        Ok(())
    } else {
        Err(format!("{rows} rows with code {}", frame.code).into())
    }
}

/// Our client over a transport with a stock of answers.
struct Ours<A: Ask> {
    project: Project,
    operation: A::Operation,
    stock: Arc<Mutex<Vec<Bytes>>>,
}

impl<A: Ask> Ours<A> {
    fn new() -> Result<Self> {
        let stock = Arc::default();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let client = contenders::builder(nowhere).transport(Stock(Arc::clone(&stock))).build()?;
        Ok(Self {
            project: client.project("3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10"),
            operation: A::operation(),
            stock,
        })
    }

    fn load(&self, bodies: impl Iterator<Item = Bytes>) {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner).extend(bodies);
    }

    fn read(&self, runtime: &Runtime) -> Result<()> {
        let output = runtime.block_on(self.project.send(&self.operation))?;
        let rows = std::hint::black_box(A::rows(&output));
        if rows == A::expected() { Ok(()) } else { Err(format!("{rows} rows came").into()) }
    }
}

struct Stock(Arc<Mutex<Vec<Bytes>>>);

impl Transport for Stock {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportReply, TransportError>> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reply = body
            .map(|body| TransportReply::new(200, body))
            .ok_or_else(|| TransportError::impossible(OUT_OF_STOCK));
        Box::pin(std::future::ready(reply))
    }
}
