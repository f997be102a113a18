//! Refusals, as the service words them. Clients tell them apart by the status and by the type.

use std::borrow::Cow;

/// A refusal of the service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exception {
    #[error("No runner scale set found with identifier {0}.")]
    NoScaleSet(i64),
    #[error("The runner scale set {0} already exists in this runner group.")]
    ScaleSetExists(String),
    #[error("No runner group found: {0}.")]
    NoGroup(String),
    /// The owner is named by GHES only.
    #[error("The actions runner scaleset {name} already has an active session{}.", of_owner(.owner.as_deref()))]
    SessionConflict { name: String, owner: Option<String> },
    #[error("The session does not exist.")]
    NoSession,
    /// Another poll of the session has begun.
    #[error("Another request of this session waits for messages.")]
    Replaced,
    #[error("No message {0} found.")]
    NoMessage(i64),
    #[error("A runner exists with the same name {0}.")]
    AgentExists(String),
    #[error("No agent found with identifier {0}.")]
    NoAgent(i64),
    #[error("Runner {0} is running a job and cannot be deleted.")]
    JobStillRunning(String),
    #[error("The token is not valid or has expired.")]
    BadToken,
    #[error("{0}")]
    BadRequest(Cow<'static, str>),
    /// The route does not exist in this manner of the service.
    #[error("The controller for this path was not found.")]
    NoRoute,
    /// A status that a test asked for.
    #[error("The service failed on request.")]
    OnRequest(u16),
}

fn of_owner(owner: Option<&str>) -> String {
    owner.map(|owner| format!(" for owner {owner}")).unwrap_or_default()
}

impl Exception {
    /// The status, and the name of the type.
    pub(crate) const fn kind(&self) -> (u16, &'static str) {
        match self {
            Self::NoScaleSet(_) => (404, "GitHub.Actions.Runtime.WebApi.RunnerScaleSetNotFoundException, GitHub.Actions.Runtime.WebApi"),
            Self::ScaleSetExists(_) => (409, "GitHub.Actions.Runtime.WebApi.RunnerScaleSetExistsException, GitHub.Actions.Runtime.WebApi"),
            Self::NoGroup(_) => (404, "GitHub.Actions.Runtime.WebApi.RunnerGroupNotFoundException, GitHub.Actions.Runtime.WebApi"),
            Self::SessionConflict { .. } => {
                (409, "GitHub.Actions.Runtime.WebApi.RunnerScaleSetSessionConflictException, GitHub.Actions.Runtime.WebApi")
            }
            Self::NoSession => (404, "GitHub.Actions.Runtime.WebApi.RunnerScaleSetSessionNotFoundException, GitHub.Actions.Runtime.WebApi"),
            Self::Replaced => (409, "GitHub.DistributedTask.WebApi.TaskAgentSessionConflictException, GitHub.DistributedTask.WebApi"),
            Self::NoMessage(_) => (404, "GitHub.DistributedTask.WebApi.TaskAgentMessageNotFoundException, GitHub.DistributedTask.WebApi"),
            Self::AgentExists(_) => (409, "GitHub.DistributedTask.WebApi.TaskAgentExistsException, GitHub.DistributedTask.WebApi"),
            Self::NoAgent(_) => (404, "GitHub.DistributedTask.WebApi.TaskAgentNotFoundException, GitHub.DistributedTask.WebApi"),
            Self::JobStillRunning(_) => {
                (409, "GitHub.DistributedTask.WebApi.TaskAgentJobStillRunningException, GitHub.DistributedTask.WebApi")
            }
            Self::BadToken => (401, "GitHub.Services.OAuth.VssOAuthTokenRequestException, GitHub.Services.WebApi"),
            Self::BadRequest(_) => (400, "GitHub.Services.WebApi.VssBadRequestException, GitHub.Services.WebApi"),
            Self::NoRoute => (404, "GitHub.Services.WebApi.VssResourceNotFoundException, GitHub.Services.WebApi"),
            Self::OnRequest(status) => (*status, "GitHub.Services.WebApi.VssServiceResponseException, GitHub.Services.WebApi"),
        }
    }
}
