//! Annotations on the project map.

use flighthub_api::Timestamp;
use flighthub_api::v1::{
    AnnotationCreate, CreatedElement, ElementId, ElementResource, ProjectUuid,
};

use super::World;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// What was drawn on the maps.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    annotations: Vec<Annotation>,
}

/// An annotation as it was drawn. The API has no operation that reads it back.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Annotation {
    /// Its id.
    pub id: ElementId,
    /// The project whose map shows it.
    pub project: ProjectUuid,
    /// Its name.
    pub name: String,
    /// Its text.
    pub desc: String,
    /// Its shape, as sent.
    pub resource: ElementResource,
    /// When it was drawn.
    pub created_at: Timestamp,
}

impl World {
    /// All annotations, in the order in which they were drawn.
    #[must_use]
    pub fn annotations(&self) -> &[Annotation] {
        &self.annotations.annotations
    }
}

pub(crate) fn create(
    world: &mut World,
    caller: &Caller,
    operation: AnnotationCreate,
) -> Result<CreatedElement, Refusal> {
    let project = world.project_of(caller)?;
    let AnnotationCreate { name, desc, resource, .. } = operation;
    if name.trim().is_empty() {
        return Err(Refusal::argument("name", "is empty"));
    }
    check_shape(&resource)?;
    let id = ElementId::new(world.new_uuid());
    let created_at = world.now();
    world.annotations.annotations.push(Annotation {
        id: id.clone(),
        project,
        name,
        desc,
        resource,
        created_at,
    });
    Ok(CreatedElement { id: Some(id) })
}

fn check_shape(resource: &ElementResource) -> Result<(), Refusal> {
    let path = "resource.content.geometry.coordinates";
    match resource {
        ElementResource::Point(element) => {
            check_position(path, &element.content.geometry.coordinates)
        }
        ElementResource::Line(element) => {
            let positions = &element.content.geometry.coordinates;
            if positions.len() < 2 {
                return Err(Refusal::argument(path, "a line has two positions at least"));
            }
            check_positions(path, positions)
        }
        ElementResource::Polygon(element) => {
            let rings = &element.content.geometry.coordinates;
            if rings.is_empty() {
                return Err(Refusal::argument(path, "a polygon has one ring at least"));
            }
            for (index, ring) in rings.iter().enumerate() {
                let path = format!("{path}[{index}]");
                check_positions(&path, ring)?;
                // A published sample leaves the ring open, so that has to pass: what counts are three corners.
                let corners = if ring.len() > 1 && ring.first() == ring.last() {
                    ring.len() - 1
                } else {
                    ring.len()
                };
                if corners < 3 {
                    return Err(Refusal::argument(&path, "a ring has three corners at least"));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn check_positions(path: &str, positions: &[Vec<f64>]) -> Result<(), Refusal> {
    positions
        .iter()
        .enumerate()
        .try_for_each(|(index, position)| check_position(&format!("{path}[{index}]"), position))
}

fn check_position(path: &str, position: &[f64]) -> Result<(), Refusal> {
    let (longitude, latitude) = match position {
        [longitude, latitude] | [longitude, latitude, _] => (*longitude, *latitude),
        _ => {
            return Err(Refusal::argument(
                path,
                "a position is longitude, latitude and optionally a height",
            ));
        }
    };
    if !(-180.0..=180.0).contains(&longitude) || !(-90.0..=90.0).contains(&latitude) {
        return Err(Refusal::argument(
            path,
            "longitude comes first (-180 to 180), then latitude (-90 to 90)",
        ));
    }
    Ok(())
}
