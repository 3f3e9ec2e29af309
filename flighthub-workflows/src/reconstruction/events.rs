//! What happens while models are built.

use serde::Serialize;

/// What happens while a model of a flight is ordered and waited for.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelEvent {
    /// Not all media of the flight are there yet. Counters are absent while the service does not say them.
    WaitingForMedia {
        /// The flight task.
        task: String,
        /// Files that have been uploaded from the dock.
        uploaded: Option<i32>,
        /// Files that the flight has made.
        expected: Option<i32>,
    },
    /// All media are there.
    MediaComplete {
        /// The media folder of the flight.
        folder_id: i64,
        /// Files in it.
        files: i32,
    },
    /// An earlier run has ordered the model already; it is not ordered again.
    OrderedBefore {
        /// Id of the model to come, when its answer arrived.
        model_id: Option<i64>,
    },
    /// The order goes out. It is sent once.
    Ordering {
        /// Name of the model.
        name: String,
        /// The media folder of the flight.
        folder_id: i64,
    },
    /// The order was accepted. That is not yet a model, and whether there will be one is told nowhere.
    Accepted {
        /// Id under which the model is going to be listed.
        model_id: i64,
    },
    /// It is not in the list of models yet.
    NotListed {
        /// Since when it is waited for, in seconds.
        waited_s: u64,
    },
    /// Something that was only asked could not be answered; it is asked again.
    Trouble {
        /// Why.
        reason: String,
    },
    /// It is in the list of models.
    Listed {
        /// Its id.
        model_id: i64,
        /// Its name.
        name: String,
    },
}

/// What happens while models are built from local images.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReconstructionEvent {
    /// The images have been found.
    Scanned {
        /// How many.
        images: u64,
        /// Their bytes together.
        bytes: u64,
    },
    /// An earlier run is carried on.
    Resumed {
        /// Images that are in the storage already.
        uploaded: u64,
        /// Images that the service has been told of already.
        reported: u64,
        /// Whether jobs have been, or may have been, started already.
        is_started: bool,
    },
    /// There is room for the images: a new resource.
    Granted {
        /// The resource.
        resource_uuid: String,
        /// When its credentials end, in RFC 3339. What is not uploaded by then needs a new resource.
        expires_at: Option<String>,
    },
    /// The credentials of an earlier run have ended before all was uploaded: everything is uploaded again, into a new resource.
    BeginsAnew {
        /// The resource that is left as it is. It can be deleted.
        left_behind: String,
    },
    /// An image is in the storage.
    Uploaded {
        /// Its name.
        name: String,
        /// Images so far.
        done: u64,
        /// Images in all.
        images: u64,
        /// Bytes so far.
        bytes_done: u64,
        /// Bytes in all.
        bytes: u64,
    },
    /// The service has been told of images.
    Reported {
        /// Images so far.
        done: u64,
        /// Images in all.
        images: u64,
    },
    /// The service imports the images.
    Importing {
        /// Status of the resource; 1 is imported.
        status: Option<i64>,
        /// Images that it lists.
        listed: u64,
        /// Images in all.
        images: u64,
    },
    /// The order of the jobs goes out. It is sent once.
    Starting {
        /// What is built: `2d`, `3d`, `3dgs`, `lidar`.
        kinds: Vec<String>,
    },
    /// The answer to a write was lost; what has become of it is looked up.
    Reconciling {
        /// The call.
        call: String,
        /// Why its outcome is unknown.
        reason: String,
    },
    /// Jobs are known.
    Started {
        /// Their ids, and those of the models to come.
        models: Vec<String>,
    },
    /// A job has moved.
    Progress {
        /// Its id.
        model_uuid: String,
        /// What it builds: `2d`, `3d`, `3dgs`, `lidar`; absent while the service does not say.
        kind: Option<String>,
        /// Where it stands.
        state: super::JobState,
        /// Percent of the reconstruction.
        progress: Option<i32>,
        /// Percent of the packing of its archive.
        zip_progress: Option<i32>,
    },
    /// Something failed on its way and is tried again.
    Trouble {
        /// Why.
        reason: String,
    },
    /// A job has come to its end.
    Ended(super::JobOutcome),
}
