//! How this FlightHub 2 is deployed: public or private cloud, its object storage, its streaming vendor.

use flighthub_api::v1::StorageProvider;
use serde::{Deserialize, Serialize};

use super::World;
use crate::refusal::Refusal;

/// What kind of installation the world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Profile {
    /// DJI's public cloud: without stream converters, whose routes answer HTTP 404 with an empty body.
    #[default]
    Public,
    /// An installation of one's own, with stream converters.
    Private,
}

/// Who carries livestreams, and so what the address of one looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LiveVendor {
    /// Volcengine RTC: `url_type` is `volc`, and the address is a query string instead of a URL. Seen live.
    #[default]
    Volc,
    /// A media server of one's own: `srs`, a WHEP address.
    Srs,
    /// Agora: `agora`, a JSON text. No real one has been seen.
    Agora,
    /// A vendor that nobody has heard of: `url_type` is `quantum`.
    Unknown,
    /// `url_type` is missing; the address is WHEP.
    None,
}

/// Whose object storage the upload credentials are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Storage {
    /// Amazon S3, as outside of China.
    #[default]
    Aws,
    /// MinIO, as in private clouds.
    Minio,
    /// Alibaba Cloud OSS, as in China.
    Ali,
}

impl From<Storage> for StorageProvider {
    fn from(storage: Storage) -> Self {
        match storage {
            Storage::Aws => Self::Aws,
            Storage::Minio => Self::Minio,
            Storage::Ali => Self::Ali,
        }
    }
}

/// The deployment of a world.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct State {
    pub(crate) profile: Profile,
    pub(crate) vendor: LiveVendor,
}

impl World {
    /// The same world in another kind of installation. The demo world is of the public cloud.
    ///
    /// ```
    /// use flighthub_api::v1::{ConverterList, Service};
    /// use flighthub_sim::{Caller, Profile, World};
    ///
    /// let caller = Caller::admin().in_project(World::DEMO_PROJECT);
    /// let refused = World::demo(1).converter_list(&caller, ConverterList::new()).unwrap_err();
    /// assert_eq!((refused.http, refused.has_body()), (404, false));
    /// let mut private = World::demo(1).with_profile(Profile::Private);
    /// assert!(private.converter_list(&caller, ConverterList::new())?.is_empty());
    /// # Ok::<(), flighthub_sim::Refusal>(())
    /// ```
    #[must_use]
    pub const fn with_profile(mut self, profile: Profile) -> Self {
        self.deployment.profile = profile;
        self
    }

    /// What kind of installation it is.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.deployment.profile
    }

    /// Whether the deployment has an operation at all.
    ///
    /// # Errors
    ///
    /// A bare HTTP 404 where it has not.
    pub(crate) fn deployed(&self, operation: &str) -> Result<(), Refusal> {
        match self.deployment.profile {
            Profile::Public if operation.starts_with("converter.") => Err(Refusal::not_deployed()),
            Profile::Public | Profile::Private => Ok(()),
        }
    }
}
