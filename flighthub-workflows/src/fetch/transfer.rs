//! From the storage into a sink: attempts, parts, sizes.

use std::time::Duration;

use flighthub_api::Clock;
use reqwest::Response;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::client::{Answer, Clients, Failure, From, Head, Reply, failed};
use super::error::FetchError;
use super::silence::Silence;
use super::{FetchEvent, Patience};

/// An attempt that brings fewer new bytes counts as having brought none.
const FRUITFUL: u64 = 64 << 10;
/// What a sink can lose when the process is killed: so many bytes, or so much time.
const CHECKPOINT_BYTES: u64 = 4 << 20;
const CHECKPOINT_TIME: Duration = Duration::from_secs(5);
/// Progress is told this often.
const TOLD_BYTES: u64 = 1 << 20;
const TOLD_TIME: Duration = Duration::from_millis(200);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause that a storage may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// What is known of a file while it comes.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Bytes that the sink has.
    pub(super) offset: u64,
    /// Bytes of the whole file.
    pub(super) total: Option<u64>,
    /// As sent, with its quotes; only strong ones.
    pub(super) etag: Option<String>,
    pub(super) hasher: Sha256,
}

/// Where the bytes go.
pub(super) trait Sink: Send {
    /// Takes bytes behind those that it has.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), FetchError>> + Send;
    /// Brings to safety what it has, with what is known of the file.
    fn keep(&mut self, known: &Known) -> impl Future<Output = Result<(), FetchError>> + Send;
    /// Throws away what it has; false when it cannot.
    fn rewind(&mut self) -> impl Future<Output = Result<bool, FetchError>> + Send;
}

/// One file on its way.
pub(super) struct Transfer<'a, S> {
    pub(super) clients: &'a Clients,
    pub(super) patience: &'a Patience,
    pub(super) address: &'a str,
    /// What the service says the size is.
    pub(super) promised: Option<u64>,
    pub(super) sink: &'a mut S,
    pub(super) known: Known,
    pub(super) clock: &'a dyn Clock,
    pub(super) tell: &'a (dyn Fn(FetchEvent) + Sync),
}

impl<S: Sink> Transfer<'_, S> {
    /// Brings the whole file into the sink, and gives the number of attempts.
    pub(super) async fn run(&mut self) -> Result<u32, FetchError> {
        let (mut attempts, mut fruitless, mut reached) = (0_u32, 0_u32, self.known.offset);
        loop {
            attempts = attempts.saturating_add(1);
            let Failure { error, retry_after } = match self.attempt().await {
                Ok(()) => return Ok(attempts),
                Err(failure) => failure,
            };
            // When the disk is full, this fails as well: the first error is the one to tell.
            let kept = match self.known.offset {
                0 => Ok(()),
                _ => self.sink.keep(&self.known).await,
            };
            if !error.is_passing() {
                return Err(error);
            }
            kept?;
            if self.known.offset >= reached.saturating_add(FRUITFUL) {
                (fruitless, reached) = (0, self.known.offset);
            }
            fruitless += 1;
            if fruitless >= self.patience.attempts.max(1) {
                return Err(error);
            }
            if retry_after.is_some_and(|asked| asked > LONGEST_ASKED) {
                return Err(error);
            }
            let pause = retry_after.unwrap_or_default().max(self.pause(fruitless));
            (self.tell)(FetchEvent::Retrying {
                problem: error.to_string(),
                pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            });
            self.clock.sleep(pause).await;
        }
    }

    fn pause(&self, fruitless: u32) -> Duration {
        let factor = 2_u32.saturating_pow(fruitless.saturating_sub(1).min(16));
        let longest = self.patience.pause.saturating_mul(factor).min(LONGEST_PAUSE);
        longest.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Asks once and takes what comes.
    async fn attempt(&mut self) -> Result<(), Failure> {
        if self.known.total.is_some_and(|total| total == self.known.offset && total > 0) {
            return Ok(());
        }
        let from = match (&self.known.etag, self.known.offset) {
            (_, 0) => None,
            (Some(etag), offset) => Some(From { offset, etag: etag.clone() }),
            // Nobody can say whether it would still be the same file.
            (None, _) => {
                self.start_over("the storage cannot continue where it broke off").await?;
                None
            }
        };
        let answer = match self.clients.get(self.address, from.as_ref()).await? {
            Reply::Good(answer) => answer,
            Reply::NoSuchPart => {
                self.start_over(CHANGED).await?;
                return Err(FetchError::mismatch(CHANGED).into());
            }
        };
        let Answer { response, head } = *answer;
        let skipped = self.settle(&head).await?;
        (self.tell)(FetchEvent::Receiving { bytes: self.known.offset, total: self.known.total });
        self.receive(response, skipped).await?;
        Ok(())
    }

    /// Compares the head of an answer with what is known, and says how many of the bytes that follow are here already.
    async fn settle(&mut self, head: &Head) -> Result<u64, FetchError> {
        let strong = head.etag.clone().filter(|etag| !etag.starts_with("W/"));
        let is_same = self.known.offset == 0 || (strong.is_some() && strong == self.known.etag);
        if head.is_whole {
            if !is_same {
                self.start_over(CHANGED).await?;
            }
        } else if !is_same || head.offset != self.known.offset {
            self.start_over(CHANGED).await?;
            return Err(FetchError::mismatch("the storage sends another part than was asked for"));
        }
        if !head.has_end && self.promised.is_none() {
            return Err(FetchError::mismatch("nobody says how long the file is"));
        }
        if let (Some(promised), Some(total)) = (self.promised, head.total)
            && promised != total
        {
            let text = format!("the storage has {total} bytes where the service names {promised}");
            return Err(FetchError::mismatch(text));
        }
        let total = head.total.or(self.promised);
        if total.unwrap_or(0) > self.patience.most_bytes {
            return Err(self.too_long());
        }
        self.known.total = total;
        self.known.etag = strong;
        // The storage has to know what it is before there are bytes of it.
        if self.known.offset == 0 {
            self.sink.keep(&self.known).await?;
        }
        Ok(if head.is_whole { self.known.offset } else { 0 })
    }

    /// Takes the body, without its first bytes if those are here already.
    async fn receive(
        &mut self,
        mut response: Response,
        mut skipped: u64,
    ) -> Result<(), FetchError> {
        let url = response.url().clone();
        let most = self.known.total.unwrap_or(self.patience.most_bytes);
        let mut silence = Silence::new(self.clients.options().idle_timeout);
        let mut asked_at = Instant::now();
        let (mut kept, mut kept_at) = (self.known.offset, asked_at);
        let (mut told, mut told_at) = (self.known.offset, asked_at);
        // Only the time in which the storage was waited for counts: a slow disk is not its fault.
        let (mut came, mut waited) = (0_u64, Duration::ZERO);
        loop {
            let chunk = silence.broken_by(asked_at, response.chunk()).await?;
            let Some(chunk) = chunk.map_err(|error| failed(error, &url))? else { break };
            let now = Instant::now();
            came = came.saturating_add(chunk.len() as u64);
            waited = waited.saturating_add(now - asked_at);
            if waited >= self.patience.slowness {
                if came < self.patience.least_bytes {
                    return Err(FetchError::fault(format!(
                        "the storage sends too slowly: {came} bytes in {} s",
                        self.patience.slowness.as_secs()
                    )));
                }
                (came, waited) = (0, Duration::ZERO);
            }
            let known_here = usize::try_from(skipped).unwrap_or(usize::MAX).min(chunk.len());
            skipped = skipped.saturating_sub(known_here as u64);
            let bytes = chunk.get(known_here..).unwrap_or_default();
            if self.known.offset.saturating_add(bytes.len() as u64) > most {
                let error = self.too_long();
                self.start_over(CHANGED).await?;
                return Err(error);
            }
            self.sink.write(bytes).await?;
            self.known.hasher.update(bytes);
            self.known.offset = self.known.offset.saturating_add(bytes.len() as u64);
            if self.known.offset - told >= TOLD_BYTES || now - told_at >= TOLD_TIME {
                let (bytes, total) = (self.known.offset, self.known.total);
                (self.tell)(FetchEvent::Receiving { bytes, total });
                (told, told_at) = (bytes, now);
            }
            if self.known.offset - kept >= CHECKPOINT_BYTES
                || (now - kept_at >= CHECKPOINT_TIME && self.known.offset > kept)
            {
                self.sink.keep(&self.known).await?;
                (kept, kept_at) = (self.known.offset, Instant::now());
            }
            asked_at = Instant::now();
        }
        match self.known.total {
            Some(total) if self.known.offset < total => Err(FetchError::fault(format!(
                "the storage broke off after {} of {total} bytes",
                self.known.offset
            ))),
            _ => Ok(()),
        }
    }

    fn too_long(&self) -> FetchError {
        let most = self.known.total.unwrap_or(self.patience.most_bytes);
        FetchError::mismatch(format!("the storage sends more than {most} bytes"))
    }

    /// Forgets what is here, or fails when that cannot be.
    async fn start_over(&mut self, why: &str) -> Result<(), FetchError> {
        if self.known.offset > 0 && !self.sink.rewind().await? {
            return Err(FetchError::new(
                super::FetchErrorKind::Fault,
                format!("{why}, and a part has been handed on already"),
                "Start it again.",
            ));
        }
        self.known = Known::default();
        Ok(())
    }
}

const CHANGED: &str = "the file has changed on the storage while it was read";
