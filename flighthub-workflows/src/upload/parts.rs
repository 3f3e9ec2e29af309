//! Large objects, in parts.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::MultipartId;
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path as ObjectPath;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::bucket::{Bucket, UploadEvent, changed};
use crate::{Error, ErrorKind, Result};

/// Storages take no smaller parts, but for the last one.
const LEAST_PART: u64 = 5 << 20;
/// Nor more of them.
const MOST_PARTS: u64 = 10_000;

/// Where an object comes from.
pub(super) enum Source {
    Bytes(Bytes),
    File { file: File, name: PathBuf, left: u64 },
}

impl Source {
    /// The next so many bytes; fewer at the end, then none.
    async fn next(&mut self, most: u64) -> Result<Bytes> {
        match self {
            Self::Bytes(bytes) => {
                let length = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.split_to(length))
            }
            Self::File { file, name, left } => {
                let wanted = most.min(*left);
                let mut part = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
                let read = file.take(wanted).read_to_end(&mut part).await;
                read.map_err(|source| Error::file(name, "cannot be read", source))?;
                *left -= part.len() as u64;
                if part.len() as u64 != wanted {
                    return Err(changed(name));
                }
                Ok(part.into())
            }
        }
    }
}

/// Uploads an object in parts, a few of them at a time. What is begun and not brought to its end is taken back: on an error, and when the
/// future is dropped inside of a runtime.
pub(super) async fn upload(
    bucket: &Bucket,
    path: &ObjectPath,
    source: Source,
    size: u64,
) -> Result<Option<String>> {
    let key = path.as_ref();
    let id = bucket.attempt(key, || bucket.store.create_multipart(path)).await?;
    let mut begun =
        Begun { store: Arc::clone(&bucket.store), path: path.clone(), id, is_open: true };
    let done = match send(bucket, &begun, source, size).await {
        Ok(parts) => {
            let complete = || begun.store.complete_multipart(&begun.path, &begun.id, parts.clone());
            bucket.attempt(key, complete).await
        }
        Err(error) => Err(error),
    };
    begun.is_open = false;
    match done {
        Ok(answer) => Ok(answer.e_tag),
        Err(error) => {
            // It costs whoever pays for the storage; more than asking cannot be done.
            let _ = begun.store.abort_multipart(&begun.path, &begun.id).await;
            Err(error)
        }
    }
}

/// Sends all parts; in the order of their numbers they are the object.
async fn send(
    bucket: &Bucket,
    begun: &Begun,
    mut source: Source,
    size: u64,
) -> Result<Vec<PartId>> {
    let part_size = bucket.options.part_size.max(LEAST_PART).max(size.div_ceil(MOST_PARTS));
    let parallel = bucket.options.parallel_parts.max(1);
    let count = usize::try_from(size.div_ceil(part_size)).unwrap_or(usize::MAX);
    let mut done: Vec<Option<PartId>> = vec![None; count];
    let mut sent = 0;
    let mut under_way: JoinSet<Result<(usize, u64, PartId)>> = JoinSet::new();
    let mut index = 0;
    while index < count || !under_way.is_empty() {
        if index < count && under_way.len() < parallel {
            let part = source.next(part_size).await?;
            let (bucket, path, id) = (bucket.clone(), begun.path.clone(), begun.id.clone());
            let number = index;
            under_way.spawn(async move {
                let length = part.len() as u64;
                let put = || bucket.store.put_part(&path, &id, number, part.clone().into());
                bucket.attempt(path.as_ref(), put).await.map(|part| (number, length, part))
            });
            index += 1;
            continue;
        }
        if let Some(ended) = under_way.join_next().await {
            let (number, length, part) = ended.map_err(|_| lost())??;
            if let Some(place) = done.get_mut(number) {
                *place = Some(part);
            }
            sent += length;
            let key = begun.path.to_string();
            bucket.say(|| UploadEvent::Sent { key, bytes: sent, size });
        }
    }
    done.into_iter().collect::<Option<Vec<PartId>>>().ok_or_else(lost)
}

/// The runtime went down in the middle of an upload.
fn lost() -> Error {
    Error::new(ErrorKind::Storage, "the upload was cut off in this program", "Upload it again.")
}

/// An upload in parts that is not complete.
struct Begun {
    store: Arc<AmazonS3>,
    path: ObjectPath,
    id: MultipartId,
    is_open: bool,
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (store, path, id) = (Arc::clone(&self.store), self.path.clone(), self.id.clone());
            runtime.spawn(async move {
                let _ = store.abort_multipart(&path, &id).await;
            });
        }
    }
}
