//! Why a command did not do what was asked: one text with the next step, and the exit code.

use flighthub_workflows::choose::printable;
use serde_json::{Value, json};

use crate::config::ConfigError;
use crate::exit::Exit;
use crate::out::OutError;
use crate::when::WhenError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    text: String,
    help: String,
    /// What is known about the call that failed.
    facts: Vec<(&'static str, Value)>,
}

impl Failure {
    /// A failure: what happened, and what to do next.
    pub(crate) fn new(exit: Exit, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit, text: text.into(), help: help.into(), facts: Vec::new() }
    }

    /// A wrong command line. Nothing was sent.
    pub(crate) fn usage(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text, help)
    }

    /// What nobody foresaw.
    pub(crate) fn unexpected(text: impl Into<String>) -> Self {
        Self::new(Exit::Unexpected, text, "")
    }

    /// The same with words before its text: what was being done.
    pub(crate) fn during(mut self, what: impl std::fmt::Display) -> Self {
        self.text = format!("{what}: {}", self.text);
        self
    }

    /// The same with another next step.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// How the program ends.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What happened and what to do next, for people.
    pub(crate) fn text(&self) -> String {
        if self.help.is_empty() {
            format!("error: {}", self.text)
        } else {
            format!("error: {}\nnext: {}", self.text, self.help)
        }
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let mut error = json!({
            "exit": self.exit.code(),
            "kind": self.exit.word(),
            "message": self.text,
            "help": self.help,
        });
        if let Some(fields) = error.as_object_mut() {
            fields
                .extend(self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        json!({ "error": error })
    }
}

impl From<flighthub_api::Error> for Failure {
    fn from(error: flighthub_api::Error) -> Self {
        Self {
            exit: exit_of_call(&error),
            text: without_help(&error),
            help: help_of_call(&error),
            facts: facts(&error),
        }
    }
}

impl From<flighthub_workflows::Error> for Failure {
    fn from(error: flighthub_workflows::Error) -> Self {
        let Some(api) = error.api() else {
            return Self::new(exit_of_workflow(error.kind()), error.to_string(), error.help());
        };
        let exit = match error.kind() {
            flighthub_workflows::ErrorKind::Api => exit_of_call(api),
            kind => exit_of_workflow(kind),
        };
        // The text may say more than the call's own: what was being done.
        let text = error.to_string();
        let text = text.replace(&format!(" Next: {}", api.help()), "");
        let help =
            if error.help() == api.help() { help_of_call(api) } else { error.help().to_owned() };
        Self { exit, text, help, facts: facts(api) }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Config, error.text, error.help)
    }
}

impl From<OutError> for Failure {
    fn from(error: OutError) -> Self {
        let exit = if error.is_usage() { Exit::Usage } else { Exit::Unexpected };
        Self::new(exit, error.to_string(), error.help())
    }
}

impl From<WhenError> for Failure {
    fn from(error: WhenError) -> Self {
        Self::usage(error.to_string(), "")
    }
}

impl From<flighthub_api::ArgumentError> for Failure {
    fn from(error: flighthub_api::ArgumentError) -> Self {
        let help =
            format!("`flighthub schema {}` shows the arguments.", printable(error.operation()));
        Self::usage(error.to_string(), help)
    }
}

impl From<flighthub_api::InvalidArgument> for Failure {
    fn from(error: flighthub_api::InvalidArgument) -> Self {
        Self::usage(error.to_string(), "")
    }
}

/// The text of a call's error without the next step at its end.
fn without_help(error: &flighthub_api::Error) -> String {
    let text = error.to_string();
    text.strip_suffix(&format!(" Next: {}", error.help())).map(str::to_owned).unwrap_or(text)
}

/// What to do next, in words of the command line where the library's speak of code.
fn help_of_call(error: &flighthub_api::Error) -> String {
    use flighthub_api::ErrorKind;
    match error.kind() {
        ErrorKind::Configuration => {
            "Correct the settings; `flighthub config show` lists them.".to_owned()
        }
        ErrorKind::ReadOnly => "Leave out --read-only, or take a profile that may write.".to_owned(),
        ErrorKind::NoProject => {
            "Give --project NAME or UUID; `flighthub project list` names them.".to_owned()
        }
        _ if error.is_indeterminate() => {
            "Look first, such as at `flighthub mission list` or the device's state, and repeat it only \
             when that shows no effect."
                .to_owned()
        }
        ErrorKind::Timeout => "Try again later, or allow more time with --timeout.".to_owned(),
        ErrorKind::Decode => {
            "Report the JSON path to the project; `flighthub api` gives the answer as it came meanwhile."
                .to_owned()
        }
        ErrorKind::TooLarge => "Ask for less.".to_owned(),
        _ if error.is_auth() => format!("{} `flighthub doctor` tells more.", error.help()),
        _ => error.help().to_owned(),
    }
}

/// How the program ends after a call that failed.
fn exit_of_call(error: &flighthub_api::Error) -> Exit {
    use flighthub_api::ErrorKind;
    match error.kind() {
        // What nobody knows comes first: whatever went wrong, the effect may be there.
        _ if error.is_indeterminate() => Exit::OutcomeUnknown,
        ErrorKind::Configuration => Exit::Config,
        ErrorKind::InvalidArgument | ErrorKind::ReadOnly | ErrorKind::NoProject => Exit::Usage,
        _ if error.is_auth() => Exit::Auth,
        _ if error.is_not_found() => Exit::NotFound,
        ErrorKind::NotDeployed => Exit::NotFound,
        ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::TooLarge | ErrorKind::NotTheApi => {
            Exit::Connection
        }
        ErrorKind::Http if error.http_status().is_some_and(|status| status >= 500) => {
            Exit::Connection
        }
        ErrorKind::Http | ErrorKind::Code | ErrorKind::Failed => Exit::Refused,
        _ => Exit::Unexpected,
    }
}

/// How the program ends after a workflow that failed.
const fn exit_of_workflow(kind: flighthub_workflows::ErrorKind) -> Exit {
    use flighthub_workflows::ErrorKind;
    match kind {
        ErrorKind::NotFound => Exit::NotFound,
        ErrorKind::Ambiguous | ErrorKind::InvalidInput => Exit::Usage,
        ErrorKind::NotReady => Exit::Refused,
        ErrorKind::Indeterminate => Exit::OutcomeUnknown,
        ErrorKind::Deadline => Exit::Deadline,
        ErrorKind::Storage | ErrorKind::Address => Exit::Connection,
        _ => Exit::Unexpected,
    }
}

/// What programs may want to know about a call that failed.
fn facts(error: &flighthub_api::Error) -> Vec<(&'static str, Value)> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<Value>| facts.extend(value.map(|value| (name, value)));
    let operation = error.operation();
    add("operation", (!operation.is_empty()).then(|| operation.into()));
    add("code", error.code().map(|code| code.get().into()));
    add("http_status", error.http_status().map(Into::into));
    add("request_id", error.request_id().map(Into::into));
    add("server_message", error.message().map(Into::into));
    add("json_path", error.json_path().map(Into::into));
    add("retry_after_seconds", error.retry_after().map(|pause| pause.as_secs().into()));
    add("attempts", (error.attempts() > 0).then(|| error.attempts().into()));
    add(
        "outcome",
        error
            .outcome()
            .map(|_| if error.is_indeterminate() { "unknown" } else { "not_done" }.into()),
    );
    facts
}
