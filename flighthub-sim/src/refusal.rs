//! Why the simulated FlightHub 2 says no.

use std::fmt;

use flighthub_api::ErrorCode;

/// A refusal as the real one words it: a business code, mostly inside HTTP 200, and a message for people.
///
/// ```
/// use flighthub_sim::Refusal;
///
/// let refusal = Refusal::offline("7CTXN0000B00A1");
/// assert_eq!((refusal.http, refusal.code.get()), (200, 212015));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status that carries it.
    pub http: u16,
    /// The business code. 0 where the reply has no body.
    pub code: ErrorCode,
    /// The text for people.
    pub message: String,
    /// What the real one would not tell: why it is refused. It goes into the journal and the header for notes, never into the body.
    pub note: Option<String>,
}

impl Refusal {
    /// Any code, inside HTTP 200. The constructors by meaning below are to be preferred.
    #[must_use]
    pub fn new(code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        Self { http: 200, code: code.into(), message: message.into(), note: None }
    }

    /// The same with another HTTP status.
    #[must_use]
    pub const fn http(mut self, status: u16) -> Self {
        self.http = status;
        self
    }

    /// The same with a word on why, which the real one keeps to itself.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// An argument is wrong: 200101, naming the field.
    #[must_use]
    pub fn argument(field: &str, problem: impl fmt::Display) -> Self {
        Self::new(200_101, format!("invalid parameter `{field}`: {problem}"))
    }

    /// Something of the request's context is missing, such as a header: 200610, naming it.
    #[must_use]
    pub fn context(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(200_610, format!("request parameter error, `{name}`: {problem}"))
    }

    /// The deployment does not have this operation: HTTP 404 with an empty body, as the public cloud answers for converters.
    #[must_use]
    pub fn not_deployed() -> Self {
        Self::new(0, "").http(404)
    }

    /// Whether the reply has a body. Without one there is the HTTP status alone: no envelope, no code, no message.
    #[must_use]
    pub const fn has_body(&self) -> bool {
        self.code.get() != 0
    }

    /// There is no (good) key: 200401 inside HTTP 200, as for a call without one.
    #[must_use]
    pub fn no_key() -> Self {
        Self::new(200_401, "X-User-Token not found or empty")
    }

    /// The key is none of this organization and region: 200401 with HTTP 401.
    #[must_use]
    pub fn wrong_key() -> Self {
        Self::new(200_401, "X-User-Token is invalid or expired").http(401)
    }

    /// The key or its person may not do this: 200403 inside HTTP 200.
    #[must_use]
    pub fn permission(message: impl Into<String>) -> Self {
        Self::new(200_403, message)
    }

    /// As the gateway answers where the project header or the module's right is missing: 200403 "Forbidden" with HTTP 403.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(200_403, "Forbidden").http(403)
    }

    /// No project has this UUID: 210104.
    #[must_use]
    pub fn unknown_project(uuid: impl fmt::Display) -> Self {
        Self::new(210_104, format!("the project `{uuid}` does not exist"))
    }

    /// There is no such thing, for things without a code of their own: 200404.
    #[must_use]
    pub fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(200_404, format!("{what} `{id}` does not exist"))
    }

    /// A record of a task is not there: 219021.
    #[must_use]
    pub fn no_record(what: &str, id: impl fmt::Display) -> Self {
        Self::new(219_021, format!("record not found: {what} `{id}`"))
    }

    /// The device is not bound to the organization: 210900.
    #[must_use]
    pub fn unknown_device(sn: impl fmt::Display) -> Self {
        Self::new(210_900, format!("device `{sn}` is not bound to the organization"))
    }

    /// The device is bound, but to another project: 219014.
    #[must_use]
    pub fn other_project(sn: impl fmt::Display) -> Self {
        Self::new(219_014, format!("device `{sn}` does not belong to the project"))
    }

    /// The device cannot be reached: 212015.
    #[must_use]
    pub fn offline(sn: impl fmt::Display) -> Self {
        Self::new(212_015, format!("Device is offline: `{sn}`."))
    }

    /// The firmware of the device is too old for this: 200700.
    #[must_use]
    pub fn old_firmware(sn: impl fmt::Display) -> Self {
        Self::new(200_700, format!("the firmware of device `{sn}` is too old; upgrade it first"))
    }

    /// Nobody streams that camera: 213014.
    #[must_use]
    pub fn unknown_camera(sn: impl fmt::Display, camera_index: impl fmt::Display) -> Self {
        Self::new(
            213_014,
            format!(
                "camera `{camera_index}` of `{sn}` does not support streaming; check `sn` and `camera_index`"
            ),
        )
    }

    /// The caller does not hold the control that this needs, or the aircraft is in no state for it: 228402.
    #[must_use]
    pub fn no_control(message: impl Into<String>) -> Self {
        Self::new(228_402, message)
    }

    /// The operation is not one for this device or state: 228406.
    #[must_use]
    pub fn not_supported(message: impl Into<String>) -> Self {
        Self::new(228_406, message)
    }

    /// A number or volume is used up, with the code of the thing that is.
    #[must_use]
    pub fn quota(code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        Self::new(code, message)
    }

    /// FlightHub itself failed: 200500 with HTTP 500. Whether a write took effect is then open for the client.
    #[must_use]
    pub fn server(message: impl Into<String>) -> Self {
        Self::new(200_500, message).http(500)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.has_body() {
            return write!(f, "HTTP {} without a body", self.http);
        }
        write!(f, "{} (HTTP {}): {}", self.code, self.http, self.message)
    }
}

impl std::error::Error for Refusal {}
