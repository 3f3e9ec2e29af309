//! Every exit code, one by one. Those of flights and of jobs in parts are tested with their commands.

use flighthub_sim::{Effect, FaultKind};

use crate::support::{Bench, DOCK, DRONE, ROUTE, finish, flight};

#[test]
fn ok_is_0() {
    Bench::new().run(["system", "status"]).exits(0);
}

#[test]
fn an_answer_that_cannot_be_read_is_1() {
    use std::io::{Read as _, Write as _};

    let bench = Bench::new();
    // The simulator answers nothing of the kind.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = r#"{"code":0,"message":"","data":{"id":[7]}}"#;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let mut command = bench.command();
    finish(command.env("FLIGHTHUB_URL", &url).args(["wayline", "get", ROUTE]))
        .exits(1)
        .says("not as promised")
        .says("--as-it-came");
    server.join().unwrap();
}

#[test]
fn a_wrong_command_line_is_2() {
    Bench::new().run(["wayline", "list", "--nonsense"]).exits(2);
}

#[test]
fn wrong_settings_are_3() {
    let bench = Bench::new();
    let mut command = bench.command();
    finish(command.env("FLIGHTHUB_TOKEN", "").args(["wayline", "list"])).exits(3);
    let mut command = bench.command();
    let ran = finish(command.env("FLIGHTHUB_URL", "https://fh.dji.com").args(["wayline", "list"]));
    ran.exits(3).says("web console");
}

#[test]
fn a_wrong_key_is_4() {
    let bench = Bench::new();
    let mut command = bench.command();
    finish(command.env("FLIGHTHUB_TOKEN", "a.b.c").args(["project", "list"]))
        .exits(4)
        .says("flighthub doctor");
}

#[test]
fn what_does_not_exist_is_5() {
    Bench::new().run(["task", "get", "nowhere"]).exits(5);
    // Nor does an operation that the installation does not have.
    Bench::new().run(["converter", "list"]).exits(5);
}

#[test]
fn what_flighthub_refuses_is_6() {
    let bench = Bench::new();
    let order = ["device", "command", DRONE, "--device-command", "return_home", "--yes"];
    bench.run(order).exits(6).says("Nothing was done");
    bench.sim.fail_next("wayline.list", FaultKind::refuse(200_403)).unwrap();
    bench.run(["wayline", "list"]).exits(6);
}

#[test]
fn no_usable_answer_is_7() {
    let bench = Bench::new();
    // A port that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let mut command = bench.command();
    finish(command.env("FLIGHTHUB_URL", url).args(["project", "list"])).exits(7);
    bench.sim.fail_next("project.list", FaultKind::silence()).unwrap();
    bench.run(["project", "list", "--timeout", "1s"]).exits(7).says("--timeout");
    bench.sim.fail_next("project.list", FaultKind::html()).unwrap();
    bench.run(["project", "list"]).exits(7);
    // A write that never left was not done.
    let mut command = bench.command();
    let words = ["task", "create", "--yes", "--json", &flight("x")];
    finish(command.env("FLIGHTHUB_URL", "http://127.0.0.1:1").args(words))
        .exits(7)
        .says("Nothing was done");
}

#[test]
fn a_write_of_which_nobody_knows_is_8() {
    let bench = Bench::new();
    let lost = FaultKind::reset().effect(Effect::After);
    bench.sim.fail_next("task.create", lost).unwrap();
    let words = ["task", "create", "--yes", "--json", &flight("lost")];
    bench.run(words).exits(8).says("Whether it was done is unknown").says("mission list");
    bench.sim.journal().of("task.create").times(1);
    bench.sim.fail_next("device.change_camera", FaultKind::http_error(503)).unwrap();
    let words = ["device", "change-camera", "--sn", DOCK, "--camera-index", "165-0-7"];
    bench.run(words.into_iter().chain(["--camera-position", "outdoor"])).exits(8);
}

/// The codes of the table in the README, and where the tests ask for each.
#[test]
fn every_documented_code_is_tested() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let rust = files.filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let tests: String = rust.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let asked = |code: u8| {
        tests.contains(&format!("exits({code})")) || tests.contains(&format!(".exit, {code},"))
    };
    let readme = include_str!("../../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let codes: Vec<u8> = rows.filter_map(|(code, _)| code.parse().ok()).collect();
    let untested: Vec<_> = codes.iter().filter(|code| !asked(**code)).collect();
    println!("figure Command line | documented exit codes | count = {}", codes.len());
    println!("figure Command line | exit codes without a test | count = {}", untested.len());
    assert!(codes.len() >= 10 && codes.contains(&130), "{codes:?}");
    assert!(untested.is_empty(), "no test ends with {untested:?}");
    assert!(!asked(77), "the search can fail");
}
