//! The webhook receiver.
//!
//! The decoder of the forge reads headers and body; this file finds the secrets, records and answers. A delivery without a signature is refused before
//! its body arrives. Each hook has its secrets: that of the entity and for a while the one before it, or that of the App. The body is understood only after its signature holds, except for its sender: the repository, its organization or its enterprise,
//! at each endpoint of that address. The signature tells which of them it is. Several can have the same secret. The first one that has a pool for the
//! job takes a `queued` in; all of them hear how the job goes on. The effect is durable before 2xx is answered. The answer to deliveries about other
//! things is 200, so that the forge does not count them as failures.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::any;

use crate::api::paths;
use crate::control::{Delivered, Heard, take_in as take_in_fact};
use crate::forge::{self, Decoder, DeliveryError, Reporter, SignatureError};
use crate::http::body::Whole;
use crate::http::directory::Signer;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{
    DeliveryVerdict, EntityRef, JobFact, JobId, JobStatus, ReceivedDelivery, Runner, RunnerName, RunnerStatus, SecretString, describe,
};

/// The answer to an old delivery of an unknown job.
const OLD: &str = "the job was put into the queue long ago, is not known here, and the forge does not show that it waits; no machine is made for it. If the \
    job does wait, give the credentials the permission to see jobs (Actions: read)";

/// Any method, as upstream; forges use POST.
pub(in crate::http) fn routes() -> Router<App> {
    Router::new().route(paths::WEBHOOKS.template(), any(receive)).route(paths::CONTROLLER_WEBHOOKS.template(), any(receive_for_controller))
}

async fn receive_for_controller(State(app): State<App>, Path(controller_id): Path<String>, request: Request) -> Result<StatusCode, Error> {
    if app.controller_id.to_string().eq_ignore_ascii_case(&controller_id) {
        return receive(State(app), request).await;
    }
    // Without a signature the answer is that of the own address: it must not tell which one that is.
    if let Some(decoder) = forge::decoder(request.headers()) {
        (decoder.signature)(request.headers())?;
    }
    ignored("it is for another controller")
}

async fn receive(State(app): State<App>, request: Request) -> Result<StatusCode, Error> {
    let Some(decoder) = forge::decoder(request.headers()) else { return ignored("its event is none of ours") };
    let began = app.clock().now();
    let head = (decoder.head)(request.headers());
    let mut received = ReceivedDelivery { head, action: String::new(), job: None, entity: None, place: String::new(), at: began };
    let answer = take_in(&app, decoder, request, &mut received).await;
    let (valid, reason) = match &answer {
        Ok(Taken::In) => (true, ""),
        Ok(Taken::NotOurs) => (true, "not_ours"),
        Ok(Taken::OwnerUnknown | Taken::Stranger) => (false, "owner_unknown"),
        Ok(Taken::NotSpokenFor(_)) => (false, "not_spoken_for"),
        Ok(Taken::Old) => (true, "old"),
        Err(Fault::Delivery(DeliveryError::Signature(_))) => (false, "signature_invalid"),
        Err(_) => (false, "unknown"),
    };
    app.services.metrics.delivery(valid, reason, app.clock().now().since(began));
    match &answer {
        Ok(Taken::Stranger) => record_refused(&app, received, "no entity here could have sent it").await,
        Err(Fault::Delivery(fault)) => record_refused(&app, received, &fault.to_string()).await,
        // The forge can make it again.
        Err(Fault::Answer(fault)) if fault.is_internal() => app.services.vitals.lost_deliveries(),
        _ => {}
    }
    match answer? {
        Taken::In | Taken::NotOurs | Taken::OwnerUnknown => Ok(StatusCode::OK),
        // As for a wrong signature: a stranger must not learn who is an entity here.
        Taken::Stranger => Err(Error::unauthorized()),
        Taken::NotSpokenFor(why) => Err(Error::forbidden(why)),
        Taken::Old => Err(Error::conflict(OLD)),
    }
}

/// Why a delivery is not taken in.
enum Fault {
    /// It is not believed, or cannot be read.
    Delivery(DeliveryError),
    /// Its body did not arrive, or the server failed.
    Answer(Error),
}

impl From<DeliveryError> for Fault {
    fn from(fault: DeliveryError) -> Self {
        Self::Delivery(fault)
    }
}

impl From<Error> for Fault {
    fn from(fault: Error) -> Self {
        Self::Answer(fault)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Delivery(fault) => fault.into(),
            Fault::Answer(fault) => fault,
        }
    }
}

/// Records a delivery that is not believed. Anybody can send any number of them: one of each kind is recorded in a minute, and few kinds.
async fn record_refused(app: &App, received: ReceivedDelivery, why: &str) {
    if !app.strangers.may_record(&format!("{} {why}", received.place), received.at) {
        return;
    }
    if let Err(fault) = app.store().record_delivery(received, false, DeliveryVerdict::Refused, why.to_owned()).await {
        tracing::error!(error = %describe(&fault), "cannot record a refused delivery");
    }
}

/// The outcome of a delivery that is no failure.
enum Taken {
    /// Its content is stored.
    In,
    /// It is about a job that none of our pools could run, or a state that is none of ours.
    NotOurs,
    /// Its signature holds, but the entity is another one by now.
    OwnerUnknown,
    /// No entity here could have sent it.
    Stranger,
    /// The hook does not speak for the job, for this reason.
    NotSpokenFor(String),
    /// It is old, and the forge does not say that the job waits.
    Old,
}

async fn take_in(app: &App, decoder: &'static Decoder, request: Request, received: &mut ReceivedDelivery) -> Result<Taken, Fault> {
    let received_at = received.at;
    let headers = request.headers().clone();
    (decoder.signature)(&headers)?;
    let hook = (decoder.hook)(&headers)?;
    let body = Whole::read(&app.bodies, request, app.limits.delivery_bytes).await?;
    let Some(sender) = body.parse(move |bytes| (decoder.sender)(bytes, hook.likely())).await?? else {
        tracing::debug!("a delivery that names no owner");
        return Ok(Taken::Stranger);
    };
    received.action.clone_from(&sender.action);
    received.job = Some(sender.job).filter(|number| *number > 0);
    received.place = sender.entities[0].0.path();
    let candidates = sender.entities.iter().flat_map(|(at, number)| {
        let signers = app.directory.candidates(&sender.web_url, at, *number);
        let with_secret = move |signer: Signer| {
            let secrets = signer.secrets(hook, received_at);
            secrets.into_iter().map(move |secret| (at, *number, signer.clone(), secret))
        };
        signers.into_iter().flat_map(with_secret)
    });
    let candidates: Vec<(&EntityRef, Option<i64>, Signer, SecretString)> = candidates.collect();
    let Some((_, _, likely, _)) = candidates.first() else {
        app.strangers.came(&sender.entities[0].0.path(), &sender.web_url, received_at);
        return Ok(Taken::Stranger);
    };
    let likely = likely.entity;
    let mut answer = Err(DeliveryError::Signature(SignatureError::Mismatch));
    for (at, number, signer, secret) in candidates {
        let reporter = Reporter { entity: signer.entity, kind: at.kind, endpoint: signer.endpoint.clone(), received_at };
        let headers = headers.clone();
        match body.parse(move |bytes| (decoder.open)(&headers, bytes, &secret, reporter)).await? {
            Ok(None) if matches!(answer, Ok(Taken::In)) => {}
            Ok(None) => {
                let received = ReceivedDelivery { entity: Some(signer.entity), place: signer.place.1.path(), ..received.clone() };
                let why = "the server does nothing in this state of a job".to_owned();
                app.store().record_delivery(received, true, DeliveryVerdict::NotWanted, why).await.map_err(Error::from)?;
                answer = Ok(Taken::NotOurs);
            }
            Ok(Some(fact)) => {
                let waits = fact.status == JobStatus::Queued;
                match record(app, fact, &signer, (at, number), received.clone()).await? {
                    // One entity makes the runner. The job may then be another entity's by the time it runs, and that one's runner must hear of it.
                    Taken::In if waits => return Ok(Taken::In),
                    _ if matches!(answer, Ok(Taken::In)) => {}
                    taken => answer = Ok(taken),
                }
            }
            Err(DeliveryError::Signature(SignatureError::Mismatch)) => {}
            // The same with every secret.
            Err(fault) => {
                answer = Err(fault);
                break;
            }
        }
    }
    if let Err(DeliveryError::Signature(why)) = &answer {
        tracing::warn!(entity.id = %likely, reason = %why, "refused a delivery");
    }
    Ok(answer?)
}

/// Stores the content of a delivery, if it is of interest to the entity and the entity's hook speaks for the job. `told` is the entity's place in the
/// delivery.
async fn record(
    app: &App,
    fact: JobFact,
    signer: &Signer,
    told: (&EntityRef, Option<i64>),
    received: ReceivedDelivery,
) -> Result<Taken, Error> {
    let (entity, id, status) = (fact.entity, fact.workflow_job_id, fact.status);
    let begins = (status == JobStatus::InProgress && !fact.runner_name.is_empty()).then(|| RunnerName::from(fact.runner_name.as_str()));
    let runner = match begins {
        Some(name) => app.store().find_runner_by_name(&name).await?.filter(|runner| runner.entity_id == entity),
        None => None,
    };
    let known = (&signer.place.1, signer.place.0);
    let may_ask = |fact: &JobFact| app.strangers.may_ask(&fact.endpoint, fact.workflow_job_id, app.clock().now());
    match take_in_fact(&app.services, Delivered { fact, told, known, received }, may_ask).await? {
        Heard::OfAnotherEntity => return Ok(Taken::OwnerUnknown),
        Heard::NotSpokenFor(why) => {
            app.strangers.spoke_for_others(entity, &why, app.clock().now());
            return Ok(Taken::NotSpokenFor(why));
        }
        Heard::Old => return Ok(Taken::Old),
        Heard::Stored(job) => {
            tracing::debug!(entity.id = %entity, job.workflow_job_id = id, action = %status, "delivery");
            if status == JobStatus::InProgress {
                count_wait(app, job, runner).await?;
            }
        }
        Heard::Late => tracing::debug!(entity.id = %entity, job.workflow_job_id = id, action = %status, "late delivery"),
        Heard::Unfit(why) => {
            app.strangers.asked_too_much(entity, id, &why, app.clock().now());
            return Ok(Taken::NotOurs);
        }
        Heard::Unmatched => {
            tracing::debug!(entity.id = %entity, job.workflow_job_id = id, action = %status, "no pool has the job's labels");
            return Ok(Taken::NotOurs);
        }
    }
    Ok(Taken::In)
}

impl From<DeliveryError> for Error {
    fn from(fault: DeliveryError) -> Self {
        match fault {
            DeliveryError::Signature(_) => Self::unauthorized(),
            DeliveryError::Malformed(_) => Self::bad_request(fault.to_string()),
        }
    }
}

/// One of our runners has taken a job: how long it waited, in the forge's own times.
async fn count_wait(app: &App, job: JobId, runner: Option<Runner>) -> Result<(), Error> {
    let Some(job) = app.store().find_job(job).await? else { return Ok(()) };
    let (Some(runner), Some(started)) = (runner.filter(|runner| job.runner_id == Some(runner.id)), job.started_at) else { return Ok(()) };
    app.services.metrics.job_taken(runner.set_id, started.since(job.queued_at));
    // A runner that took its job before its machine could say that it is idle.
    if matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing) {
        app.services.metrics.runner_ready(runner.provider.as_str(), app.clock().now().since(runner.created_at));
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it is what handlers return")]
fn ignored(why: &str) -> Result<StatusCode, Error> {
    tracing::debug!(reason = why, "delivery ignored");
    Ok(StatusCode::OK)
}
