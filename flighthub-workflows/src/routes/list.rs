//! The routes of a project, and which of them is meant.

use std::collections::BTreeMap;

use flighthub_api::v1::{Wayline, WaylineList};
use flighthub_api::{Access, Permits, Project};

use crate::Result;
use crate::choose::{Named, choose};

impl Named for Wayline {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The routes of a project, by name. Of rows with the same id the newest counts: such were seen.
///
/// # Errors
///
/// Those of `wayline.list`.
pub async fn list<A: Access + Permits<WaylineList>>(project: &Project<A>) -> Result<Vec<Wayline>> {
    let listing = project.send(&WaylineList::new()).await?;
    let mut newest: BTreeMap<String, Wayline> = BTreeMap::new();
    for row in listing.list {
        match newest.get(row.id.as_str()) {
            Some(known) if known.update_time >= row.update_time => {}
            _ => drop(newest.insert(row.id.as_str().to_owned(), row)),
        }
    }
    let mut rows: Vec<Wayline> = newest.into_values().collect();
    rows.sort_by(|one, other| {
        (one.name.to_lowercase(), &one.name).cmp(&(other.name.to_lowercase(), &other.name))
    });
    Ok(rows)
}

/// The route of an id or a name. Names need not be unique.
///
/// # Errors
///
/// Those of `wayline.list`, and when there is no such route, or several.
pub async fn find<A: Access + Permits<WaylineList>>(
    project: &Project<A>,
    wanted: &str,
) -> Result<Wayline> {
    let rows = list(project).await?;
    choose("route", wanted, &rows).cloned()
}
