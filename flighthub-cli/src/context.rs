//! What every command has around it.

use std::future::Future;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use flighthub_api::{Client, ClientBuilder, Clock, Project, ReadOnly, RiskLevel, TokioClock};
use flighthub_workflows::choose::{choose, printable};
use flighthub_workflows::{Events, Run};
use jiff::Zoned;

use crate::args::GlobalArgs;
use crate::config::permissions::private_folder;
use crate::config::{self, Settings};
use crate::confirm::{self, Danger};
use crate::dry_run::DryRun;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::{Out, Terminal};
use crate::progress::Progress;
#[cfg(feature = "sim")]
use crate::simulated::Simulated;
use crate::when;

/// Where a simulator would be that is not started.
#[cfg(feature = "sim")]
const NO_PORT: &str = "http://localhost";

/// What every command has around it.
pub(crate) struct Context {
    args: GlobalArgs,
    out: Out,
    progress: Progress,
    dry_run: DryRun,
    settings: OnceLock<Settings>,
    client: OnceLock<Client>,
    project: OnceLock<String>,
    under_way: Mutex<Option<String>>,
    #[cfg(feature = "sim")]
    simulated: OnceLock<Simulated>,
    /// Folder for what a simulated run would keep; it goes away with it.
    #[cfg(feature = "sim")]
    scratch: OnceLock<tempfile::TempDir>,
}

impl Context {
    /// The surroundings that the global options describe. Nothing is read or connected to before it is needed.
    pub(crate) fn new(args: GlobalArgs) -> Result<Self, Failure> {
        let out = Out::new(args.output, args.jq.as_deref(), Terminal::stdout(args.no_color))?
            .raw(args.raw);
        let progress = Progress::new(&Terminal::stderr(args.no_color), args.quiet);
        Ok(Self {
            args,
            out,
            progress,
            dry_run: DryRun::default(),
            settings: OnceLock::new(),
            client: OnceLock::new(),
            project: OnceLock::new(),
            under_way: Mutex::new(None),
            #[cfg(feature = "sim")]
            simulated: OnceLock::new(),
            #[cfg(feature = "sim")]
            scratch: OnceLock::new(),
        })
    }

    /// The global options.
    pub(crate) const fn args(&self) -> &GlobalArgs {
        &self.args
    }

    /// Standard output, in the format that is wanted.
    pub(crate) const fn out(&self) -> &Out {
        &self.out
    }

    /// Key, address, project and so on, from flags, environment and profile; those of the simulator with `--sim`.
    pub(crate) fn settings(&self) -> Result<&Settings, Failure> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = self.resolve()?;
        Ok(self.settings.get_or_init(|| settings))
    }

    fn resolve(&self) -> Result<Settings, Failure> {
        #[cfg(feature = "sim")]
        if self.args.sim {
            let flags = self.args.flags();
            let state = match &flags.state_dir {
                Some(folder) => folder.clone(),
                None => self.scratch()?.to_owned(),
            };
            let project = self.args.project.clone();
            if self.args.dry_run {
                // No socket is opened, so there is no port yet.
                let world = flighthub_sim::World::DEMO_PROJECT;
                let project = project.unwrap_or_else(|| world.to_owned());
                return Ok(Settings::simulated(NO_PORT, "simulated", project, state, &flags));
            }
            let sim = self.simulated()?.sim();
            let project = project.unwrap_or_else(|| sim.project().to_owned());
            return Ok(Settings::simulated(sim.url(), sim.token(), project, state, &flags));
        }
        let settings = config::resolve(&self.args.flags())?;
        settings.notes.iter().for_each(|note| self.note(note));
        Ok(settings)
    }

    #[cfg(feature = "sim")]
    fn simulated(&self) -> Result<&Simulated, Failure> {
        if let Some(simulated) = self.simulated.get() {
            return Ok(simulated);
        }
        let started = Simulated::start(&self.args)?;
        self.note("simulated: nothing here is real, and nothing reaches DJI");
        Ok(self.simulated.get_or_init(|| started))
    }

    /// A folder that goes away with the program.
    #[cfg(feature = "sim")]
    fn scratch(&self) -> Result<&Path, Failure> {
        if let Some(folder) = self.scratch.get() {
            return Ok(folder.path());
        }
        let folder = tempfile::tempdir().map_err(|error| {
            Failure::unexpected(format!("no temporary folder can be made: {error}"))
        })?;
        Ok(self.scratch.get_or_init(|| folder).path())
    }

    /// The client of a command that writes. With `--dry-run` it sends nothing.
    ///
    /// With `--read-only`, or a profile that is, there is none.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.permit(RiskLevel::Write)?;
        self.any_client()
    }

    /// The client of a command that changes nothing.
    pub(crate) fn read_client(&self) -> Result<Client<ReadOnly>, Failure> {
        Ok(self.any_client()?.read_only())
    }

    /// Whether a command of this risk is allowed at all.
    pub(crate) fn permit(&self, risk: RiskLevel) -> Result<(), Failure> {
        if risk == RiskLevel::Read || !(self.args.read_only || self.settings()?.read_only) {
            return Ok(());
        }
        let whose = if self.args.read_only { "--read-only" } else { "the profile" };
        Err(Failure::usage(
            format!("{whose} allows only reads, and this command may change something"),
            "Leave out --read-only, or take a profile that may write.",
        ))
    }

    fn any_client(&self) -> Result<Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let settings = self.settings()?;
        let builder = Client::builder(settings.region()?, settings.token()?);
        let client = self.set_up()?(builder).build()?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// How clients are set up, wherever they lead: proxy, certificates, language and so on.
    pub(crate) fn set_up(
        &self,
    ) -> Result<impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + use<>, Failure> {
        let settings = self.settings()?.clone();
        let (timeout, simulated) = (self.args.timeout, self.args.is_simulated());
        let dry_run = self.args.dry_run.then(|| self.dry_run.clone());
        Ok(move |builder: ClientBuilder| {
            let mut builder = builder
                .user_agent(concat!("flighthub-cli/", env!("CARGO_PKG_VERSION")))
                .language(settings.language);
            if let Some(timeout) = timeout {
                builder = builder.timeout(timeout).attempt_timeout(timeout);
            }
            if settings.allow_http {
                builder = builder.allow_plain_http();
            }
            for certificate in &settings.certificates {
                builder = builder.certificate_authority(certificate.clone());
            }
            if let Some(proxy) = &settings.proxy {
                builder = builder.proxy(proxy);
            }
            if let Some(host) = &settings.host_header {
                builder = builder.host_header(host);
            }
            if simulated {
                builder = builder.no_proxy().no_rate_limit();
            }
            if let Some(dry_run) = &dry_run {
                builder = builder.transport(dry_run.clone());
            }
            builder
        })
    }

    /// The client of a raw call of this risk.
    pub(crate) fn raw_client(&self, risk: RiskLevel) -> Result<Client, Failure> {
        self.permit(risk)?;
        self.any_client()
    }

    /// The project of a command that writes, by the name or UUID that was given.
    ///
    /// Without one it is the only project that the key can see. With `--read-only` there is none.
    pub(crate) async fn project(&self) -> Result<Project, Failure> {
        let client = self.client()?;
        Ok(client.project(self.project_uuid().await?))
    }

    /// The project of a command that changes nothing.
    pub(crate) async fn read_project(&self) -> Result<Project<ReadOnly>, Failure> {
        let client = self.read_client()?;
        Ok(client.project(self.project_uuid().await?))
    }

    /// The UUID of the project that is meant.
    pub(crate) async fn project_uuid(&self) -> Result<String, Failure> {
        if let Some(uuid) = self.project.get() {
            return Ok(uuid.clone());
        }
        let wanted = self.settings()?.project.clone();
        if let Some(uuid) = wanted.as_ref().filter(|wanted| is_uuid(wanted)) {
            return Ok(self.project.get_or_init(|| uuid.clone()).clone());
        }
        self.dry_run.is_looking_up("the project", "--project with its UUID");
        let projects = self.read_client()?.all_projects().await?;
        let chosen = match (&wanted, &projects[..]) {
            (Some(wanted), all) => choose("project", wanted, all)?,
            (None, [only]) => {
                self.detail(format!("project {} ({})", printable(&only.name), only.uuid.as_str()));
                only
            }
            (None, all) => {
                let names: Vec<String> =
                    all.iter().take(10).map(|project| printable(&project.name)).collect();
                let help = if names.is_empty() {
                    "The key sees no project; `flighthub doctor` says why that can be.".to_owned()
                } else {
                    format!("Give --project with a name or UUID. There are: {}.", names.join(", "))
                };
                return Err(Failure::usage("it is not said which project is meant", help));
            }
        };
        let uuid = chosen.uuid.as_str().to_owned();
        Ok(self.project.get_or_init(|| uuid).clone())
    }

    /// Whether a project was named, by an option, the environment or the profile.
    pub(crate) fn has_project(&self) -> Result<bool, Failure> {
        Ok(self.settings()?.project.is_some())
    }

    /// Where what has to outlive the program is kept: a folder of the profile; a temporary one with `--sim`.
    pub(crate) fn state_dir(&self) -> Result<&Path, Failure> {
        let folder = &self.settings()?.state_dir;
        if !self.args.dry_run {
            private_folder(folder).map_err(|error| {
                Failure::new(
                    Exit::Config,
                    format!("{}: the folder for states cannot be made: {error}", folder.display()),
                    "Give another one with --state-dir.",
                )
            })?;
        }
        Ok(folder)
    }

    /// The time. With `--sim` it is the simulator's, and whoever waits by it makes it jump.
    pub(crate) fn clock(&self) -> Result<Arc<dyn Clock>, Failure> {
        #[cfg(feature = "sim")]
        if self.args.sim && !self.args.dry_run {
            return Ok(self.simulated()?.clock());
        }
        Ok(Arc::new(TokioClock))
    }

    /// The moment of that clock, in the time zone of this computer: what dates such as `7d` are reckoned from.
    pub(crate) fn now(&self) -> Result<Zoned, Failure> {
        let wall = self.clock()?.wall();
        let moment = jiff::Timestamp::try_from(wall)
            .map_err(|error| Failure::unexpected(format!("the clock is wrong: {error}")))?;
        Ok(when::local(moment.into()))
    }

    /// The surroundings of a workflow to which nobody listens.
    pub(crate) fn run<E>(&self) -> Result<Run<E>, Failure> {
        Ok(Run::quiet().with_clock(self.clock()?))
    }

    /// The surroundings of a workflow, and what happens in it: see [`follow`](Self::follow).
    pub(crate) fn run_with_events<E>(&self) -> Result<(Run<E>, Events<E>), Failure> {
        let (run, events) = Run::with_events();
        Ok((run.with_clock(self.clock()?), events))
    }

    /// Lets a workflow run and hears each of its events as it happens.
    pub(crate) async fn follow<E, T>(
        &self,
        mut events: Events<E>,
        work: impl Future<Output = T>,
        mut heard: impl FnMut(E),
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                event = events.next(), if open => match event {
                    Some(event) => heard(event),
                    None => open = false,
                },
                result = &mut work => {
                    while let Some(event) = events.try_next() {
                        heard(event);
                    }
                    return result;
                }
            }
        }
    }

    /// Whether requests are shown instead of sent. The first request of a command then ends it.
    pub(crate) const fn is_dry_run(&self) -> bool {
        self.args.dry_run
    }

    /// The requests of a dry run.
    pub(crate) const fn dry_run(&self) -> &DryRun {
        &self.dry_run
    }

    /// Says something on standard error, unless `--quiet`.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.args.quiet {
            self.say(text.as_ref());
        }
    }

    /// Says something on standard error, with `--verbose` only.
    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        if self.args.verbose > 0 {
            self.say(text.as_ref());
        }
    }

    /// Warns on standard error, `--quiet` or not.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.say(&format!("warning: {}", text.as_ref()));
    }

    /// Bars and spinners on standard error; nothing where that is no terminal or with `--quiet`.
    pub(crate) const fn progress(&self) -> &Progress {
        &self.progress
    }

    fn say(&self, text: &str) {
        self.progress.suspend(|| say(text));
    }

    /// Whether somebody can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        !self.args.no_input
            && !self.args.key_stdin
            && io::stdin().is_terminal()
            && io::stderr().is_terminal()
    }

    /// Whether a confirmation would be asked for: then it is worth while to find out more about what it concerns.
    pub(crate) fn will_ask(&self) -> bool {
        !self.args.yes && !self.args.dry_run && self.is_interactive()
    }

    /// Has something dangerous confirmed: by `--yes`, or on a terminal by typing what it happens to.
    pub(crate) async fn confirm(&self, danger: Danger) -> Result<(), Failure> {
        if self.args.yes || self.args.dry_run {
            return Ok(());
        }
        if !self.is_interactive() {
            return Err(danger.needs_confirmation());
        }
        // On a thread of its own, so that Ctrl-C ends it.
        let asked = tokio::task::spawn_blocking(move || {
            confirm::ask(&danger, &mut io::stdin().lock(), &mut io::stderr().lock())
        });
        match asked.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Failure::usage(
                "not confirmed; nothing was sent",
                "Run it again to be asked again.",
            )),
            Ok(Err(error)) => {
                Err(Failure::unexpected(format!("the confirmation cannot be read: {error}")))
            }
            Err(_) => Err(Failure::unexpected("the confirmation was broken off")),
        }
    }

    /// Remembers a write while it is under way, so that an interruption can say that its outcome is unknown.
    pub(crate) async fn writing<T>(&self, what: &str, write: impl Future<Output = T>) -> T {
        self.set_under_way(Some(what.to_owned()));
        let result = write.await;
        self.set_under_way(None);
        result
    }

    /// The write that is under way now.
    pub(crate) fn under_way(&self) -> Option<String> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_under_way(&self, what: Option<String>) {
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }
}

/// Writes a line to standard error. Where nobody reads it, nothing is lost.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether a text is a UUID, so that nothing has to be looked up.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
