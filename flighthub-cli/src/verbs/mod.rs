//! The commands that are more than one operation. A verb is a module here and one line in `verbs!`.
//!
//! A module has
//!
//! * `pub(crate) struct Args`, deriving [`clap::Args`]. Its doc comment is the help of the verb, `#[command(after_help = …)]` has the
//!   examples. A verb of several commands has one field `#[command(subcommand)]` with an enum deriving [`clap::Subcommand`].
//! * `pub(crate) async fn run(context: &Context, args: Args) -> Result<Exit, Failure>`.
//!
//! The names of the options in [`GlobalArgs`](crate::args::GlobalArgs) are taken: `project` and `timeout`, for example. A verb with the name of a
//! group of operations (`model`) stands beside them; where both have a command of a name, it is the verb's.

use std::future::Future;
use std::pin::Pin;

use clap::{ArgMatches, Command};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What a command does.
pub(crate) type Doing<'a> = Pin<Box<dyn Future<Output = Result<Exit, Failure>> + 'a>>;

/// A command that is more than one operation.
pub(crate) struct Verb {
    /// Its name.
    pub(crate) name: &'static str,
    /// Adds its arguments, commands and texts.
    pub(crate) augment: fn(Command) -> Command,
    /// Does it.
    pub(crate) run: for<'a> fn(&'a Context, &'a ArgMatches) -> Doing<'a>,
}

impl Verb {
    /// Its command.
    pub(crate) fn command(&self) -> Command {
        (self.augment)(Command::new(self.name))
    }
}

macro_rules! verbs {
    ($($(#[$attribute:meta])* $name:literal => $module:ident,)*) => {
        $($(#[$attribute])* mod $module;)*

        /// All verbs, in the order of the help.
        pub(crate) const ALL: &[Verb] = &[$(
            $(#[$attribute])*
            Verb {
                name: $name,
                augment: <$module::Args as clap::Args>::augment_args,
                run: |context, matches| Box::pin(async move {
                    let args = <$module::Args as clap::FromArgMatches>::from_arg_matches(matches)
                        .map_err(|error| Failure::usage(error.to_string(), ""))?;
                    $module::run(context, args).await
                }),
            },
        )*];
    };
}

verbs! {
    "doctor" => doctor,
    "mission" => mission,
    "route" => route,
    "media" => media,
    "track" => track,
    "watch" => watch,
    "live" => live,
    "model" => model,
    "annotate" => annotate,
    "call" => call,
    "api" => api,
    "schema" => schema,
    "config" => config,
    "completions" => completions,
    "man" => man,
    #[cfg(feature = "sim")]
    "sim" => sim,
}

/// The verb of a name.
pub(crate) fn find(name: &str) -> Option<&'static Verb> {
    ALL.iter().find(|verb| verb.name == name)
}
