//! Scale sets as their service tells of them. A *scale set* is a group of runners that a service of the forge assigns jobs to, over a message
//! session. The service has its own number of it ([`crate::model::ServiceScaleSetId`]).

mod fault;
mod message;
mod service;
mod session;
mod standing;

pub use fault::ServiceFault;
pub use message::{JobMessage, JobMessageKind, MessageItem, ScaleSetMessage, ServingRunner};
pub use service::{RunnerGroup, ScaleSetSettings, ScaleSetStatistics, ServiceRunner, ServiceScaleSet};
pub use session::{MessageSession, SessionId};
pub use standing::{SessionFault, SessionStage, SessionStanding};
