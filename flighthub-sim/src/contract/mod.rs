//! The description of the API as a judge, and the contract mode: what really goes over the wire, held against it.
//!
//! [`Description`] reads `spec/flighthub-v1.yaml` as any other OpenAPI tool would. It knows nothing of the generator and of the generated
//! types, so it notices when those read the description wrongly.
//!
//! ```
//! use flighthub_sim::contract::{Description, Request};
//!
//! let description = Description::v1()?;
//! let request = Request { method: "PATCH".into(), path: "/openapi/v0.1/project".into(), ..Request::default() };
//! let found = description.judge_request(&request);
//! assert_eq!(found[0].to_string(), "request path: no operation is PATCH /openapi/v0.1/project");
//! # Ok::<_, flighthub_sim::contract::DescriptionError>(())
//! ```

mod description;
mod document;
mod finding;
mod handing_on;
mod judge;
mod proxy;
mod report;
mod schema;
mod shape;

pub use description::{Declared, Description, Endpoint};
pub use document::DescriptionError;
pub use finding::{Extension, Finding, Kind, Side};
pub use judge::Request;
pub use proxy::{Outcome, Proxy, ProxyBuilder, ProxyError, run, run_until};
pub use report::{Counted, Failure, Report};
pub(crate) use shape::Shape;
