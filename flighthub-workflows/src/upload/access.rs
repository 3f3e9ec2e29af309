//! What the service lends to write into its storage with, from either of the calls that lend it.

use std::time::Duration;

use flighthub_api::v1::{
    CloudName, OpenmodelObtainToken, ProjectStsToken, ResourceUuid, StorageCredentials,
    StorageProvider, UploadGrant,
};
use flighthub_api::{Operation, Secret, Timestamp};

use crate::{Error, ErrorKind, Result};

/// What object keys of a grant end in, to be replaced by the name of a file.
const FILE_NAME: &str = "{fileName}";

/// The right to write below a prefix of a bucket, for a while.
///
/// `project.sts_token` and `openmodel.obtain_token` lend the same in different words; this is both.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StorageAccess {
    /// Whose storage it is; [`StorageProvider::Unknown`] when the service does not say.
    pub provider: StorageProvider,
    /// Address of the storage, as the service said it.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region for signatures, when the service said it.
    pub region: Option<String>,
    /// What the keys of all objects begin with, without a slash at its end.
    pub prefix: String,
    /// Id of the temporary key.
    pub key_id: Secret,
    /// The temporary key.
    pub key_secret: Secret,
    /// What has to go along with every request.
    pub session_token: Secret,
    /// When it ends, if the service said that.
    pub expires_at: Option<Timestamp>,
}

impl StorageAccess {
    /// That of `project.sts_token`. Its life counts from when it was asked for.
    ///
    /// # Errors
    ///
    /// When the reply lacks what an upload needs.
    pub fn of_project(reply: &StorageCredentials, asked_at: Timestamp) -> Result<Self> {
        let keys = &reply.credentials;
        let lifetime = u64::try_from(keys.expire).ok().filter(|seconds| *seconds > 0);
        let access = Self {
            provider: reply.provider.clone().unwrap_or_else(unknown_provider),
            endpoint: reply.endpoint.clone(),
            bucket: reply.bucket.clone(),
            region: reply.region.clone(),
            prefix: reply.object_key_prefix.trim_matches('/').to_owned(),
            key_id: Secret::new(keys.access_key_id.as_str()),
            key_secret: keys.access_key_secret.clone(),
            session_token: keys.security_token.clone(),
            expires_at: lifetime
                .map(|seconds| asked_at.saturating_add(Duration::from_secs(seconds))),
        };
        access.checked(ProjectStsToken::INFO.id)
    }

    /// That of `openmodel.obtain_token`.
    ///
    /// # Errors
    ///
    /// When the reply lacks what an upload needs, or its `store_path` has no place for the name of a file.
    pub fn of_grant(reply: &UploadGrant) -> Result<Self> {
        let access = Self {
            provider: reply.cloud_name.as_ref().map_or_else(unknown_provider, provider_of),
            endpoint: reply.end_point.clone(),
            bucket: reply.cloud_bucket_name.clone(),
            region: reply.region.clone().filter(|region| !region.is_empty()),
            prefix: folder_of(&reply.store_path)?.to_owned(),
            key_id: Secret::new(reply.access_key_id.as_str()),
            key_secret: reply.secret_access_key.clone(),
            session_token: reply.session_token.clone(),
            expires_at: reply.expire_time,
        };
        access.checked(OpenmodelObtainToken::INFO.id)
    }

    /// The same, if nothing that an upload needs is missing.
    fn checked(self, call: &str) -> Result<Self> {
        let named = [
            ("endpoint", self.endpoint.is_empty()),
            ("bucket", self.bucket.is_empty()),
            ("prefix of the object keys", self.prefix.is_empty()),
            ("access key id", self.key_id.is_empty()),
            ("secret access key", self.key_secret.is_empty()),
            ("session token", self.session_token.is_empty()),
        ];
        match named.iter().find(|(_, is_missing)| *is_missing) {
            None => Ok(self),
            Some((what, _)) => Err(unusable(format!("the reply to {call} has no {what}"))),
        }
    }

    /// Whether it has ended, or ends within a margin.
    pub(crate) fn ends_within(&self, margin: Duration, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now.saturating_add(margin))
    }

    /// Whether what was begun with this can go on with the other: the same place.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.bucket == other.bucket
            && self.prefix == other.prefix
            && self.endpoint == other.endpoint
    }
}

/// The folder of a `store_path`: what stands before the name of a file.
fn folder_of(store_path: &str) -> Result<&str> {
    store_path
        .strip_suffix(FILE_NAME)
        .and_then(|folder| folder.strip_suffix('/'))
        .map(|folder| folder.trim_start_matches('/'))
        .filter(|folder| !folder.is_empty() && !folder.contains(FILE_NAME))
        .ok_or_else(|| {
            unusable(format!(
                "the `store_path` of openmodel.obtain_token does not end in `/{FILE_NAME}`"
            ))
        })
}

/// The resource that a grant is for: no field names it, it is the last part of the folder.
///
/// # Errors
///
/// When the `store_path` has another form.
pub(crate) fn resource_of(grant: &UploadGrant) -> Result<ResourceUuid> {
    let folder = folder_of(&grant.store_path)?;
    match folder.rsplit('/').next() {
        Some(id) if !id.is_empty() => Ok(ResourceUuid::new(id)),
        _ => Err(unusable("the `store_path` of openmodel.obtain_token names no resource")),
    }
}

fn unusable(text: impl Into<String>) -> Error {
    let help = "The service answers in a form that this version does not know: look for a newer one, or report it with the request id.";
    Error::new(ErrorKind::Storage, text, help)
}

fn unknown_provider() -> StorageProvider {
    StorageProvider::from(String::new())
}

/// Both spellings: the long one of open modeling, and the short one that the other call has.
fn provider_of(name: &CloudName) -> StorageProvider {
    match name.as_str().to_ascii_lowercase().as_str() {
        "ali_oss" | "ali" | "oss" => StorageProvider::Ali,
        "aws_s3" | "aws" | "s3" => StorageProvider::Aws,
        "minio" => StorageProvider::Minio,
        other => StorageProvider::from(other.to_owned()),
    }
}
