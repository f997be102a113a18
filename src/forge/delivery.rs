//! Deliveries: what a forge sends by its webhooks, as far as the receiver has to know.
//!
//! A [`Decoder`] knows the headers, the signature and the payload of one family of forges. The receiver asks in this order: does it tell of jobs,
//! is it signed, whose hook sent it, open it. Of a body without a verified signature only the sender is read.

use reqwest::header::HeaderMap;

use crate::model::{DeliveryHead, EndpointName, EntityId, EntityKind, EntityRef, JobFact, SecretString};
use crate::time::Timestamp;

/// Checks the signature of a delivery, then reads its body. `None` = the delivery is about a state of the job that is none of ours.
type Open = fn(&HeaderMap, &[u8], &SecretString, Reporter) -> Result<Option<JobFact>, DeliveryError>;

/// How the deliveries of one family of forges are read.
#[derive(Debug)]
pub struct Decoder {
    /// Whether a delivery with these headers tells of jobs.
    pub tells_of_jobs: fn(&HeaderMap) -> bool,
    /// What the headers say about the delivery itself.
    pub head: fn(&HeaderMap) -> DeliveryHead,
    /// Whether a delivery with these headers has a signature that could hold, for some secret and some body.
    pub signature: fn(&HeaderMap) -> Result<(), DeliveryError>,
    /// Whose hook sent a delivery with these headers.
    pub hook: fn(&HeaderMap) -> Result<HookOwner, DeliveryError>,
    /// The sender that the body claims; `None` = the body names none.
    pub sender: fn(&[u8], EntityKind) -> Result<Option<Sender>, DeliveryError>,
    /// Opens a delivery.
    pub open: Open,
}

/// Whose hook sent a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookOwner {
    /// The hook of an entity of this kind.
    Entity(EntityKind),
    /// The hook of an App. It delivers for everything where the App is installed.
    App,
}

impl HookOwner {
    /// The kind of entity that a delivery is most likely about.
    #[must_use]
    pub const fn likely(self) -> EntityKind {
        match self {
            Self::Entity(kind) => kind,
            Self::App => EntityKind::Repository,
        }
    }
}

/// The sender of a delivery, as an unverified body claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Web address of the job, which tells the forge.
    pub web_url: String,
    /// The entities whose hook the sender may be, each with the forge's number of it if the body has that. The entity of the hook's kind comes
    /// first, then the others that the job belongs to. There is at least one.
    pub entities: Vec<(EntityRef, Option<i64>)>,
    /// What happened to the job, in the forge's word.
    pub action: String,
    /// The job's number at the forge.
    pub job: i64,
}

/// The entity whose hook sent a delivery, and the time of receipt.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// The entity.
    pub entity: EntityId,
    /// The kind of the entity.
    pub kind: EntityKind,
    /// The forge of the entity.
    pub endpoint: EndpointName,
    /// When the delivery came in.
    pub received_at: Timestamp,
}

/// Why a delivery is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The sender cannot be believed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Headers or body are not those of a delivery.
    #[error("{0}")]
    Malformed(String),
}

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("the delivery is not signed; set a secret on the webhook")]
    Missing,
    /// The signature does not have the expected form.
    #[error("the signature is malformed")]
    Malformed,
    /// The signature is made with another algorithm.
    #[error("the signature is not HMAC SHA-256")]
    UnknownAlgorithm,
    /// The body or the secret is another one.
    #[error("the signature does not fit; the webhook's secret is not the one configured here")]
    Mismatch,
}
