//! Takes in the fact that a delivery tells, as far as the hook speaks for the job.
//!
//! Who knows the secret of a hook can sign any text. So a hook is believed only about jobs of its own entity: a repository's about that repository,
//! an organization's about the repositories that it owns, an enterprise's about any. Which repository that is, the forge says and not the delivery.
//! The same text can come again much later: a job that was put into the queue long ago, and is not known here, is served when the forge says that it
//! waits.

use super::places::{self, PATIENCE};
use super::services::{Error, Services};
use super::unshown;
use crate::forge::{self, Place};
use crate::model::values::NAME_MAX;
use crate::model::{DeliveryVerdict, EntityKind, EntityRef, JobFact, JobId, ReceivedDelivery, describe};
use crate::store::Recorded;

/// A delivery whose signature holds.
#[derive(Clone, Debug)]
pub struct Delivered<'a> {
    /// The content.
    pub fact: JobFact,
    /// The place of the entity in the delivery, and its number if the delivery has one.
    pub told: (&'a EntityRef, Option<i64>),
    /// The place of the entity as it is known, and its number.
    pub known: (&'a EntityRef, Option<i64>),
    /// The delivery itself, for the record.
    pub received: ReceivedDelivery,
}

/// The outcome of a delivery.
#[derive(Clone, Debug)]
pub enum Heard {
    /// The job's row is as the delivery says, durably.
    Stored(JobId),
    /// The job is further on already.
    Late,
    /// No pool of the entity fits the job, and no runner of the entity has it. It is kept for a while.
    Unmatched,
    /// No pool can ever fit the job, for this reason.
    Unfit(String),
    /// Something else has the name that the entity had: the delivery is not the entity's.
    OfAnotherEntity,
    /// The hook does not speak for the job, for this reason.
    NotSpokenFor(String),
    /// The delivery is old, and the forge does not say that the job waits.
    Old,
}

/// Takes in a delivery, and records what became of it. `may_ask` is looked at before the forge is asked about an old one: an answer that was just given is not asked for again.
///
/// # Errors
/// When the database fails.
pub async fn take_in(services: &Services, delivered: Delivered<'_>, may_ask: impl FnOnce(&JobFact) -> bool) -> Result<Heard, Error> {
    let Delivered { fact, told, known, received } = delivered;
    let received = ReceivedDelivery { entity: Some(fact.entity), place: known.0.path(), ..received };
    let refuse = async |why: &str| {
        services.store.record_delivery(received.clone(), true, DeliveryVerdict::Refused, why.to_owned()).await.map_err(Error::from)
    };
    let fact = match told.1 {
        Some(number) if known != told => {
            let place = Place { number, at: told.0.clone() };
            let Some(signer) = places::find_signer(services, fact.entity, &place).await? else {
                refuse("something else has the name that the entity had").await?;
                return Ok(Heard::OfAnotherEntity);
            };
            spoken_for(fact, &signer.at, signer.number)
        }
        _ => spoken_for(fact, known.0, known.1),
    };
    let fact = match fact {
        Ok(fact) => fact,
        Err(why) => {
            refuse(&why).await?;
            return Ok(Heard::NotSpokenFor(why));
        }
    };
    let (number, repository) = (fact.workflow_job_id, format!("{}/{}", fact.repository_owner, fact.repository_name));
    match services.store.record_delivered_job(fact.clone(), received.clone()).await? {
        Recorded::NeedsProof => {
            let proven = if may_ask(&fact) { prove(services, fact).await? } else { Err("it was asked a moment ago".to_owned()) };
            let proven = match proven {
                Ok(proven) => proven,
                Err(said) => {
                    let why = format!("the job was queued long ago, and the forge does not show that it waits: {said}");
                    services.store.record_delivery(received, true, DeliveryVerdict::Old, why).await?;
                    return Ok(Heard::Old);
                }
            };
            Ok(heard(services.store.record_delivered_job(proven, received).await?, number, &repository))
        }
        recorded => Ok(heard(recorded, number, &repository)),
    }
}

fn heard(recorded: Recorded, number: i64, repository: &str) -> Heard {
    match recorded {
        Recorded::Stored(job) => Heard::Stored(job),
        Recorded::Late(_) => Heard::Late,
        Recorded::Unmatched(_) => Heard::Unmatched,
        Recorded::Unfit(why) => Heard::Unfit(why),
        Recorded::NeedsProof => Heard::Old,
        Recorded::OfAnotherRepository => {
            Heard::NotSpokenFor(format!("job {number} is not known as a job of {repository}; another repository has a job of that number"))
        }
    }
}

/// The fact as the hook of the entity at this place may tell it, or the reason why it may not.
fn spoken_for(fact: JobFact, at: &EntityRef, number: Option<i64>) -> Result<JobFact, String> {
    match at.kind {
        // The delivery can name another one: the repository is the entity itself.
        EntityKind::Repository => {
            Ok(JobFact { repository_number: number, repository_owner: at.owner.clone(), repository_name: at.name.clone(), ..fact })
        }
        EntityKind::Organization if !fact.repository_owner.eq_ignore_ascii_case(&at.name) => {
            Err(format!("the webhook of {at} speaks for repositories of {} only, not for those of others", at.name))
        }
        EntityKind::Organization | EntityKind::Enterprise | EntityKind::Instance => {
            let is_name = |text: &str| !text.is_empty() && text.len() <= NAME_MAX;
            if is_name(&fact.repository_owner) && is_name(&fact.repository_name) {
                Ok(fact)
            } else {
                Err(format!("the delivery does not name the repository of job {}", fact.workflow_job_id))
            }
        }
    }
}

/// The fact as the forge tells it now. Otherwise the words of the forge, which does not show the job, or holds it back and will tell when it waits.
async fn prove(services: &Services, fact: JobFact) -> Result<Result<JobFact, String>, Error> {
    let Some(view) = services.store.entity_settings(fact.entity).await? else { return Ok(Err("the entity is gone".to_owned())) };
    let asked = async {
        let forge = services.forge(&view).await?;
        forge.find_job(&fact.repository_owner, &fact.repository_name, fact.workflow_job_id).await
    };
    Ok(match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(told)) if told.held_back => Err("it holds the job back".to_owned()),
        Ok(Ok(told)) => Ok(fact.answered(told, services.clock.now())),
        // It was not asked. The forge notes a failed delivery, and makes it again when it is asked to.
        Ok(Err(fault @ forge::Error::BudgetSpent { .. })) => return Err(fault.into()),
        Ok(Err(fault)) => {
            let number = fact.workflow_job_id;
            tracing::debug!(job.workflow_job_id = number, error = %describe(&fault), "the forge does not say how the job of an old delivery stands");
            let Some(said) = fault.of_one() else { return Ok(Err(describe(&fault))) };
            unshown::tell(services, fact.entity, &said).await?;
            Err(said)
        }
        Err(_) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
    })
}
