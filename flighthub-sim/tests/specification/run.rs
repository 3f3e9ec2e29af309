//! Plays a case against a simulator of its own and says what is not as the case has it.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use flighthub_api::catalog::Catalogue;
use flighthub_api::v1::{AnyOperation, ProjectUuid};
use flighthub_sim::kmz::{Kmz, KmzWaypoint};
use flighthub_sim::{Deed, KeyProfile, Profile, Sim, World};
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::language::{Action, Body, Call, Case, Expect, Library, Step, fill};
use crate::pattern;

/// The simulator's remarks on a request.
const NOTES: &str = "x-flighthub-simulator-notes";
/// The mark of every reply.
const SIMULATOR: &str = "x-flighthub-simulator";

/// A case under way.
struct Stage<'c> {
    library: &'c Library,
    sim: Sim,
    /// What `$name` stands for.
    values: BTreeMap<String, Value>,
    /// The calls so far, as a script.
    script: Vec<String>,
}

/// Plays a case.
///
/// # Errors
///
/// Says at which step and where the world differs from the rule, with the calls up to there.
pub(crate) fn play(case: &Case, library: &Library) -> Result<(), String> {
    let sim = simulator(case).map_err(|error| format!("{}: {error}", case.place))?;
    let values = values(&sim);
    let mut stage = Stage { library, sim, values, script: Vec::new() };
    for step in &case.steps {
        stage.step(step).map_err(|problem| {
            let script = stage.script.join("\n    ");
            format!("{}\n  {}: {problem}\n    {script}", case.rule, step.place)
        })?;
    }
    Ok(())
}

/// The simulator that a case asks for.
fn simulator(case: &Case) -> std::io::Result<Sim> {
    static DEMO: OnceLock<World> = OnceLock::new();
    let world = DEMO.get_or_init(|| World::demo(7)).clone();
    let profile = if case.private { Profile::Private } else { Profile::Public };
    Sim::builder().strict(case.strict).world(world).profile(profile).start_blocking()
}

/// What the cases call by name.
fn values(sim: &Sim) -> BTreeMap<String, Value> {
    let fixed = [
        ("token", sim.token()),
        ("project", sim.project()),
        // Projects without anything, with a pilot only, with an aircraft only, and one that is closed to the keys.
        ("empty", World::EMPTY_PROJECT),
        ("lagoon", World::CONTROLLER_PROJECT),
        ("shoal", World::DRONE_PROJECT),
        ("closed", World::CLOSED_PROJECT),
        ("organization", World::DEMO_ORGANIZATION),
        // A dock with an aircraft that is on, one whose aircraft sleeps, one without.
        ("dock", "7CTXN0000B00A1"),
        ("drone", "1581F0Q8X000U00G00A1"),
        ("east", "7CTXN0000B00B2"),
        ("sleeper", "1581F0Q8X000U00G00B2"),
        ("spare", "7CTXN0000B00C3"),
        // A pilot.
        ("controller", "9N9XL0000D00C3"),
        ("handheld", "1581F0Q8X000U00G00D4"),
        ("tern", "1581F0Q8X000U00G00E5"),
        ("gull", "1581F0Q8X000U00G00F6"),
        // Routes: a fence and a map for the first aircraft, a tower for the second.
        ("fence", "c2b0a3f4-1f0e-4f6a-8c55-9d3b2e7a6410"),
        ("map", "6f7a5f1e-30b4-4c0b-9d11-58f2a0c4e7d3"),
        ("tower", "a41d7c60-92e5-4b3f-b7d8-0c6e5f3a2914"),
        ("nobody", "00000000-0000-4000-8000-000000000000"),
    ];
    let keys = KeyProfile::ALL.map(|profile| {
        (format!("key_{}", profile.name().replace('-', "_")), World::demo_key(profile))
    });
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    fixed.chain(keys).map(|(name, value)| (name, Value::from(value))).collect()
}

impl Stage<'_> {
    fn fill(&self, text: &str) -> Result<String, String> {
        fill(text, &self.values, self.sim.now().unix_seconds())
    }

    fn json(&self, text: &str) -> Result<Value, String> {
        let text = self.fill(text)?;
        serde_json::from_str(&text).map_err(|error| format!("the case is no JSON: {error}: {text}"))
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Call(call) => self.call(call),
            Action::Advance(seconds) => {
                let seconds = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
                self.script.push(format!("advance {seconds}"));
                self.sim.advance(Duration::from_secs(seconds));
                Ok(())
            }
            Action::Deed(json) => {
                let json = self.json(json)?;
                self.script.push(format!("deed {json}"));
                let deed: Deed = serde_json::from_value(json).map_err(|error| error.to_string())?;
                self.sim.with_world(|world| world.apply(&deed)).map_err(|error| error.to_string())
            }
            Action::World { probe, pattern } => {
                let seen = self.probe(probe)?;
                let difference = pattern::differs(&self.json(pattern)?, Some(&seen), probe);
                difference.map_or(Ok(()), Err)
            }
            Action::Upload { file, key } => {
                let key = self.fill(key)?;
                self.script.push(format!("upload {file} to {key}"));
                let content = content(file)?;
                self.sim.with_world(|world| world.put_object(&key, content));
                Ok(())
            }
        }
    }

    /// What no operation reads back.
    fn probe(&self, probe: &str) -> Result<Value, String> {
        Ok(self.sim.with_world(|world| match probe {
            "annotations" => {
                let row = |annotation: &flighthub_sim::Annotation| {
                    json!({"name": annotation.name, "resource": annotation.resource})
                };
                world.annotations().iter().map(row).collect()
            }
            "livestreams" => {
                let row = |stream: &flighthub_sim::Livestream| json!({"sn": stream.sn, "quality": stream.quality});
                world.livestreams().iter().map(row).collect()
            }
            "members" => json!(world.members(&ProjectUuid::new(World::DEMO_PROJECT))),
            "quota" => json!(world.modeling_quota()),
            other => panic!("there is no probe `{other}`"),
        }))
    }

    fn call(&mut self, call: &Call) -> Result<(), String> {
        let path = self.fill(&call.path)?;
        let body = match &call.body {
            Body::None => None,
            Body::Raw(text) => Some(self.fill(text)?),
            Body::Json(text) => Some(self.json(text)?.to_string()),
            Body::Changed { template, changes } => {
                let text = self.library.template(template).ok_or("there is no such template")?;
                let mut body = self.json(text)?;
                change(&mut body, &self.json(changes)?);
                Some(body.to_string())
            }
        };
        let mut headers = BTreeMap::from([
            ("x-user-token".to_owned(), self.sim.token().to_owned()),
            ("x-project-uuid".to_owned(), self.sim.project().to_owned()),
        ]);
        if body.is_some() {
            headers.insert("content-type".to_owned(), "application/json".to_owned());
        }
        for (name, value) in &call.headers {
            headers.remove(&name.to_lowercase());
            if value != "-" {
                headers.insert(name.clone(), self.fill(value)?);
            }
        }
        let headers: Vec<_> = headers.into_iter().collect();
        let shown = body.as_deref().unwrap_or_default();
        self.script.push(format!("{} {path} {shown}", call.method));
        let reply = http::send(
            self.sim.url(),
            &call.method,
            &path,
            &headers,
            body.as_deref().map(str::as_bytes),
        )?;
        self.script.push(format!("  {} {}", reply.status, reply.text()));
        let key = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-user-token"));
        if key.is_some_and(|(_, key)| !key.is_empty() && reply.text().contains(key.as_str())) {
            return Err("the reply repeats the key".to_owned());
        }
        self.judge(call, &path, &reply)?;
        for (name, place) in &call.saves {
            let data = reply.json()?["data"].clone();
            let value = find(&data, place).ok_or(format!("the reply has no `{place}`"))?;
            self.values.insert(name.clone(), value);
        }
        Ok(())
    }

    fn judge(&self, call: &Call, path: &str, reply: &Reply) -> Result<(), String> {
        let got =
            |wanted: &str| Err(format!("wanted {wanted}, got {} {}", reply.status, reply.text()));
        if reply.header(SIMULATOR) != Some(env!("CARGO_PKG_VERSION")) {
            return Err("the reply does not say that it is simulated".to_owned());
        }
        let is_json = reply.header("content-type") == Some("application/json; charset=utf-8");
        if is_json == reply.body.is_empty() {
            return Err("a reply is JSON, or empty".to_owned());
        }
        match &call.expect {
            Expect::Nothing => return Err("the case does not say what is expected".to_owned()),
            Expect::Ok(wanted) => {
                let json = reply.json()?;
                if (reply.status, &json["code"], &json["message"]) != (200, &json!(0), &json!("")) {
                    return got("code 0 in HTTP 200");
                }
                self.decodes(call, path, json.get("data"))?;
                if let Some(wanted) = wanted {
                    let difference =
                        pattern::differs(&self.json(wanted)?, json.get("data"), "data");
                    difference.map_or(Ok(()), Err)?;
                }
            }
            Expect::WithoutData => {
                if (reply.status, reply.json()?) != (200, json!({"code": 0, "message": ""})) {
                    return got("code 0 in HTTP 200 and nothing else");
                }
            }
            Expect::Refused { code, status } => {
                let json = reply.json()?;
                let message = json["message"].as_str().unwrap_or_default();
                if (reply.status, &json["code"]) != (*status, &json!(code)) || message.is_empty() {
                    return got(&format!("code {code} in HTTP {status}"));
                }
                if json.get("data").is_some() {
                    return got("a refusal without data");
                }
                if let Some(part) = call.says.iter().find(|part| match self.fill(part) {
                    Ok(part) => !message.contains(&part),
                    Err(_) => true,
                }) {
                    return Err(format!("the message does not say `{part}`: {message}"));
                }
            }
            Expect::Empty(status) => {
                if reply.status != *status || !reply.body.is_empty() {
                    return got(&format!("HTTP {status} without a body"));
                }
            }
            Expect::Plain(status, wanted) => {
                if reply.status != *status {
                    return got(&format!("HTTP {status}"));
                }
                if let Some(wanted) = wanted {
                    let json = reply.json()?;
                    let difference = pattern::differs(&self.json(wanted)?, Some(&json), "body");
                    difference.map_or(Ok(()), Err)?;
                }
            }
        }
        for (name, part) in &call.reply_headers {
            let value = reply.header(name).unwrap_or_default();
            if !value.contains(part.as_str()) {
                return Err(format!("the header {name} does not say `{part}`: {value}"));
            }
        }
        let notes = reply.header(NOTES).unwrap_or_default();
        if call.notes.is_empty() && !notes.is_empty() {
            return Err(format!("unexpected notes: {notes}"));
        }
        match call.notes.iter().find(|note| !notes.contains(note.as_str())) {
            Some(note) => Err(format!("no note says `{note}`: {notes}")),
            None => Ok(()),
        }
    }

    /// Every success can be read with the types of the client.
    fn decodes(&self, call: &Call, path: &str, data: Option<&Value>) -> Result<(), String> {
        let Ok(info) =
            flighthub_api::server::route(&call.method, path.split('?').next().unwrap_or(path))
        else {
            return Err("a success of no operation".to_owned());
        };
        let example = Catalogue::v1().get(info.id).map(|entry| Value::from(entry.example.clone()));
        let example = example.ok_or("the operation has no example")?.to_string();
        let operation =
            AnyOperation::from_args(info.id, &example).map_err(|error| error.to_string())?;
        let data = data.map_or("null".to_owned(), Value::to_string);
        operation.check_output(&data).map_err(|error| format!("the client cannot read it: {error}"))
    }
}

/// What an upload brings. That uploads with the credentials of the API get there is shown by the tests of the storage.
fn content(file: &str) -> Result<Vec<u8>, String> {
    let metre = 1.0 / 111_320.0;
    let point = |north: f64| KmzWaypoint::new(0.02 + north * metre, -25.3, 50.0).with_photo();
    let mut route = Kmz::new("0-91-1");
    route.waypoints = match file {
        "route" => vec![point(50.0), point(150.0), point(250.0)],
        "one-point" => vec![point(50.0)],
        "hello" => return Ok(b"hello".to_vec()),
        other => return Err(format!("there is no file `{other}` to upload")),
    };
    route.to_bytes().map_err(|error| error.to_string())
}

/// Changes fields of an object, also inner ones; `<absent>` takes one away.
fn change(body: &mut Value, changes: &Value) {
    match (body, changes) {
        (Value::Object(body), Value::Object(changes)) => {
            for (name, change_to) in changes {
                if change_to == "<absent>" {
                    body.shift_remove(name);
                } else {
                    change(body.entry(name.clone()).or_insert(Value::Null), change_to);
                }
            }
        }
        (body, changes) => *body = changes.clone(),
    }
}

/// A value by its path, such as `list.0.uuid`; `list.[name=fence].id` finds the item of a list, and `store_path/2` is the second segment from the end of a string with slashes.
fn find(value: &Value, path: &str) -> Option<Value> {
    let (path, segment) = path.split_once('/').map_or((path, None), |(path, n)| (path, Some(n)));
    let found = path.split('.').try_fold(value, |value, part| match value {
        Value::Array(items) => match part.strip_prefix('[').and_then(|part| part.strip_suffix(']'))
        {
            Some(wanted) => {
                let (field, text) = wanted.split_once('=')?;
                items.iter().find(|item| item[field] == text)
            }
            None => part.parse::<usize>().ok().and_then(|index| items.get(index)),
        },
        _ => value.get(part),
    })?;
    match segment {
        None => Some(found.clone()),
        Some(segment) => {
            let from_the_end = segment.parse::<usize>().ok()?.checked_sub(1)?;
            found.as_str()?.rsplit('/').nth(from_the_end).map(Value::from)
        }
    }
}
