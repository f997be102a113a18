//! Why the model refuses something.

/// The refusals of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// A runner of that name is already registered there.
    #[error("a runner with the name {0} already exists")]
    Exists(String),
    /// The runner has a job.
    #[error("runner {0} is running a job")]
    Busy(String),
    /// No runner group of that name or number can be used there.
    #[error("could not find any runner group named {0:?}")]
    NoGroup(String),
    /// The token is unknown, expired, or was made for something else.
    #[error("the token is not valid here")]
    BadToken,
    /// The runner is not registered, or no longer.
    #[error("the runner registration is gone")]
    Gone,
    /// The runner is ephemeral and has used up its one job.
    #[error("the runner has had its one job")]
    Spent,
    /// The session has ended or another one has taken its place.
    #[error("the session has ended")]
    SessionEnded,
    /// The run of the job goes on, so the job cannot be run again.
    #[error("the run is not over")]
    NotOver,
    /// The job is not held by this runner, or is not in the state this needs.
    #[error("the job is not held by this runner")]
    NotYours,
}
