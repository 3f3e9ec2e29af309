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

    /// The greatest height of return in a project.
    pub(crate) fn ceiling(&self, uuid: &ProjectUuid) -> i32 {
        self.projects
            .iter()
            .find(|project| project.row.uuid == *uuid)
            .map_or(i32::MAX, |project| project.ceiling)
    }
}

/// The demo projects.
pub(crate) fn populate(world: &mut World) {
    let at = |seconds| Timestamp::from_unix_seconds(seconds);
    let rows = [
        (
            World::DEMO_PROJECT,
            "Atlantic test field",
            "Simulated: nothing here is real",
            CENTRE,
            1_745_214_300,
            1_766_999_900,
        ),
        (
            World::EMPTY_PROJECT,
            "Spare reef",
            "",
            CENTRE.offset(9_000.0, 4_000.0, 0.0),
            1_746_000_000,
            1_746_086_400,
        ),
    ];
    let mut owner = ProjectMember::new(World::OWNER, ProjectRole::Admin);
    owner.nickname = Some(World::OWNER_NAME.to_owned());
    world.projects.projects = rows
        .into_iter()
        .map(|(uuid, name, introduction, centre, created, updated)| Entry {
            row: Project {
                name: name.to_owned(),
                introduction: Some(introduction.to_owned()),
                uuid: ProjectUuid::new(uuid),
                org_uuid: OrganizationUuid::new(World::DEMO_ORGANIZATION),
                project_work_center_point: Some(WorkCenterPoint {
                    latitude: centre.latitude,
                    longitude: centre.longitude,
                }),
                created_at: at(created),
                updated_at: at(updated),
            },
            joined: true,
            ceiling: 120,
            members: vec![owner.clone()],
        })
        .collect();
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
