//! Which route is meant.

use flighthub_api::v1::{Wayline, WaylineList};
use flighthub_api::{Access, Permits, Project};

use crate::Result;
use crate::choose::{Named, choose};

/// A route as something with a name.
struct NamedRoute(Wayline);

impl Named for NamedRoute {
    fn id(&self) -> &str {
        self.0.id.as_str()
    }

    fn name(&self) -> &str {
        &self.0.name
    }
}

/// The route of an id or a name. Names of routes are not unique.
///
/// # Errors
///
/// As `wayline.list`, and when there is no such route, or several.
pub async fn find_route<A: Access + Permits<WaylineList>>(
    project: &Project<A>,
    wanted: &str,
) -> Result<Wayline> {
    let listed = project.send(&WaylineList::new()).await?;
    let mut routes: Vec<NamedRoute> = Vec::new();
    for route in listed.list {
        // Rows of the same id were seen twice; the newer one counts.
        match routes.iter_mut().find(|known| known.0.id == route.id) {
            Some(known) if known.0.update_time < route.update_time => known.0 = route,
            Some(_) => {}
            None => routes.push(NamedRoute(route)),
        }
    }
    choose("route", wanted, &routes).map(|found| found.0.clone())
}
