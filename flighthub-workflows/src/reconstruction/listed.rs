//! Waiting until a model is in the project's list: the only sign that there is.

use std::time::Duration;

use flighthub_api::v1::{MapModel, ModelId, ModelList};
use flighthub_api::{Access, Permits, Project};
use serde::Serialize;

use super::events::ModelEvent as Event;
use super::following::is_passing;
use crate::choose::printable;
use crate::run::within;
use crate::{Error, ErrorKind, Result, Run};

const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Which model is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited(Which);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Id(ModelId),
    Name(String),
}

impl Awaited {
    /// That of an id, as the order was answered.
    #[must_use]
    pub fn id(id: impl Into<ModelId>) -> Self {
        Self(Which::Id(id.into()))
    }

    /// That of a name, for when the answer to the order was lost. When a map and a model were ordered at once, the service may add `2D` and
    /// `3D` to it; either will do.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self(Which::Name(name.into()))
    }

    fn is(&self, row: &MapModel) -> bool {
        match &self.0 {
            Which::Id(id) => row.id == *id,
            Which::Name(name) => is_named(&row.name, name),
        }
    }
}

impl std::fmt::Display for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Which::Id(id) => write!(f, "{id}"),
            Which::Name(name) => write!(f, "`{}`", printable(name)),
        }
    }
}

/// Whether a model has a name, or the name with what tells a map from a model behind it.
pub(super) fn is_named(listed: &str, name: &str) -> bool {
    match listed.strip_prefix(name) {
        Some(rest) => matches!(rest.trim(), "" | "2D" | "3D" | "2d" | "3d"),
        None => false,
    }
}

/// A model that is in the list. Its links are those of `model.get`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ListedModel {
    /// Its id.
    pub model_id: i64,
    /// Its name.
    pub name: String,
    /// What it is: `model_2d`, `model_3d`.
    pub kind: Option<String>,
    /// Its size in bytes, as it is taken to be.
    pub size_bytes: Option<i64>,
}

/// Waits until a model is in the list of the project.
///
/// That is all that can be waited for: there is neither a status nor a sign of failure. A model that is not listed in time may still be
/// computed, or may have failed; nothing tells which.
///
/// # Errors
///
/// [`ErrorKind::Deadline`], which says just that, and refusals of `model.list`.
pub async fn wait_listed<A: Access + Permits<ModelList>>(
    project: &Project<A>,
    awaited: &Awaited,
    deadline: Duration,
    run: &Run<Event>,
) -> Result<ListedModel> {
    let begun = run.now();
    let mut pause = FIRST_PAUSE;
    loop {
        let left = deadline.saturating_sub(run.now().saturating_duration_since(begun));
        match project.call_with(&ModelList::new(), &within(left)).await {
            Ok(reply) => {
                let listing = reply.into_output();
                if let Some(row) = listing.list.iter().find(|row| awaited.is(row)) {
                    let (model_id, name) = (row.id.get(), row.name.clone());
                    run.say(Event::Listed { model_id, name: name.clone() });
                    return Ok(ListedModel {
                        model_id,
                        name,
                        kind: row.file_type.as_ref().map(ToString::to_string),
                        size_bytes: row.size,
                    });
                }
            }
            Err(error) if is_passing(&error) => {
                run.say(Event::Trouble { reason: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
        let waited = run.now().saturating_duration_since(begun);
        if waited >= deadline {
            let text =
                format!("after {} s the model {awaited} is not in the list", deadline.as_secs());
            let help = "It may still be computed, or it has failed: the service does not tell which. Wait again, or look in the console.";
            return Err(Error::new(ErrorKind::Deadline, text, help));
        }
        run.say(Event::NotListed { waited_s: waited.as_secs() });
        run.sleep(pause.min(deadline.saturating_sub(waited)).max(Duration::from_millis(1))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_map_and_a_model_of_one_order_are_recognised() {
        assert!(is_named("Quarry", "Quarry") && is_named("Quarry 2D", "Quarry"));
        assert!(!is_named("Quarry east", "Quarry") && !is_named("Quarr", "Quarry"));
    }
}
