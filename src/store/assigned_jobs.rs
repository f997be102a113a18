//! Jobs that a service has assigned to a scale set, as its messages tell of them.

use diesel::prelude::*;

use super::conn::{load_free, load_locked, on};
use super::jobs::{Facts, Row, Told, merge, reporters, tell_runner, to_job, unite};
use super::schema::jobs;
use super::unit::Tx;
use super::{Error, Store, columns, kept, runners};
use crate::model::{ChangeKind, ChangeOp, JobFact, JobId, JobStatus, Runner, ScaleSetId, ServiceJob};

impl Store {
    /// Takes in what the service of a scale set tells of a job and of the runner that has it, in one transaction. The same again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_assigned(&self, fact: JobFact, job: ServiceJob) -> Result<(), Error> {
        let told = Told::new(fact);
        self.write(move |tx| record(tx, &told, &job)).await
    }
}

fn record(tx: &mut Tx<'_>, told: &Told, service: &ServiceJob) -> Result<(), Error> {
    tx.be_alone_with_job(service.number())?;
    let of_service = jobs::table.filter(jobs::scale_set_id.eq(service.scale_set.0)).filter(jobs::service_job_id.eq(&service.id));
    let known: Vec<Row> = load_locked!(&mut tx.conn, of_service, Row)?;
    let known = known.into_iter().next();
    let mut runner = match told.fact.runner_name.as_str() {
        "" => None,
        name => runners::find_of_entity(tx, name, told.fact.entity)?,
    };
    let known = match known {
        Some(row) if row.facts.workflow_job_id < 0 => Some(with_number(tx, row, runner.as_mut())?),
        known => known,
    };
    let number = known.as_ref().map_or_else(|| service.number(), |row| row.facts.workflow_job_id);
    let report = &JobFact { workflow_job_id: number, ..told.fact.clone() };
    let with_service = |mut facts: Facts| {
        facts.scale_set_id = Some(service.scale_set.0);
        facts.service_job_id = Some(service.id.clone());
        facts
    };
    let Some(Row { id, facts: before }) = known else {
        let facts = with_service(merge(None, report, runner.as_ref(), true, tx.now));
        let id: i64 = on!(&mut tx.conn, |c| diesel::insert_into(jobs::table).values(&facts).returning(jobs::id).get_result(c))?;
        tx.changed(ChangeKind::Job, ChangeOp::Create, id, Some(report.entity));
        return tell_runner(tx, runner, JobId(id), report);
    };
    let status = columns::word("job status", &before.status, JobStatus::from_word)?;
    // A job that no runner took in time is taken back, and assigned again.
    let is_over_since = columns::optional_time(before.completed_at).filter(|_| status == JobStatus::Completed);
    let is_again = report.status == JobStatus::Queued && is_over_since.is_some_and(|at| report.at > at);
    if report.status < status && !is_again {
        return Ok(());
    }
    let mut facts = if is_again {
        let mut facts = with_service(merge(None, report, None, true, tx.now));
        facts.created_at = before.created_at;
        facts
    } else {
        merge(Some(&before), report, runner.as_ref(), true, tx.now)
    };
    if facts != before {
        facts.updated_at = tx.now.as_micros();
        on!(&mut tx.conn, |c| kept::update(jobs::table.find(id), &facts).execute(c))?;
        tx.changed(ChangeKind::Job, ChangeOp::Update, id, Some(report.entity));
    }
    tell_runner(tx, runner, JobId(id), report)
}

/// The row with the forge's number, where a delivery that was first has made a row of the same job. The runner is locked already: where that row or its
/// number is held, the next fact about the job makes one row of both.
fn with_number(tx: &mut Tx<'_>, row: Row, runner: Option<&mut Runner>) -> Result<Row, Error> {
    let Some(runner) = runner else { return Ok(row) };
    let Some(job) = runner.job_id.filter(|job| job.0 != row.id) else { return Ok(row) };
    let Some(other) = load_free!(&mut tx.conn, jobs::table.find(job.0).filter(jobs::scale_set_id.is_null()), Row)?.pop() else {
        return Ok(row);
    };
    let number = other.facts.workflow_job_id;
    if !tx.is_alone_with_job(number)? {
        return Ok(row);
    }
    let row = unite(tx, row, Some(other), number)?;
    *runner = runner.apply(tx.now, |runner| runner.job_is_now(JobId(row.id)))?;
    Ok(row)
}

/// Ends the jobs of a scale set that are not over: its service has none for it any more, or it is removed.
pub(super) fn end_assigned(tx: &mut Tx<'_>, scale_set: ScaleSetId) -> Result<(), Error> {
    let of_set = jobs::table.filter(jobs::scale_set_id.eq(scale_set.0)).filter(jobs::status.ne(JobStatus::Completed.as_str()));
    let open: Vec<Row> = load_locked!(&mut tx.conn, of_set.order(jobs::id), Row)?;
    let now = tx.now.as_micros();
    for mut row in open {
        row.facts.status = JobStatus::Completed.to_string();
        (row.facts.completed_at, row.facts.updated_at, row.facts.reason) = (Some(now), now, None);
        on!(&mut tx.conn, |c| kept::update(jobs::table.find(row.id), &row.facts).execute(c))?;
        let id = row.id;
        for reporter in reporters(&to_job((row, None))?) {
            tx.changed(ChangeKind::Job, ChangeOp::Update, id, Some(reporter));
        }
    }
    Ok(())
}
