//! `--dry-run` opens no socket.

use std::net::TcpListener;

use crate::support::{Ended, bare, finish};

struct Counter {
    listener: TcpListener,
    folder: tempfile::TempDir,
}

impl Counter {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener, folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, words: &[&str]) -> Ended {
        let mut command = bare(&self.folder);
        command
            .env("FLIGHTHUB_URL", format!("http://{}", self.listener.local_addr().unwrap()))
            .env("FLIGHTHUB_TOKEN", "simulated-key")
            .args(words);
        finish(&mut command)
    }

    /// How many connections there were since the last look.
    fn connections(&self) -> usize {
        std::iter::from_fn(|| self.listener.accept().ok()).count()
    }
}

#[test]
fn a_dry_run_connects_to_nothing() {
    let counter = Counter::new();
    let project = "3b0e5c52-7f41-4a0e-9a55-0d6a4f1c2e10";
    let flight = crate::support::flight("x");
    for words in [
        ["project", "list"].as_slice(),
        &["task", "create", "--project", project, "--json", &flight],
        &["call", "task.create", "--project", project, "--json", &flight],
        &["device", "command", "X", "--device-command", "return_home", "-p", project],
        &["api", "POST", "/openapi/v0.1/whatever", "--json", "{}"],
        &["openmodel", "delete", "X"],
        // By a name: what is shown is the look for it.
        &["wayline", "list", "--project", "North"],
        &["wayline", "list"],
    ] {
        let all: Vec<&str> = words.iter().copied().chain(["--dry-run", "-o", "json"]).collect();
        let ran = counter.run(&all).exits(0).says("dry run: nothing was sent");
        let url = ran.json()["url"].as_str().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert_eq!(counter.connections(), 0, "{words:?}");
    }
    println!(
        "figure Command line | sockets that a dry run opens | count = {}",
        counter.connections()
    );
    // The same without it does connect: the count can be something else.
    counter.run(&["project", "list", "--timeout", "1s"]).exits(7);
    assert!(counter.connections() > 0);
}

#[test]
fn a_dry_run_of_a_name_says_that_it_is_the_look_for_it() {
    let counter = Counter::new();
    let ran = counter.run(&["wayline", "list", "--project", "North", "-n", "-o", "table"]).exits(0);
    assert!(ran.out.starts_with("GET http://127.0.0.1:"), "{ran:#?}");
    assert!(ran.out.contains("/openapi/v0.1/project?"), "{ran:#?}");
    assert!(ran.out.contains("\nx-user-token: ***\n"), "{ran:#?}");
    assert!(ran.err.contains("depends on its answer"), "{ran:#?}");
}
