//! The nouns of the domain: plain values without I/O, clock or randomness.
//!
//! Every other module speaks in these types. Rows (`store`) and wire objects (`api`) are converted to and from them at the edge.

mod autopsy;
mod budget;
mod cause;
mod controller;
mod delivery;
mod delivery_log;
mod demand;
mod entity;
mod event;
mod fault;
mod forge;
mod id;
mod job;
mod job_listing;
mod loss;
mod machine_shape;
mod memory;
mod pool;
mod reason;
mod runner;
mod runner_set;
mod scale_set;
mod scale_sets;
mod secret;
mod set_id;
mod system;
mod task;
mod template;
mod times;
mod user;
pub mod values;
mod version;
mod visible;
mod why;
mod words;

pub use autopsy::Autopsy;
pub use budget::{
    Budget, BudgetLimits, CallKind, FORGE_WAIT_MAX, Hold, HoldNeed, HoldRequest, Importance, Rate, Slots, Spent, SpentLimit, Told, Window,
};
pub use cause::{Cause, Evidence};
pub use controller::Controller;
pub use delivery::{Delivery, DeliveryHead, DeliveryVerdict, ReceivedDelivery};
pub use delivery_log::{LogPass, LogPlace, LoggedDelivery, Redelivery};
pub use demand::{DemandSource, JobFact};
pub use entity::{Balancer, Entity, EntityKind, EntityRef};
pub use event::{Change, ChangeKind, ChangeOp, EntityEvent, EventKind, EventLevel};
pub use fault::{describe, first_line};
pub use forge::{
    AppKey, AuthKind, Credentials, CredentialsSecret, Endpoint, ForgeHook, ForgeJob, ForgeKind, ForgeRun, ForgeRunner, JitConfig,
    ListedJob, ListedRepository, RateLimit, RunnerTool,
};
pub use id::{
    ControllerId, CredentialsId, EndpointName, EntityId, Generation, JobId, PoolId, ProviderName, ReplicaId, RunnerId, RunnerName,
    ScaleSetId, ServiceScaleSetId, TemplateId, UserId,
};
pub use job::{Job, JobStatus, ServiceJob};
pub use job_listing::{ListingPlace, WatchedRepository};
pub use loss::{LeftBecause, Loss, LossKind, LostJob, Rerun, RerunEvidence, RerunLimits, RerunPast, RerunVerdict};
pub use machine_shape::MachineShape;
pub use memory::{IgnoredVersion, JobMemory, MachineNews, PoolMemory, Streak, Turn};
pub use pool::Pool;
pub use reason::{Reason, WaitKind, group_named};
pub use runner::{
    Address, AddressKind, InstanceStatus, ProviderMachine, Refusal, Rows, Runner, RunnerRecord, RunnerStatus, StatusMessage,
    TransitionError, changed_rows,
};
pub use runner_set::RunnerSet;
pub use scale_set::{ScaleSet, ScaleSetState, ServiceDemand};
pub use scale_sets::{
    JobMessage, JobMessageKind, MessageItem, MessageSession, RunnerGroup, ScaleSetMessage, ScaleSetSettings, ScaleSetStatistics,
    ServiceFault, ServiceRunner, ServiceScaleSet, ServingRunner, SessionFault, SessionId, SessionStage, SessionStanding,
};
pub use secret::{Retry, SecretString, expose};
pub use set_id::RunnerSetId;
pub use system::{OsArch, OsType};
pub use task::LeasedTask;
pub use template::Template;
pub(crate) use times::millis;
pub use times::{JobRun, MachineTimes, StartTime};
pub use user::User;
pub use version::{OfferedVersion, Retirement, RetirementStage, RunnerVersion, RunnerVersions};
pub use visible::{visible, visible_json, visible_lines};
pub use why::{Forecast, JobWhy, LeaseHolder, NoForecast, PoolWhy, RunnerStage, RunnerWhy, Stage};
pub use words::words;
