//! What is to be built from images.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use flighthub_api::v1::ReconstructionKind;
#[cfg(feature = "upload")]
use flighthub_api::v1::{OpenmodelStart, ResourceUuid};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// What a job builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum JobKind {
    /// A map.
    #[serde(rename = "2d")]
    TwoD,
    /// A model.
    #[serde(rename = "3d")]
    ThreeD,
    /// A model by Gaussian splatting.
    #[serde(rename = "3dgs")]
    GaussianSplatting,
    /// A point cloud from LiDAR.
    #[serde(rename = "lidar")]
    Lidar,
}

impl JobKind {
    /// All.
    pub const ALL: [Self; 4] = [Self::TwoD, Self::ThreeD, Self::GaussianSplatting, Self::Lidar];

    /// Its name: `2d`, `3d`, `3dgs`, `lidar`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TwoD => "2d",
            Self::ThreeD => "3d",
            Self::GaussianSplatting => "3dgs",
            Self::Lidar => "lidar",
        }
    }

    /// How many files such a job takes, as the documentation says.
    #[must_use]
    pub const fn files(self) -> RangeInclusive<u64> {
        match self {
            Self::GaussianSplatting => 10..=4_000,
            _ => 5..=20_000,
        }
    }

    /// From the number on the wire, if it is a known one.
    pub(crate) const fn of_wire(kind: ReconstructionKind) -> Option<Self> {
        match kind {
            ReconstructionKind::TwoD => Some(Self::TwoD),
            ReconstructionKind::ThreeD => Some(Self::ThreeD),
            ReconstructionKind::GaussianSplatting => Some(Self::GaussianSplatting),
            ReconstructionKind::Lidar => Some(Self::Lidar),
            _ => None,
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let low = text.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|kind| kind.as_str() == low).ok_or_else(|| {
            let text = format!("`{}` is nothing that can be built", printable(text));
            Error::new(ErrorKind::InvalidInput, text, "There are: 2d, 3d, 3dgs, lidar.")
        })
    }
}

/// One job: what to build, and how.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Job {
    /// What.
    pub kind: JobKind,
    /// How: the algorithm's parameters. Which there are is on a page of DJI's that could not be read; the nearest known vocabulary is that of
    /// the predecessor service, such as `{"parameter": {"quality_level": 2}}`. They go out as they are.
    pub parameters: Map<String, Value>,
}

impl Job {
    /// A job. No parameters (`{}`) leave the choice to the service; that too is said by the caller.
    #[must_use]
    pub const fn new(kind: JobKind, parameters: Map<String, Value>) -> Self {
        Self { kind, parameters }
    }

    /// A job with parameters in JSON.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object.
    pub fn parse(kind: JobKind, parameters: &str) -> Result<Self> {
        let parsed = serde_json::from_str(parameters).map_err(|error| {
            let text = format!("the parameters of the {kind} job are no JSON object: {error}");
            let help = "Write them as an object, such as {\"parameter\": {\"quality_level\": 2}}; {} leaves the choice to the service.";
            Error::new(ErrorKind::InvalidInput, text, help)
        })?;
        Ok(Self::new(kind, parsed))
    }
}

/// The jobs that are started on one set of images: at least one, no two of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Jobs(BTreeMap<JobKind, Map<String, Value>>);

impl Jobs {
    /// These jobs.
    ///
    /// # Errors
    ///
    /// When there are none, or two of a kind.
    pub fn new(jobs: impl IntoIterator<Item = Job>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for job in jobs {
            if all.insert(job.kind, job.parameters).is_some() {
                let text = format!("the {} job is there twice", job.kind);
                return Err(Error::new(ErrorKind::InvalidInput, text, "Name each kind once."));
            }
        }
        if all.is_empty() {
            let text = "nothing is to be built";
            let help = "Name what to build, each with its parameters: 2d, 3d, 3dgs, lidar.";
            return Err(Error::new(ErrorKind::InvalidInput, text, help));
        }
        Ok(Self(all))
    }

    /// What is built, in the order 2D, 3D, Gaussian splatting, LiDAR.
    pub fn kinds(&self) -> impl Iterator<Item = JobKind> {
        self.0.keys().copied()
    }

    /// Refuses a number of files that one of the jobs does not take.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`], with the bounds.
    pub fn check_files(&self, files: u64) -> Result<()> {
        match self.kinds().find(|kind| !kind.files().contains(&files)) {
            None => Ok(()),
            Some(kind) => {
                let (least, most) = (*kind.files().start(), *kind.files().end());
                let text = format!("a {kind} job takes {least} to {most} files, there are {files}");
                let help = "Add or take away images, or build something else from them.";
                Err(Error::new(ErrorKind::InvalidInput, text, help))
            }
        }
    }

    /// The call that starts them.
    #[cfg(feature = "upload")]
    pub(crate) fn start(&self, resource: &ResourceUuid, delete_images: bool) -> OpenmodelStart {
        let text = |kind| self.0.get(&kind).map(|map| Value::Object(map.clone()).to_string());
        let mut call = OpenmodelStart::new(resource.clone());
        call.parameter_2d = text(JobKind::TwoD);
        call.parameter_3d = text(JobKind::ThreeD);
        call.parameter_3dgs = text(JobKind::GaussianSplatting);
        call.parameter_lidar = text(JobKind::Lidar);
        call.delete_resource_if_finish = delete_images.then_some(true);
        call
    }
}

#[cfg(all(test, feature = "upload"))]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_said_whole() {
        assert!(Jobs::new([]).unwrap_err().to_string().contains("nothing is to be built"));
        let twice = [JobKind::TwoD; 2].map(|kind| Job::new(kind, Map::new()));
        assert!(Jobs::new(twice).unwrap_err().to_string().contains("2d job is there twice"));
        assert!(Job::parse(JobKind::ThreeD, "[1]").unwrap_err().to_string().contains("no JSON"));
        assert!("4d".parse::<JobKind>().is_err());

        let job = Job::parse("3DGS".parse().unwrap(), r#"{"b":1,"a":{}}"#).unwrap();
        let jobs = Jobs::new([job]).unwrap();
        let call = jobs.start(&ResourceUuid::new("r"), false);
        assert_eq!(call.parameter_3dgs.as_deref(), Some(r#"{"b":1,"a":{}}"#));
        assert_eq!((call.parameter_2d, call.delete_resource_if_finish), (None, None));
        assert!(jobs.check_files(10).is_ok() && jobs.check_files(4_000).is_ok());
        let error = jobs.check_files(9).unwrap_err();
        assert_eq!(error.to_string(), "a 3dgs job takes 10 to 4000 files, there are 9");
        assert_eq!(serde_json::to_string(&jobs).unwrap(), r#"{"3dgs":{"b":1,"a":{}}}"#);
    }
}
