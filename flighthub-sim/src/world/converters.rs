//! Stream converters, as a private installation has them.

use std::collections::BTreeMap;
use std::time::Duration;

use flighthub_api::v1::{
    CameraIndex, Converter, ConverterCreate, ConverterDelete, ConverterId, ConverterList,
    ConverterOptions, ConverterSchema, ConverterSet, ConverterState, ConverterTarget,
    CreatedConverter, DeviceSn, ProjectUuid,
};
use flighthub_api::{Accepted, Listing, Timestamp};
use serde::{Deserialize, Serialize};

use super::{World, live};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Most converters of an organization.
const MOST: usize = 20;
/// From switching on to the first picture.
const START: Duration = Duration::from_secs(3);
/// From switching on (or losing the device) to giving up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pulling from the device timed out.
const PULL_TIMEOUT: i32 = 212_058;

/// What becomes of a stream that is pushed to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Target {
    /// It arrives. So does everything that no deed speaks of, but for hosts below `.invalid`, which refuse.
    Accepts,
    /// The connection is refused: the converter fails with 212061.
    Refuses,
    /// Pushing times out: the converter fails with 212062.
    TimesOut,
    /// The proxy that pushes cannot be made: the converter fails with 212060.
    NoProxy,
}

impl Target {
    const fn code(self) -> Option<i32> {
        match self {
            Self::Accepts => None,
            Self::Refuses => Some(212_061),
            Self::TimesOut => Some(212_062),
            Self::NoProxy => Some(212_060),
        }
    }
}

/// The converters of the organization.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    converters: Vec<Record>,
    /// What hosts do, by their names.
    targets: BTreeMap<String, Target>,
}

impl State {
    pub(crate) fn set_target(&mut self, host: &str, outcome: Target) -> Result<(), String> {
        if host.is_empty() || host.contains(['/', ':', '@']) {
            return Err(format!("`host`: `{host}` is no host name such as media.example.net"));
        }
        self.targets.insert(host.to_owned(), outcome);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Record {
    project: ProjectUuid,
    id: ConverterId,
    name: String,
    sn: DeviceSn,
    camera_index: CameraIndex,
    schema: ConverterSchema,
    options: ConverterOptions,
    enabled: bool,
    state: ConverterState,
    code: i32,
    /// Since when it has been switched on, or without a picture.
    since: Timestamp,
}

impl Record {
    /// The host that it pushes to.
    fn host(&self) -> Option<&str> {
        let Some(url) = &self.options.url else {
            return self.options.server_ip.as_deref();
        };
        let authority = url.expose().split('/').nth(2)?;
        let host = authority.rsplit('@').next()?;
        host.split(':').next()
    }

    /// Why the target does not take the stream.
    fn obstacle(&self, targets: &BTreeMap<String, Target>) -> Option<i32> {
        let host = self.host()?;
        let outcome = targets.get(host).copied();
        let reserved = if host.ends_with(".invalid") { Target::Refuses } else { Target::Accepts };
        outcome.unwrap_or(reserved).code()
    }

    fn fail(&mut self, code: i32) {
        self.state = ConverterState::Failed;
        self.code = code;
    }
}

pub(crate) fn tick(world: &mut World) {
    let now = world.now();
    let State { converters, targets } = &mut world.converters;
    for converter in converters.iter_mut().filter(|converter| converter.enabled) {
        let online =
            world.fleet.device(converter.sn.as_str()).is_some_and(|device| device.is_online());
        let waited = now.duration_since(&converter.since);
        let obstacle = converter.obstacle(targets);
        match (&converter.state, online) {
            (ConverterState::Running, true) if obstacle.is_none() => {}
            (ConverterState::Running, false) => {
                converter.since = now;
                converter.state = ConverterState::Initialized;
            }
            (ConverterState::Failed, true) if obstacle == Some(converter.code) => {}
            (_, true) if obstacle.is_some() => {
                if let Some(code) = obstacle.filter(|_| waited >= START) {
                    converter.fail(code);
                }
            }
            (ConverterState::Failed, true) => {
                converter.since = now;
                converter.state = ConverterState::Initialized;
                converter.code = 0;
            }
            (_, true) if waited >= START => {
                converter.state = ConverterState::Running;
                converter.code = 0;
            }
            (_, false) if waited >= PATIENCE => converter.fail(PULL_TIMEOUT),
            _ => {}
        }
    }
}

pub(crate) fn create(
    world: &mut World,
    caller: &Caller,
    operation: ConverterCreate,
) -> Result<CreatedConverter, Refusal> {
    world.deployed("converter.create")?;
    let project = world.project_of(caller)?;
    let ConverterCreate { converter_name: name, sn, camera_index, target, .. } = operation;
    if name.trim().is_empty() {
        return Err(Refusal::argument("converter_name", "is empty"));
    }
    let (schema, options) = options(target)?;
    live::streaming_camera(world, &project, &sn, &camera_index)?;
    let others = &world.converters.converters;
    if others.len() >= MOST {
        return Err(Refusal::quota(
            233_317,
            format!("the organization has {MOST} converters already, which is the limit"),
        ));
    }
    if others.iter().any(|other| other.name == name) {
        return Err(Refusal::new(213_055, format!("channel name `{name}` is in use already")));
    }
    if others.iter().any(|other| {
        (&other.sn, &other.camera_index, &other.options) == (&sn, &camera_index, &options)
    }) {
        return Err(Refusal::new(
            213_054,
            format!("camera `{camera_index}` of `{sn}` is pushed to this address already"),
        ));
    }

    let id: String = (0..32).map(|_| world.rng().digit(16).to_ascii_uppercase()).collect();
    let id = ConverterId::new(id);
    let since = world.now();
    world.converters.converters.push(Record {
        project,
        id: id.clone(),
        name,
        sn,
        camera_index,
        schema,
        options,
        enabled: false,
        state: ConverterState::Initialized,
        code: 0,
        since,
    });
    Ok(CreatedConverter { converter_id: id })
}

/// The target as the list shows it, checked.
fn options(target: ConverterTarget) -> Result<(ConverterSchema, ConverterOptions), Refusal> {
    let mut options = ConverterOptions {
        url: None,
        server_id: None,
        server_ip: None,
        server_port: None,
        device_password: None,
        local_port: None,
        device_id: None,
        local_channel: None,
        username: None,
        password: None,
        enable_ts: None,
    };
    match target {
        ConverterTarget::Rtmp(target) => {
            let url = target.schema_option.url;
            let rest = url
                .expose()
                .strip_prefix("rtmp://")
                .or_else(|| url.expose().strip_prefix("rtmps://"));
            if !rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
                return Err(Refusal::argument(
                    "schema_option.url",
                    "has to begin with rtmp:// and a host",
                ));
            }
            options.url = Some(url);
            Ok((ConverterSchema::Rtmp, options))
        }
        ConverterTarget::Gb28181(target) => {
            let option = target.schema_option;
            for (field, port) in
                [("server_port", &option.server_port), ("local_port", &option.local_port)]
            {
                if !port.parse::<u16>().is_ok_and(|port| port > 0) {
                    return Err(Refusal::argument(
                        &format!("schema_option.{field}"),
                        "is no port, written as a string",
                    ));
                }
            }
            if option.server_ip.is_empty() {
                return Err(Refusal::argument("schema_option.server_ip", "is empty"));
            }
            options.server_id = Some(option.server_id);
            options.server_ip = Some(option.server_ip);
            options.server_port = Some(option.server_port);
            options.device_password = Some(option.device_password);
            options.local_port = Some(option.local_port);
            options.device_id = Some(option.device_id);
            options.local_channel = Some(option.local_channel);
            Ok((ConverterSchema::Gb28181, options))
        }
        _ => Err(Refusal::argument("schema", "is neither rtmp nor gb28181")),
    }
}

pub(crate) fn list(
    world: &mut World,
    caller: &Caller,
    _operation: ConverterList,
) -> Result<Listing<Converter>, Refusal> {
    world.deployed("converter.list")?;
    let project = world.project_of(caller)?;
    let own = world.converters.converters.iter().filter(|converter| converter.project == project);
    Ok(own.map(|converter| row(world, converter)).collect())
}

fn row(world: &World, record: &Record) -> Converter {
    let device = world.fleet.device(record.sn.as_str());
    Converter {
        converter_id: record.id.clone(),
        converter_name: record.name.clone(),
        sn: record.sn.clone(),
        camera_index: record.camera_index.clone(),
        schema: record.schema.clone(),
        schema_option: Some(record.options.clone()),
        auto_push_stream: Some(record.enabled),
        device_online_status: Some(device.as_ref().is_some_and(|device| device.is_online())),
        device_callsign: device.map(|device| device.callsign().to_owned()),
        state: Some(record.state.clone()),
        code: Some(record.code),
        state_code: None,
        state_message: None,
    }
}

fn missing(id: &ConverterId) -> Refusal {
    Refusal::new(212_056, format!("converter `{id}` does not exist"))
}

/// Switches at once; whether pictures flow shows in the list some seconds later.
pub(crate) fn set(
    world: &mut World,
    caller: &Caller,
    operation: ConverterSet,
) -> Result<Accepted, Refusal> {
    world.deployed("converter.set")?;
    let project = world.project_of(caller)?;
    let now = world.now();
    let mut own =
        world.converters.converters.iter_mut().filter(|converter| converter.project == project);
    let converter = own
        .find(|converter| converter.id == operation.converter_id)
        .ok_or_else(|| missing(&operation.converter_id))?;
    if converter.enabled != operation.auto_push_stream {
        converter.enabled = operation.auto_push_stream;
        converter.state = ConverterState::Initialized;
        converter.code = 0;
        converter.since = now;
    }
    Ok(Accepted::new())
}

pub(crate) fn delete(
    world: &mut World,
    caller: &Caller,
    operation: ConverterDelete,
) -> Result<Accepted, Refusal> {
    world.deployed("converter.delete")?;
    let project = world.project_of(caller)?;
    let State { converters, .. } = &mut world.converters;
    let index = converters.iter().position(|converter| {
        converter.project == project && converter.id == operation.converter_id
    });
    converters.remove(index.ok_or_else(|| missing(&operation.converter_id))?);
    Ok(Accepted::new())
}
