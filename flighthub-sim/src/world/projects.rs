//! The organization: its projects and their people.

use std::time::Duration;

use flighthub_api::v1::{
    DevicePair, OrganizationUuid, Project, ProjectAddMembers, ProjectAuthorizedStatus,
    ProjectDevices, ProjectDevicesOfOrganization, ProjectList, ProjectListUsage, ProjectMember,
    ProjectRole, ProjectSortColumn, ProjectStsToken, ProjectUuid, SortDirection,
    StorageCredentials, StorageKeys, SystemStatus, WorkCenterPoint,
};
use flighthub_api::{Accepted, Listing, Timestamp};

use super::flight::Place;
use super::{World, routes};
use crate::caller::Caller;
use crate::refusal::Refusal;

/// The middle of the demo project: in the open Atlantic, where nobody lives.
pub(crate) const CENTRE: Place = Place { latitude: 0.02, longitude: -25.3, height: 12.0 };
/// The middle of the project with a remote controller only.
pub(crate) const LAGOON: Place = Place { latitude: 0.11, longitude: -25.42, height: 6.0 };
/// The middle of the project with an aircraft alone.
pub(crate) const SHOAL: Place = Place { latitude: -0.08, longitude: -25.18, height: 4.0 };
/// Where nobody of the keys may look.
const STATION: Place = Place { latitude: 0.17, longitude: -25.05, height: 15.0 };
/// Height over the ellipsoid of projects that deeds add, metres.
const GROUND: f64 = 10.0;

/// Seconds that upload credentials last.
const GRANT: u32 = 900;

/// Projects per page when the caller does not say.
const PAGE_SIZE: usize = 10;

/// A project and its people.
#[derive(Debug, Clone)]
struct Entry {
    row: Project,
    /// Whether the owner of the key has joined it.
    joined: bool,
    /// No task may return higher over its dock, metres. Not visible through the API.
    ceiling: i32,
    members: Vec<ProjectMember>,
    centre: Place,
}

/// A project to come.
pub(crate) struct NewProject<'d> {
    pub(crate) uuid: Option<&'d ProjectUuid>,
    pub(crate) name: &'d str,
    /// Latitude and longitude, degrees.
    pub(crate) centre: (f64, f64),
    pub(crate) joined: bool,
}

/// The projects of the organization.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    projects: Vec<Entry>,
}

impl State {
    pub(crate) fn has(&self, uuid: &ProjectUuid) -> bool {
        self.projects.iter().any(|project| project.row.uuid == *uuid)
    }

    /// Whether a project is there that the people of the keys have not joined.
    pub(crate) fn is_closed(&self, uuid: &ProjectUuid) -> bool {
        self.projects.iter().any(|project| project.row.uuid == *uuid && !project.joined)
    }

    /// The greatest height of return in a project.
    pub(crate) fn ceiling(&self, uuid: &ProjectUuid) -> i32 {
        self.projects
            .iter()
            .find(|project| project.row.uuid == *uuid)
            .map_or(i32::MAX, |project| project.ceiling)
    }
}

impl State {
    /// That there is such a project, and where its middle is.
    pub(crate) fn centre(&self, uuid: &ProjectUuid) -> Result<Place, String> {
        let found = self.projects.iter().find(|project| project.row.uuid == *uuid);
        found.map(|project| project.centre).ok_or_else(|| {
            let known: Vec<_> = self
                .projects
                .iter()
                .map(|project| format!("{} ({})", project.row.uuid, project.row.name))
                .collect();
            format!("`project`: there is no project `{uuid}`; there are {}", known.join(", "))
        })
    }

    pub(crate) fn set_ceiling(&mut self, uuid: &ProjectUuid, metres: i32) -> Result<(), String> {
        self.centre(uuid)?;
        check_ceiling("metres", metres)?;
        let own = self.projects.iter_mut().filter(|project| project.row.uuid == *uuid);
        own.for_each(|project| project.ceiling = metres);
        Ok(())
    }

    pub(crate) fn add(
        &mut self,
        new: &NewProject<'_>,
        ceiling: i32,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) -> Result<(), String> {
        if new.name.trim().is_empty() {
            return Err("`name`: is empty".to_owned());
        }
        let (latitude, longitude) = new.centre;
        if !(-85.0..=85.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return Err(
                "`latitude`, `longitude`: are not on the map; -85 to 85 and -180 to 180".to_owned()
            );
        }
        check_ceiling("ceiling", ceiling)?;
        if let Some(uuid) = new.uuid {
            if uuid.as_str().trim().is_empty() {
                return Err("`uuid`: is empty; leave it out to have one made".to_owned());
            }
            if self.has(uuid) {
                return Err(format!("`uuid`: there is a project `{uuid}` already"));
            }
        }
        let uuid = new.uuid.cloned();
        let uuid = uuid.unwrap_or_else(|| ProjectUuid::new(super::new_uuid(rng)));
        let centre = Place { latitude, longitude, height: GROUND };
        let mut entry = entry(uuid, new.name, "", centre, new.joined);
        entry.ceiling = ceiling;
        entry.row.created_at = Some(now);
        entry.row.updated_at = Some(now);
        self.projects.push(entry);
        Ok(())
    }
}

fn check_ceiling(field: &str, metres: i32) -> Result<(), String> {
    // What the aircraft themselves can be limited to.
    if (20..=1_500).contains(&metres) {
        return Ok(());
    }
    Err(format!("`{field}`: {metres} is not between 20 and 1500 metres"))
}

fn entry(uuid: ProjectUuid, name: &str, introduction: &str, centre: Place, joined: bool) -> Entry {
    let mut owner = ProjectMember::new(World::OWNER, ProjectRole::Admin);
    owner.nickname = Some(World::OWNER_NAME.to_owned());
    Entry {
        row: Project {
            name: name.to_owned(),
            introduction: Some(introduction.to_owned()),
            uuid,
            org_uuid: OrganizationUuid::new(World::DEMO_ORGANIZATION),
            project_work_center_point: Some(WorkCenterPoint {
                latitude: centre.latitude,
                longitude: centre.longitude,
            }),
            created_at: None,
            updated_at: None,
        },
        joined,
        ceiling: 120,
        members: if joined { vec![owner] } else { Vec::new() },
        centre,
    }
}

/// The demo projects.
pub(crate) fn populate(world: &mut World) {
    let reef = CENTRE.offset(9_000.0, 4_000.0, 0.0);
    let nothing_real = "Simulated: nothing here is real";
    let rows = [
        (World::DEMO_PROJECT, "Atlantic test field", nothing_real, CENTRE, 1_745_214_300),
        (World::EMPTY_PROJECT, "Spare reef", "", reef, 1_746_000_000),
        (World::CONTROLLER_PROJECT, "Lagoon patrol", "", LAGOON, 1_748_500_000),
        (World::DRONE_PROJECT, "Shoal survey", "", SHOAL, 1_750_100_000),
        (World::CLOSED_PROJECT, "Weather station", "", STATION, 1_751_300_000),
    ];
    let later = world.long_ago(0);
    let at = |seconds: i64| Timestamp::from_unix_seconds(seconds + later);
    world.projects.projects = rows
        .into_iter()
        .map(|(uuid, name, introduction, centre, created)| {
            let joined = uuid != World::CLOSED_PROJECT;
            let mut entry = entry(ProjectUuid::new(uuid), name, introduction, centre, joined);
            entry.row.created_at = at(created);
            entry.row.updated_at = at(created + 86_400);
            entry
        })
        .collect();
    // The one that is worked in.
    if let Some(first) = world.projects.projects.first_mut() {
        first.row.updated_at = at(1_766_999_900);
    }
}

/// `system.status`.
pub(crate) fn status(_: &mut World, _: &Caller, _: SystemStatus) -> Result<Accepted, Refusal> {
    Ok(Accepted::new())
}

/// `project.list`.
pub(crate) fn list(
    world: &mut World,
    _: &Caller,
    operation: ProjectList,
) -> Result<Listing<Project>, Refusal> {
    let wanted = operation.q.unwrap_or_default().to_lowercase();
    let only_joined = operation.prj_authorized_status == Some(ProjectAuthorizedStatus::Authorized);
    let mut rows: Vec<_> = world
        .projects
        .projects
        .iter()
        .filter(|project| project.joined || !only_joined)
        .map(|project| project.row.clone())
        .filter(|row| row.name.to_lowercase().contains(&wanted))
        .collect();
    match operation.sort_column {
        Some(ProjectSortColumn::Name) => rows.sort_by(|one, other| one.name.cmp(&other.name)),
        Some(ProjectSortColumn::CreatedAt) => rows.sort_by_key(|row| row.created_at),
        _ => {}
    }
    if operation.sort_type == Some(SortDirection::Descending) {
        rows.reverse();
    }
    if operation.usage == Some(ProjectListUsage::Simple) {
        return Ok(rows.into());
    }
    let positive = |name: &str, value: Option<i32>, default: usize| match value {
        None => Ok(default),
        Some(value) => usize::try_from(value)
            .ok()
            .filter(|value| *value > 0)
            .ok_or_else(|| Refusal::argument(name, "must be 1 or more")),
    };
    let page = positive("page", operation.page, 1)?;
    let size = positive("page_size", operation.page_size, PAGE_SIZE)?;
    Ok(rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect())
}

/// `project.devices_of_organization`: only what belongs to a dock.
pub(crate) fn devices_of_organization(
    world: &mut World,
    _: &Caller,
    _: ProjectDevicesOfOrganization,
) -> Result<Listing<DevicePair>, Refusal> {
    Ok(world.fleet.pairs(|_| true, false).into())
}

/// `project.devices`.
pub(crate) fn devices(
    world: &mut World,
    caller: &Caller,
    _: ProjectDevices,
) -> Result<Listing<DevicePair>, Refusal> {
    let project = world.project_of(caller)?;
    Ok(world.fleet.pairs(|of| *of == project, true).into())
}

/// `project.sts_token`.
pub(crate) fn sts_token(
    world: &mut World,
    caller: &Caller,
    _: ProjectStsToken,
) -> Result<StorageCredentials, Refusal> {
    let project = world.project_of(caller)?;
    let prefix = routes::key_prefix(&project);
    let grant = world.issue(&prefix, Duration::from_secs(GRANT.into()));
    let store = &world.store;
    Ok(StorageCredentials {
        endpoint: store.endpoint().to_owned(),
        bucket: World::BUCKET.to_owned(),
        region: Some(store.region().to_owned()),
        provider: Some(store.provider().clone()),
        object_key_prefix: prefix,
        credentials: StorageKeys {
            access_key_id: grant.id,
            access_key_secret: grant.secret,
            security_token: grant.token,
            expire: GRANT.into(),
            platform: Some(0),
        },
    })
}

/// `project.add_members`: adds people, or changes the role and name of those who are there.
pub(crate) fn add_members(
    world: &mut World,
    caller: &Caller,
    operation: ProjectAddMembers,
) -> Result<Accepted, Refusal> {
    let project = world.project_of(caller)?;
    if operation.add_users.is_empty() {
        return Err(Refusal::argument("add_users", "is empty"));
    }
    for (index, user) in operation.add_users.iter().enumerate() {
        let id = user.user_id.as_str();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::argument(
                &format!("add_users[{index}].user_id"),
                "is no decimal number",
            ));
        }
        if !user.role.is_known() {
            return Err(Refusal::argument(
                &format!("add_users[{index}].role"),
                format!("there is no role `{}`", user.role),
            ));
        }
    }
    let Some(entry) = world.projects.projects.iter_mut().find(|entry| entry.row.uuid == project)
    else {
        return Err(Refusal::unknown_project(project));
    };
    for user in operation.add_users {
        match entry.members.iter_mut().find(|member| member.user_id == user.user_id) {
            Some(member) => {
                member.role = user.role;
                member.nickname = user.nickname.or(member.nickname.take());
            }
            None => entry.members.push(user),
        }
    }
    Ok(Accepted::new())
}

impl World {
    /// The people of a project. The API adds them and cannot list them.
    #[must_use]
    pub fn members(&self, project: &ProjectUuid) -> &[ProjectMember] {
        self.projects
            .projects
            .iter()
            .find(|entry| entry.row.uuid == *project)
            .map_or(&[], |entry| &entry.members)
    }
}
