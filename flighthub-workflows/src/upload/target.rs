//! Places of one's own to write into, by their URL.

use std::fmt;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use reqwest::Url;

use super::address::is_local;
use super::options::UploadOptions;
use super::wire::{OpenWire, client_builder, unusable};
use crate::choose::printable;
use crate::{Error, ErrorKind, Result};

/// A folder or bucket of one's own.
///
/// Objects are written with [`writer`](Self::writer), or with whatever [`store`](Self::store) offers.
#[derive(Clone)]
pub struct Target {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    shown: String,
}

/// A folder (`file:///srv/flights`) or bucket (`s3://bucket/flights`) to write into.
///
/// Buckets are those of Amazon, with the credentials that its other programs use too: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_SESSION_TOKEN`, `AWS_REGION`, or those of the machine. `AWS_ENDPOINT_URL` makes it any storage that speaks the protocol of S3, with
/// `AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true` for those that want the bucket in the host (which then has to stand in the endpoint too) and
/// `AWS_ALLOW_HTTP=true` for plain http. `settings` come before the environment; their names are those, in any case, with or without `AWS_`.
///
/// The folder is made when it is not there.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] when the URL or a setting cannot be used, [`ErrorKind::File`] when the folder cannot be made.
pub fn open_target<'a>(
    url: &str,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: &UploadOptions,
) -> Result<Target> {
    let parsed = Url::parse(url).map_err(|_| odd(url, "cannot be read"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let text = "the URL of the target holds a user name or password";
        return Err(Error::new(ErrorKind::InvalidInput, text, "Keys belong into the environment."));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(odd(url, "has a query or fragment"));
    }
    match parsed.scheme() {
        "file" => folder(url, &parsed),
        "s3" | "s3a" => bucket(url, &parsed, settings, options),
        _ => Err(odd(url, "is none of file:// and s3://")),
    }
}

fn folder(url: &str, parsed: &Url) -> Result<Target> {
    let path = parsed.to_file_path().map_err(|()| odd(url, "names no folder of this machine"))?;
    std::fs::create_dir_all(&path)
        .map_err(|source| Error::file(&path, "cannot be made", source))?;
    let store = LocalFileSystem::new_with_prefix(&path)
        .map_err(|source| Error::file(&path, "cannot be used", source.into()))?
        .with_fsync(true);
    Ok(Target { store: Arc::new(store), prefix: ObjectPath::default(), shown: parsed.to_string() })
}

fn bucket<'a>(
    url: &str,
    parsed: &Url,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: &UploadOptions,
) -> Result<Target> {
    let name = parsed.host_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| odd(url, "names no bucket"))?;
    let prefix =
        ObjectPath::from_url_path(parsed.path()).map_err(|_| odd(url, "has an odd path"))?;
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(name);
    for (setting, value) in settings {
        let setting = setting.to_ascii_lowercase();
        let key: AmazonS3ConfigKey = setting.parse().map_err(|_| {
            let text = format!("`{}` is no setting of an S3 storage", printable(&setting));
            let help = "Some that are: access_key_id, secret_access_key, session_token, region, endpoint_url, allow_http.";
            Error::new(ErrorKind::InvalidInput, text, help)
        })?;
        builder = builder.with_config(key, value);
    }
    let wire = wire(&builder, options)?;
    let store = builder.with_http_connector(wire).build().map_err(|_| {
        let text = format!("the target {parsed} cannot be used with these settings");
        let help = "Check AWS_REGION, AWS_ENDPOINT_URL and the credentials; an endpoint with plain http also needs AWS_ALLOW_HTTP=true.";
        Error::new(ErrorKind::InvalidInput, text, help)
    })?;
    Ok(Target { store: Arc::new(store), prefix, shown: parsed.to_string() })
}

fn odd(url: &str, what: &str) -> Error {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    let shown = shown.rsplit_once('@').map_or(shown, |(_, rest)| rest);
    let text = format!("the target `{}` {what}", printable(shown));
    let help = "Write it as file:///srv/flights or s3://bucket/flights.";
    Error::new(ErrorKind::InvalidInput, text, help)
}

impl Target {
    /// The storage below.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Where an object of a name or path stands in the storage.
    ///
    /// # Errors
    ///
    /// When the name leads elsewhere, is empty or has control characters.
    pub fn path(&self, name: &str) -> Result<ObjectPath> {
        let refused = || {
            let text = format!("`{}` cannot be the name of an object", printable(name));
            let help = "A name has no control characters, empty parts, `.` or `..`.";
            Error::new(ErrorKind::InvalidInput, text, help)
        };
        let below = ObjectPath::parse(name).map_err(|_| refused())?;
        if name.is_empty() || below.as_ref() != name {
            return Err(refused());
        }
        Ok(self.prefix.parts().chain(below.parts()).collect())
    }

    /// Writes an object piece by piece with bounded memory: small ones in one request, others in parts. It is there when `shutdown` has
    /// succeeded; `abort` takes back what was begun.
    ///
    /// # Errors
    ///
    /// As [`path`](Self::path).
    pub fn writer(&self, name: &str) -> Result<BufWriter> {
        let path = self.path(name)?;
        Ok(BufWriter::with_capacity(Arc::clone(&self.store), path, 16 << 20)
            .with_max_concurrency(4))
    }

    /// What an error of the storage means, without its secrets.
    #[must_use]
    pub fn error(&self, name: &str, error: &object_store::Error) -> Error {
        use object_store::Error as E;
        let what = match error {
            E::NotFound { .. } => "is not there",
            E::AlreadyExists { .. } => "is there already",
            E::PermissionDenied { .. } => "may not be used with these credentials",
            E::Unauthenticated { .. } => "wants other credentials",
            E::Precondition { .. } | E::NotModified { .. } => "has changed meanwhile",
            _ => "cannot be written or read",
        };
        let detail = match detail(&error.to_string()) {
            Some(detail) => format!(" ({detail})"),
            None => String::new(),
        };
        let text = format!("`{}` in {self} {what}{detail}", printable(name));
        let help = "Check the target, its credentials and the room it has.";
        Error::new(ErrorKind::Storage, text, help)
    }
}

/// The code of a storage's refusal, or the reason of a file system. The rest of such texts can hold tokens and signed addresses.
fn detail(text: &str) -> Option<String> {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    if let Some((code, _)) = code {
        return Some(printable(code));
    }
    let status = text.split_once("status code: ").map(|(_, rest)| rest);
    if let Some(status) = status.and_then(|rest| rest.get(..3)) {
        return Some(format!("HTTP {}", printable(status)));
    }
    ["No space left", "Permission denied", "Not a directory", "Read-only file system"]
        .into_iter()
        .find(|reason| text.contains(reason))
        .map(str::to_owned)
}

impl fmt::Display for Target {
    /// Its URL, which holds no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

/// A client with our proxy and certificates, and without redirects.
fn wire(builder: &AmazonS3Builder, options: &UploadOptions) -> Result<OpenWire> {
    let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
        .iter()
        .find_map(|key| builder.get_config_value(key));
    let endpoint = endpoint.and_then(|endpoint| Url::parse(&endpoint).ok());
    let is_https = endpoint.as_ref().is_none_or(|url| url.scheme() == "https");
    let is_local = endpoint.is_some_and(|url| url.host_str().is_some_and(is_local));
    let client = client_builder(options, is_https, is_local)?.build().map_err(unusable)?;
    Ok(OpenWire { client, patience: options.stall_timeout })
}
