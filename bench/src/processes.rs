//! Other processes: this program in another role, and this program under valgrind.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Result;

/// The first argument of a process that plays a role for another one.
pub const ROLE: &str = "role";

/// This program in another role. It says on stdout what its caller has to know, and ends with its stdin.
#[derive(Debug)]
pub struct Player {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Player {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// When this program cannot be started again.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the process has no stdout")?;
        Ok(Self { child, lines: BufReader::new(stdout) })
    }

    /// The next line that it says.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err("a process of the benchmark ended early; its reason stands above".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Tells it a line.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or("the process has no stdin")?;
        Ok(writeln!(stdin, "{line}")?)
    }

    /// Most memory that it held at once, in bytes. `None` where the system does not say.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        memory(&self.child.id().to_string(), "VmHWM:")
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server of canned answers in a process of its own.
///
/// # Errors
///
/// When it cannot be started.
pub fn answers() -> Result<(Player, SocketAddr)> {
    let mut player = Player::start(&["answers"])?;
    let address = player.line()?.parse()?;
    Ok((player, address))
}

/// Waits until the process that wants this one ends.
pub fn until_caller_ends() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// Memory of a process by its line in `/proc`, in bytes; `self` is this one. `None` where there is no `/proc`.
#[must_use]
pub fn memory(process: &str, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|found| found.strip_prefix(line))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Processor time that this process took so far, in all its threads. `None` where it is not known how to ask.
#[must_use]
#[cfg(unix)]
pub fn processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok()
}

/// Processor time that this process took so far, in all its threads. `None` where it is not known how to ask.
#[must_use]
#[cfg(not(unix))]
pub const fn processor_time() -> Option<Duration> {
    None
}

/// Instructions that this program takes in a role, counted by callgrind. `Err` says why they are not known.
///
/// # Errors
///
/// In words for the table.
pub fn instructions(arguments: &[&str]) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg(ROLE)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| "valgrind is not installed".to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("the program failed under valgrind, {}", output.status));
    }
    collected(&said).ok_or_else(|| "valgrind gave no count".to_owned())
}

/// The count in what callgrind says.
fn collected(said: &str) -> Option<u64> {
    let count = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
    count.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found() {
        let said = "==7== Events    : Ir\n==7== Collected : 48215633\n==7== \n==7== I refs: 1\n";
        assert_eq!(collected(said), Some(48_215_633));
        assert_eq!(collected("==7== Bad option"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_tells_memory_and_time() {
        let peak = memory("self", "VmHWM:").unwrap();
        assert!(peak > 1 << 20, "{peak}");
        assert!(memory("self", "VmRSS:").unwrap() <= memory("self", "VmHWM:").unwrap());
        assert!(processor_time().unwrap() > Duration::ZERO);
    }
}
