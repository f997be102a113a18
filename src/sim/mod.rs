//! A fake GitHub: a model of the forge ([`Forge`]) with an HTTP face ([`ForgeServer`]).
//!
//! `garm demo`, the end-to-end tests and benchmarks use it. Production code does not know of it: a server reaches it by
//! URL, like any GitHub Enterprise Server. Tests change and read the model, never the answers.
//!
//! # What it does
//! - Owners, repositories, organizations and enterprises exist as soon as a call names them.
//! - [`Forge::rename_repository`] renames or transfers one: calls with the old name are redirected to its number, as with GitHub.
//! - [`Forge::queue_job`] queues a job and tells the hooks of its repository. The first idle runner that asks for work and has all
//!   its labels gets the job and runs the steps as real processes. When the job is over, the forge removes an ephemeral runner.
//! - A runner that falls silent is lost. A job that it had begun fails, as with GitHub; any other job is queued again. A lost ephemeral
//!   runner stays registered, offline and without further jobs, until a caller removes it. [`Settings::lost_job_timeout`] lets the job's end
//!   take its time, as with GitHub.
//! - A job of a run that is over can be run again: another attempt of the run, and a new job of the same name.
//! - The forge signs a delivery and sends it once; a failed one stays failed until [`Forge::redeliver_failed`] or
//!   [`Settings::retry_deliveries`].
//! - GitHub's published limits, where [`Settings::limits`] asks for them: a call beyond one is refused with 403 and `Retry-After`.
//! - Scale sets: the service that hands jobs to listeners over a message session, in the manners of github.com and of GHES ([`scale_sets`]).
//! - Faults on request: [`Forge::fail_next`], [`Forge::break_service`], [`Settings::latency`], [`Settings::outage`], rate limits, or simply
//!   [`ForgeServer::stop`] and a second server on the same address.
//!
//! # What is real and what is not
//! The REST face and the deliveries follow GitHub's published descriptions: see [`http`] for the routes. The protocol between the forge and
//! its runners is our own ([`runner_protocol`]), and so is the runner, a few shell scripts in an archive ([`runner_archive`]). The service for scale
//! sets follows GitHub's own client, because GitHub does not describe it ([`scale_sets`]).
//!
//! # Holding it to the published schemas
//! [`ForgeServer::start_with`] takes an [`Observer`] that sees every REST [`Exchange`]. A test passes one that validates each answer
//! against the schema of its method, template and status. So the fake cannot drift towards our own client.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use garm::sim::{Forge, ForgeServer, NewJob, Scope};
//! use garm::{model::{JobStatus, SecretString}, clock::Clock};
//!
//! let forge = Forge::new(Clock::System);
//! forge.add_token(&SecretString::from("ghp_example"));
//! let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await?;
//! forge.add_hook(Scope::repository("octo", "hello"), "http://127.0.0.1:9997/webhooks", SecretString::from("hook secret"));
//! let job = forge.queue_job(NewJob {
//!     owner: "octo".into(),
//!     repo: "hello".into(),
//!     name: "build".into(),
//!     labels: vec!["self-hosted".into()],
//!     steps: vec!["echo building".into()],
//! });
//! forge.wait_until(|state| state.find_job(job).is_some_and(|job| job.status == JobStatus::Completed)).await;
//! server.stop().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod deliveries;
mod face;
pub mod forge;
pub mod http;
mod nouns;
mod payloads;
pub mod runner_archive;
pub mod runner_protocol;
pub mod scale_sets;
mod server;
mod settings;
mod state;

pub use access::{Fault, Operation, Quota};
pub use face::API_PREFIX;
pub use forge::Forge;
pub use nouns::{
    Attempt, Conclusion, DEFAULT_GROUP, Delivery, DeliveryState, Enterprise, Hook, Job, JobRunner, Label, NewJob, Outcome, Owner,
    Repository, Runner, RunnerGroup, Scope, Step,
};
pub(crate) use nouns::{Registration, TokenUse};
pub use runner_archive::{RUNNER_VERSION, RunnerArchive};
pub use scale_sets::{
    Called, Claim, FaultEnd, FaultKind, JobMessage, Manner, Message, MessageSession, News, RunnerSetting, ScaleSet, ScaleSetLabel,
    ScaleSetSettings, ServiceCall, ServiceFault, Stage, Statistics,
};
pub(crate) use scale_sets::{Exception as ServiceException, LabelChange, ScaleSetChange, SettingChange};
pub use server::{Exchange, ForgeServer, Observer, StartError};
pub use settings::{Courier, KeptHooks, Limits, Settings};
pub use state::{Error, State};
