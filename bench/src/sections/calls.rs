//! What a call costs that reads one task, or fifty.

use std::net::SocketAddr;

use crate::Result;
use crate::asks::{Ask, FiftyTasks, OneTask};
use crate::contenders::{Calls, Contender};
use crate::counting::{Lane, side_by_side};
use crate::figures::Table;
use crate::processes::{self, ROLE};
use crate::statistics::per_unit;

/// Calls of the two runs under callgrind: what is done once drops out of the difference.
const FEW: u64 = 100;
const MANY: u64 = 600;
/// Rounds of calls side by side, and the calls of a round.
const ROUNDS: usize = 15;
const CALLS: usize = 400;

/// Measures it, and prints its figures.
///
/// # Errors
///
/// When a call fails.
pub fn run() -> Result<()> {
    let (_server, address) = processes::answers()?;
    table::<OneTask>(address)?;
    table::<FiftyTasks>(address)
}

fn table<A: Ask>(address: SocketAddr) -> Result<()> {
    let name = format!("Calls, {}", A::NAME);
    times::<A>(Table(&name), address)?;
    instructions::<A>(Table(&name), address);
    Ok(())
}

fn times<A: Ask>(table: Table<'_>, address: SocketAddr) -> Result<()> {
    let mut lanes = Vec::new();
    for contender in Contender::ALL {
        let mut calls: Calls = contender.prepare::<A>(address)?;
        lanes.push(Lane::new(contender.name(), move || calls(CALLS)));
    }
    side_by_side(&mut lanes, ROUNDS)?;
    let lane = |contender: Contender| lanes.iter().find(|lane| lane.name() == contender.name());
    for lane_of_row in &lanes {
        let row = lane_of_row.name();
        if let Some(cost) = lane_of_row.cost() {
            #[allow(clippy::cast_precision_loss, reason = "hundreds")]
            table.measured(row, "processor time", cost / CALLS as f64, "µs");
        }
        for (other, column) in [
            (Contender::ReqwestSerde, "time over reqwest and serde_json"),
            (Contender::ReqwestJson, "time over reqwest json()"),
        ] {
            if let Some(ratio) = lane(other).and_then(|other| lane_of_row.ratio(other)) {
                table.number(row, column, ratio);
            }
        }
    }
    Ok(())
}

fn instructions<A: Ask>(table: Table<'_>, address: SocketAddr) {
    let counts = Contender::ALL.map(|contender| (contender, per_call::<A>(contender, address)));
    let base = counts.iter().find(|(contender, _)| *contender == Contender::ReqwestSerde);
    let base = base.and_then(|(_, count)| count.as_ref().ok()).copied();
    for (contender, count) in &counts {
        let row = contender.name();
        match count {
            Ok(count) => {
                table.number(row, "instructions", count.round());
                if let Some(base) = base {
                    table.number(row, "instructions over reqwest and serde_json", count / base);
                }
            }
            Err(why) => table.missing(row, "instructions", why),
        }
    }
}

fn per_call<A: Ask>(contender: Contender, address: SocketAddr) -> Result<f64, String> {
    let address = address.to_string();
    let count = |calls: u64| {
        let calls = calls.to_string();
        processes::instructions(&["caller", contender.name(), A::NAME, &calls, &address])
    };
    per_unit((FEW, count(FEW)?), (MANY, count(MANY)?)).ok_or_else(|| "no difference".to_owned())
}

/// The role of one who makes calls and is counted: contender, answer, number of calls, address.
///
/// # Errors
///
/// When a call fails, or the arguments name nothing.
pub fn caller(arguments: &[String]) -> Result<()> {
    let [contender, answer, calls, address] = arguments else {
        return Err(format!("`{ROLE} caller` takes contender, answer, calls and address").into());
    };
    let contender = Contender::by_name(contender).ok_or("no such contender")?;
    let (calls, address) = (calls.parse()?, address.parse()?);
    let mut work = match answer.as_str() {
        OneTask::NAME => contender.prepare::<OneTask>(address)?,
        FiftyTasks::NAME => contender.prepare::<FiftyTasks>(address)?,
        _ => return Err("no such answer".into()),
    };
    work(calls)
}
