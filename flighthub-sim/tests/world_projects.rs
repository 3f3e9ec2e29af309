//! Projects, people, upload credentials and routes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod support;

use flighthub_api::Token;
use flighthub_api::v1::{
    Project, ProjectAddMembers, ProjectAuthorizedStatus, ProjectList, ProjectListUsage,
    ProjectMember, ProjectRole, ProjectSortColumn, ProjectStsToken, ProjectUuid, Service,
    SortDirection, SystemStatus, TaskGet, TaskStatus, WaylineFinishUpload, WaylineGet, WaylineList,
};
use flighthub_sim::{Caller, Language, World};

use support::{A1, NORTH, caller, code, immediate, seconds, world};

fn projects(world: &mut World, edit: impl FnOnce(&mut ProjectList)) -> Vec<Project> {
    let mut operation = ProjectList::new();
    edit(&mut operation);
    world.project_list(&Caller::admin(), operation).unwrap().into_vec()
}

#[test]
fn the_system_runs() {
    assert!(world().system_status(&Caller::admin(), SystemStatus::new()).is_ok());
}

#[test]
fn projects_are_paged_searched_and_sorted() {
    let mut world = world();
    let names = |projects: Vec<Project>| {
        projects.into_iter().map(|project| project.name).collect::<Vec<_>>()
    };
    let all =
        ["Atlantic test field", "Spare reef", "Lagoon patrol", "Shoal survey", "Weather station"];
    assert_eq!(names(projects(&mut world, |_| ())), all);
    // Only those that the person of the key has joined.
    let joined = projects(&mut world, |list| {
        list.prj_authorized_status = Some(ProjectAuthorizedStatus::Authorized);
    });
    assert_eq!(names(joined), all[..4]);
    assert_eq!(
        names(projects(&mut world, |list| list.q = Some("REEF".to_owned()))),
        ["Spare reef"]
    );
    let page = |world: &mut World, page, size| {
        names(projects(world, |list| (list.page, list.page_size) = (Some(page), Some(size))))
    };
    assert_eq!(page(&mut world, 1, 1), ["Atlantic test field"]);
    assert_eq!(page(&mut world, 2, 1), ["Spare reef"]);
    assert_eq!(page(&mut world, 2, 3), ["Shoal survey", "Weather station"]);
    assert!(page(&mut world, 6, 1).is_empty());
    let simple = projects(&mut world, |list| {
        (list.page, list.page_size, list.usage) =
            (Some(2), Some(1), Some(ProjectListUsage::Simple));
    });
    assert_eq!(simple.len(), 5);
    let sorted = projects(&mut world, |list| {
        (list.sort_column, list.sort_type) =
            (Some(ProjectSortColumn::CreatedAt), Some(SortDirection::Descending));
    });
    assert!(names(sorted).into_iter().eq(all.into_iter().rev()));
    let mut operation = ProjectList::new();
    operation.page = Some(0);
    assert_eq!(code(world.project_list(&Caller::admin(), operation)), 200_101);
}

#[test]
fn people_are_added_and_changed() {
    let mut world = world();
    let project = ProjectUuid::new(World::DEMO_PROJECT);
    let mut person = ProjectMember::new("1800000000000000001", ProjectRole::Member);
    person.nickname = Some("Operator 1".to_owned());
    world.project_add_members(&caller(), ProjectAddMembers::new(vec![person])).unwrap();
    let promoted = ProjectMember::new("1800000000000000001", ProjectRole::Admin);
    world.project_add_members(&caller(), ProjectAddMembers::new(vec![promoted])).unwrap();
    let members = world.members(&project);
    assert_eq!(members.len(), 2);
    assert_eq!(
        (&members[1].role, members[1].nickname.as_deref()),
        (&ProjectRole::Admin, Some("Operator 1"))
    );

    for people in [
        vec![],
        vec![ProjectMember::new("operator-1", ProjectRole::Member)],
        vec![ProjectMember::new("1800000000000000002", ProjectRole::from("owner"))],
    ] {
        assert_eq!(
            code(world.project_add_members(&caller(), ProjectAddMembers::new(people))),
            200_101
        );
    }
    assert_eq!(world.members(&project).len(), 2);
}

#[test]
fn a_project_that_nobody_has_joined_is_listed_and_closed() {
    let world = world();
    let admit = |operation: &str| {
        let (key, project) = (World::demo_token(), World::CLOSED_PROJECT);
        let outcome = world.admit(operation, Some(&key), Some(project), Language::English);
        outcome.map(|_| ()).map_err(|refusal| (refusal.http, refusal.code.get()))
    };
    for operation in ["project.devices", "device.state", "task.create", "openmodel.start"] {
        assert_eq!(admit(operation), Err((403, 200_403)), "{operation}");
    }
    // The organization's own operations do not look at the header.
    for operation in ["system.status", "project.list", "project.devices_of_organization"] {
        assert_eq!(admit(operation), Ok(()), "{operation}");
    }
}

#[test]
fn regions_have_the_same_content() {
    let (mut eu, mut us) = (world(), World::demo_in("us", 1));
    assert_eq!(projects(&mut eu, |_| ()), projects(&mut us, |_| ()));
}

#[test]
fn a_route_is_uploaded_listed_read_and_flown() {
    let mut world = world();
    let credentials = world.project_sts_token(&caller(), ProjectStsToken::new()).unwrap();
    assert!(!credentials.credentials.security_token.is_empty());
    assert_ne!(credentials, world.project_sts_token(&caller(), ProjectStsToken::new()).unwrap());
    let key = format!("{}/1d8c3a52/yard.kmz", credentials.object_key_prefix);
    let bytes = support::yard().to_bytes().unwrap();
    world.put_object(&key, bytes.clone());
    let route =
        world.wayline_finish_upload(&caller(), WaylineFinishUpload::new("yard", key)).unwrap();
    assert_eq!(route.name, "yard");
    let routes = world.wayline_list(&caller(), WaylineList::new()).unwrap();
    assert_eq!(
        routes.iter().map(|route| route.name.as_str()).collect::<Vec<_>>(),
        ["north-fence", "south-basin-map", "tower-circle", "yard"]
    );
    let detail = world.wayline_get(&caller(), WaylineGet::new(&route.uuid)).unwrap();
    assert_eq!((detail.wayline_point_nums, detail.distance), (Some(3), Some(200.0)));
    assert_eq!(detail.size, i64::try_from(bytes.len()).ok());
    let url = detail.download_url.unwrap();
    assert!(url.expose().contains("/yard.kmz?X-Amz-"), "{}", url.expose());
    let task = world.task_create(&caller(), immediate(A1, route.uuid.as_str())).unwrap().task_uuid;
    world.advance(seconds(900));
    assert_eq!(world.task_get(&caller(), TaskGet::new(task)).unwrap().status, TaskStatus::Success);
}

#[test]
fn routes_are_refused() {
    let mut world = world();
    let prefix =
        world.project_sts_token(&caller(), ProjectStsToken::new()).unwrap().object_key_prefix;
    for key in [
        "elsewhere/yard.kmz".to_owned(),
        format!("/{prefix}/yard.kmz"),
        format!("{prefix}/yard.kml"),
        format!("{prefix}/.kmz"),
    ] {
        let refused = world
            .wayline_finish_upload(&caller(), WaylineFinishUpload::new("yard", key.clone()))
            .unwrap_err();
        assert_eq!((refused.http, refused.code.get()), (500, 200_500), "{key}");
    }
    assert_eq!(code(world.wayline_get(&caller(), WaylineGet::new("none"))), 219_001);
    let empty = Caller::admin().in_project(World::EMPTY_PROJECT);
    assert_eq!(code(world.wayline_get(&empty, WaylineGet::new(NORTH))), 219_001);
    assert!(world.wayline_list(&empty, WaylineList::new()).unwrap().is_empty());
    for outcome in [
        code(world.wayline_list(&Caller::admin(), WaylineList::new())),
        code(world.project_sts_token(&Caller::admin(), ProjectStsToken::new())),
    ] {
        assert_eq!(outcome, 200_610);
    }
}

#[test]
fn the_demo_key_has_the_form_of_a_real_one() {
    let text = World::demo_token();
    assert!(text.rsplit('.').next().unwrap().starts_with("simulated-"));
    let token = Token::new(&text).unwrap();
    assert!(!format!("{token:?}").contains("simulated-"));
}
