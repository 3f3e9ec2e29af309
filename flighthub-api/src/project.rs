//! The handle of a project.

use std::fmt;
use std::marker::PhantomData;

use crate::call::{
    Access, AsyncHandle, Call, Calling, Full, Handle, Permits, ReadOnly, Sending, Sends, Via,
    sealed,
};
use crate::client::{Client, async_handle};
use crate::operation::{Method, Operation};
use crate::options::CallOptions;
use crate::raw::RawCall;

/// The handle of a project: its calls carry the project's uuid where the operation wants it.
pub struct Project<A = Full> {
    via: Via,
    access: PhantomData<fn() -> A>,
}

impl<A: Access> Project<A> {
    pub(crate) const fn from_via(via: Via) -> Self {
        Self { via, access: PhantomData }
    }

    /// The uuid, as it was given.
    #[must_use]
    pub fn uuid(&self) -> &str {
        self.via.project.as_ref().map_or("", |project| &project.uuid)
    }

    /// The client behind it, for the organization or another project.
    #[must_use]
    pub fn client(&self) -> Client<A> {
        Client::from_via(Via { project: None, ..self.via.clone() })
    }

    /// The same project, for operations that change nothing. It is checked at compile time.
    #[must_use]
    pub fn read_only(&self) -> Project<ReadOnly> {
        Project::from_via(self.via.clone())
    }
}

async_handle!(Project);

impl<A: Permits<O>, O: Operation> Sends<O> for Project<A> {}
