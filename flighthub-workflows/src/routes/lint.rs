//! Route files, looked at before anybody else sees them.

use std::path::Path;

use flighthub_kmz::{Finding, Kmz, Severity};
use serde::Serialize;
use tokio::io::AsyncReadExt as _;

use crate::{Error, ErrorKind, Result};

/// Findings that an error names.
const MOST_NAMED: usize = 3;

/// What was found in a route file.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LintReport {
    /// Bytes of the file.
    pub size: usize,
    /// How many findings are errors; each of them keeps the file from being uploaded.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are hints.
    pub hints: usize,
    /// What the route is, where it can be read.
    pub route: Option<RouteSummary>,
    /// All findings, errors first.
    pub findings: Vec<Finding>,
}

/// What a route is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RouteSummary {
    /// Kind of the route, as the API writes it: `waypoint`, `mapping_2d`.
    pub template_type: String,
    /// Aircraft model, as `0-91-1`.
    pub device_model_key: String,
    /// Payload type, such as `81`.
    pub payload: String,
    /// How many waypoints.
    pub waypoints: usize,
    /// Length from the first waypoint to the last, in metres, along a sphere and without climbs.
    pub length_m: f64,
}

impl LintReport {
    /// Whether nothing keeps the file from being uploaded.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.errors == 0
    }

    /// The error that says why the file is not uploaded; `None` when it may be.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let errors: Vec<&Finding> =
            self.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        let first = errors.first()?;
        let mut text = match self.errors {
            1 => "the route file has an error".to_owned(),
            count => format!("the route file has {count} errors"),
        };
        for finding in errors.iter().take(MOST_NAMED) {
            text.push_str("; ");
            text.push_str(&finding.to_string());
        }
        if errors.len() > MOST_NAMED {
            text.push_str("; …");
        }
        Some(Error::new(ErrorKind::InvalidInput, text, first.remedy))
    }
}

/// Looks at a route file: all that is wrong with it, with places and remedies.
#[must_use]
pub fn lint(bytes: &[u8]) -> LintReport {
    let findings = flighthub_kmz::lint(bytes);
    let count = |severity| {
        let own = findings.iter().filter(|finding| finding.severity == severity);
        own.map(|finding| finding.more + 1).sum()
    };
    LintReport {
        size: bytes.len(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        hints: count(Severity::Hint),
        route: Kmz::read(bytes).ok().map(|route| summary(&route)),
        findings,
    }
}

/// Looks at a route file on disk.
///
/// # Errors
///
/// When it cannot be read. What is wrong with its content is in the report.
pub async fn lint_file(path: &Path) -> Result<LintReport> {
    let bytes = read_file(path).await?;
    // A large route takes a second.
    let looked = tokio::task::spawn_blocking(move || lint(&bytes)).await;
    looked.map_err(|error| {
        let text = format!("{}: the check broke off: {error}", path.display());
        Error::new(ErrorKind::InvalidInput, text, "Report this to the project, with the file.")
    })
}

/// The bytes of a route file; of one that is too large to be one, a byte more than a route may have.
pub(super) async fn read_file(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |source| Error::file(path, "cannot be read", source);
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let meta = file.metadata().await.map_err(unreadable)?;
    if meta.is_dir() {
        let text = format!("{}: is a folder", path.display());
        return Err(Error::new(ErrorKind::File, text, "Name a route file (.kmz)."));
    }
    let mut bytes = Vec::new();
    let most = Kmz::MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).await.map_err(unreadable)?;
    Ok(bytes)
}

fn summary(route: &Kmz) -> RouteSummary {
    let places = route.waypoints.iter().map(|point| (point.latitude, point.longitude));
    let next = places.clone().skip(1);
    RouteSummary {
        template_type: route.template_type.as_str().to_owned(),
        device_model_key: route.model.as_str().to_owned(),
        payload: route.payload.clone(),
        waypoints: route.waypoints.len(),
        length_m: places.zip(next).map(|(from, to)| metres(from, to)).sum(),
    }
}

/// Metres between two places (latitude, longitude), along a sphere.
fn metres(from: (f64, f64), to: (f64, f64)) -> f64 {
    const RADIUS: f64 = 6_371_008.8;
    let north = (to.0 - from.0).to_radians();
    let east = (to.1 - from.1).to_radians();
    let cosines = from.0.to_radians().cos() * to.0.to_radians().cos();
    let root = (north / 2.0).sin().powi(2) + cosines * (east / 2.0).sin().powi(2);
    2.0 * RADIUS * root.sqrt().min(1.0).asin()
}
