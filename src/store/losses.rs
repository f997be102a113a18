//! Jobs that lost their machine while they ran: the evidence, and how far running them again has come.
//!
//! The rows are locked after those of entities and jobs.

use std::time::Duration;

use diesel::dsl::max;
use diesel::prelude::*;

use super::conn::{load_locked, on};
use super::jobs::{find_row, with_open_losses};
use super::kept;
use super::schema::{entities, job_losses, jobs};
use super::unit::Tx;
use super::{Error, Store, columns, entities as rows_of_entities};
use crate::model::{ChangeKind, ChangeOp, EntityId, EventLevel, Job, JobId, JobStatus, Loss, LostJob, Rerun, RerunLimits, RerunPast};

/// The span that the limit of a day counts.
const DAY: Duration = Duration::from_hours(24);

impl Store {
    /// Notes that a job which runs has lost its machine. The first evidence stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_loss(&self, id: JobId, entity: EntityId, loss: Loss) -> Result<(), Error> {
        self.write(move |tx| {
            let known: Vec<(String, i64)> = load_locked!(&mut tx.conn, jobs::table.find(id.0).select((jobs::status, jobs::run_id)))?;
            let Some((_, run)) = known.first().filter(|(status, _)| status == JobStatus::InProgress.as_str()) else { return Ok(()) };
            let values = (
                job_losses::job_id.eq(id.0),
                job_losses::entity_id.eq(entity.to_string()),
                job_losses::run_id.eq(run),
                job_losses::is_open.eq(loss.is_open()),
                job_losses::attempt.eq(0),
                job_losses::loss.eq(columns::to_json(&loss)),
            );
            on!(&mut tx.conn, |c| diesel::insert_into(job_losses::table).values(values).on_conflict_do_nothing().execute(c))?;
            tx.changed(ChangeKind::Job, ChangeOp::Update, id, Some(entity));
            Ok(())
        })
        .await
    }

    /// The evidence that a job lost its machine, and what came of it; `None` = it did not, as far as is known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_loss(&self, id: JobId) -> Result<Option<Loss>, Error> {
        self.read(move |tx| {
            let text = job_losses::table.find(id.0).select(job_losses::loss);
            let text: Option<String> = on!(&mut tx.conn, |c| text.first(c).optional())?;
            columns::optional_json("loss of a job", text.as_deref())
        })
        .await
    }

    /// A job of the entity that lost its machine, with what was run again before; `None` when nothing is left to decide.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_lost_job(&self, id: JobId, entity: EntityId) -> Result<Option<(LostJob, RerunPast)>, Error> {
        self.read(move |tx| {
            let Some((loss, run)) = open_loss(tx, id, entity)? else { return Ok(None) };
            let Some(job) = find_row(tx, id)? else { return Ok(None) };
            let past = past(tx, &job, entity, run)?;
            Ok(Some((LostJob { job, loss }, past)))
        })
        .await
    }

    /// Writes down that the forge is about to be asked to run a job again, if the limits allow it and no other job of its run is asked for. Answers
    /// whether they do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_rerun(&self, id: JobId, entity: EntityId, limits: RerunLimits, asked: Loss) -> Result<bool, Error> {
        self.write(move |tx| {
            // One at a time for each entity, because the limits count its jobs.
            let _entity: Vec<String> = load_locked!(&mut tx.conn, entities::table.find(entity.to_string()).select(entities::id))?;
            let Some((_, run)) = open_loss(tx, id, entity)? else { return Ok(false) };
            let Some(job) = find_row(tx, id)? else { return Ok(false) };
            let past = past(tx, &job, entity, run)?;
            let is_allowed = past.of_run < limits.per_run && past.of_day < limits.per_day;
            let others =
                job_losses::table.inner_join(jobs::table).filter(jobs::endpoint.eq(&job.endpoint.0)).filter(job_losses::job_id.ne(id.0));
            let others = others.filter(job_losses::run_id.eq(run)).filter(job_losses::is_open).filter(job_losses::asked_at.is_not_null());
            let others: i64 = on!(&mut tx.conn, |c| others.count().get_result(c))?;
            if !is_allowed || others > 0 {
                return Ok(false);
            }
            write(tx, id, entity, &asked)?;
            Ok(true)
        })
        .await
    }

    /// Writes down how far running a job again has come. `told` is for those who look at the entity.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_loss(&self, id: JobId, entity: EntityId, loss: Loss, told: Option<(EventLevel, String)>) -> Result<(), Error> {
        self.write(move |tx| {
            if open_loss(tx, id, entity)?.is_none() {
                return Ok(());
            }
            write(tx, id, entity, &loss)?;
            told.map_or(Ok(()), |(level, message)| rows_of_entities::add_event(tx, entity, level, &message))
        })
        .await
    }
}

/// The jobs that lost a machine of the entity, and of which something is left to decide, in the order in which the jobs were queued.
pub(super) fn open_of_entity(tx: &mut Tx<'_>, entity: EntityId) -> Result<Vec<LostJob>, Error> {
    let rows = with_open_losses(tx, entity)?;
    rows.into_iter().map(|(job, text)| Ok(LostJob { job, loss: columns::json("loss of a job", &text)? })).collect()
}

/// The loss of a job, if this entity has something left to decide about it, and the number of the job's run.
fn open_loss(tx: &mut Tx<'_>, id: JobId, entity: EntityId) -> Result<Option<(Loss, i64)>, Error> {
    let of_entity = job_losses::table.find(id.0).filter(job_losses::entity_id.eq(entity.to_string()));
    let open = of_entity.filter(job_losses::is_open).select((job_losses::loss, job_losses::run_id));
    let found: Option<(String, i64)> = on!(&mut tx.conn, |c| open.first(c).optional())?;
    found.map(|(text, run)| Ok((columns::json("loss of a job", &text)?, run))).transpose()
}

/// What was run again before, this job's own loss left out: asking once more does not count twice.
fn past(tx: &mut Tx<'_>, job: &Job, entity: EntityId, run: i64) -> Result<RerunPast, Error> {
    let of_run = || job_losses::table.inner_join(jobs::table).filter(job_losses::run_id.eq(run)).filter(jobs::endpoint.eq(&job.endpoint.0));
    let of_job = of_run().filter(jobs::name.eq(&job.name)).filter(job_losses::asked_at.is_not_null()).filter(jobs::id.ne(job.id.0));
    let of_day = job_losses::table.filter(job_losses::entity_id.eq(entity.to_string())).filter(job_losses::job_id.ne(job.id.0));
    let of_day = of_day.filter(job_losses::asked_at.gt(tx.now.before(DAY).as_micros()));
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(RerunPast {
        of_run: count(on!(&mut tx.conn, |c| of_job.count().get_result(c))?),
        of_day: count(on!(&mut tx.conn, |c| of_day.count().get_result(c))?),
        attempt: on!(&mut tx.conn, |c| of_run().select(max(job_losses::attempt)).first::<Option<i64>>(c))?.unwrap_or(0),
    })
}

fn write(tx: &mut Tx<'_>, id: JobId, entity: EntityId, loss: &Loss) -> Result<(), Error> {
    let (asked_at, attempt) = match loss.rerun {
        Rerun::Asked { at, .. } => (Some(at.as_micros()), 0),
        Rerun::Done { at, attempt } => (Some(at.as_micros()), attempt),
        Rerun::Waits | Rerun::Left { .. } => (None, 0),
    };
    let set = (
        job_losses::is_open.eq(loss.is_open()),
        job_losses::asked_at.eq(asked_at),
        job_losses::attempt.eq(attempt),
        job_losses::loss.eq(columns::to_json(loss)),
    );
    on!(&mut tx.conn, |c| kept::update(job_losses::table.find(id.0), set).execute(c))?;
    tx.changed(ChangeKind::Job, ChangeOp::Update, id, Some(entity));
    Ok(())
}
