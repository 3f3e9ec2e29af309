//! The file of a route, from the service's storage.

use std::path::{Path, PathBuf};

use flighthub_api::v1::{WaylineDetail, WaylineGet, WaylineId, WaylineList};
use flighthub_api::{Access, Permits, Project, Secret};
use serde::Serialize;

use super::list::find;
use super::name::file_name;
use crate::choose::printable;
use crate::fetch::{Existing, Expected, FetchErrorKind, FetchEvent, Fetched, Fetcher};
use crate::{Error, ErrorKind, Result, Run};

/// How often a fresh address is asked for.
const MOST_ADDRESSES: u32 = 3;

/// Which route goes where.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DownloadSettings {
    /// Id or name of the route.
    pub route: String,
    /// The file, or a folder that exists: then the file has the route's name there.
    pub target: PathBuf,
    /// What to do with a file that is there.
    pub existing: Existing,
}

impl DownloadSettings {
    /// A route to a file or folder; a file that is there is left alone.
    #[must_use]
    pub fn new(route: impl Into<String>, target: impl Into<PathBuf>) -> Self {
        Self { route: route.into(), target: target.into(), existing: Existing::Refuse }
    }

    /// The same, replacing a file that is there once the new one is whole.
    #[must_use]
    pub const fn replacing(mut self) -> Self {
        self.existing = Existing::Replace;
        self
    }
}

/// A route file that was downloaded.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct DownloadedRoute {
    /// The route.
    pub id: WaylineId,
    /// Its name.
    pub name: String,
    /// Where its file is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

/// Downloads the file of a route. It has its name when it is whole and on the disk. A file from the service is somebody else's archive: look at
/// it with [`lint_file`](super::lint_file) before it is unpacked anywhere.
///
/// # Errors
///
/// When there is no such route, or several; when the service names no address, or one that leads where nothing is fetched from
/// ([`ErrorKind::Address`]); when the file exists already.
pub async fn download<A>(
    project: &Project<A>,
    settings: &DownloadSettings,
    fetcher: &Fetcher,
    run: &Run<FetchEvent>,
) -> Result<DownloadedRoute>
where
    A: Access + Permits<WaylineList> + Permits<WaylineGet>,
{
    let id = find(project, &settings.route).await?.id;
    let mut asked = 1;
    loop {
        let detail = project.send(&WaylineGet::new(id.clone())).await?;
        let path = path_of(&settings.target, &detail);
        let address = address_of(&detail)?;
        match fetch(&detail, address, &path, settings.existing, fetcher, run).await {
            Ok(fetched) => {
                let (size, sha256) = (fetched.size, fetched.sha256);
                return Ok(DownloadedRoute { id, name: detail.name, path, size, sha256 });
            }
            // Addresses are short-lived.
            Err(error) if error.kind() == FetchErrorKind::Expired && asked < MOST_ADDRESSES => {
                asked += 1;
            }
            Err(error) => {
                let what = format!("route `{}`", printable(&detail.name));
                return Err(Error::from(error).during(what));
            }
        }
    }
}

async fn fetch(
    detail: &WaylineDetail,
    address: &Secret,
    path: &Path,
    existing: Existing,
    fetcher: &Fetcher,
    run: &Run<FetchEvent>,
) -> std::result::Result<Fetched, crate::fetch::FetchError> {
    let mut expected = Expected::new().identity(identity(detail));
    expected.size = detail.size.and_then(|size| u64::try_from(size).ok());
    expected.existing = existing;
    fetcher.fetch_to_file(address, path, &expected, run).await
}

/// The same route in the same version: what a transfer that broke off is continued for.
fn identity(detail: &WaylineDetail) -> String {
    let updated = detail.update_time.map(|time| time.unix_millis()).unwrap_or_default();
    format!("route:{}:{updated}", detail.id)
}

fn address_of(detail: &WaylineDetail) -> Result<&Secret> {
    detail.download_url.as_ref().ok_or_else(|| {
        let text =
            format!("the service names no address for the file of `{}`", printable(&detail.name));
        let help = "Download it in the web console, or ask for help with the route's id.";
        Error::new(ErrorKind::NotFound, text, help)
    })
}

/// The target, or the route's name in it when it is a folder.
fn path_of(target: &Path, detail: &WaylineDetail) -> PathBuf {
    if target.is_dir() {
        target.join(file_name(&detail.name, detail.id.as_str()))
    } else {
        target.to_owned()
    }
}
