//! How the program ends.

/// How the program ends: the codes that scripts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Ok = 0,
    /// Something that nobody foresaw, or an answer that cannot be read.
    Unexpected = 1,
    /// The command line is wrong, or a confirmation is missing. Nothing was sent.
    Usage = 2,
    /// Profile, key store or settings are wrong. Nothing was sent.
    Config = 3,
    /// The key is missing, wrong, expired, or of another region.
    Auth = 4,
    /// What was named does not exist.
    NotFound = 5,
    /// FlightHub refused, the checks before a launch say no, or the doctor found problems.
    Refused = 6,
    /// No usable answer: no connection, too slow, or something other than the API answered.
    Connection = 7,
    /// A write may or may not have had its effect.
    OutcomeUnknown = 8,
    /// The deadline passed first; the aircraft may still be flying.
    Deadline = 9,
    /// The flight ended, but not well.
    EndedBadly = 10,
    /// A part is done, a part is not.
    Partial = 11,
    /// Interrupted by Ctrl-C or a signal. What was known is saved.
    Interrupted = 130,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [Self; 13] = [
        Self::Ok,
        Self::Unexpected,
        Self::Usage,
        Self::Config,
        Self::Auth,
        Self::NotFound,
        Self::Refused,
        Self::Connection,
        Self::OutcomeUnknown,
        Self::Deadline,
        Self::EndedBadly,
        Self::Partial,
        Self::Interrupted,
    ];

    /// The code that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// The word for it in errors as JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unexpected => "unexpected",
            Self::Usage => "usage",
            Self::Config => "config",
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Connection => "connection",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Deadline => "deadline",
            Self::EndedBadly => "ended_badly",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }

    /// What it means, for the help.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Unexpected => "something unforeseen, or an answer that cannot be read",
            Self::Usage => "wrong command line, or a confirmation is missing; nothing was sent",
            Self::Config => "wrong profile, key store or settings; nothing was sent",
            Self::Auth => "key missing, wrong, expired, or of another region",
            Self::NotFound => "what was named does not exist",
            Self::Refused => {
                "refused by FlightHub, by the checks before a launch, or by the doctor"
            }
            Self::Connection => "no connection, no answer in time, or not the API that answered",
            Self::OutcomeUnknown => {
                "nobody knows whether a write had its effect: look before repeating it"
            }
            Self::Deadline => "the deadline passed first; the aircraft may still be flying",
            Self::EndedBadly => "the flight ended, but not well",
            Self::Partial => "a part is done, a part is not",
            Self::Interrupted => "interrupted; what was known is saved",
        }
    }
}
