//! Jobs: what forges report, and what is recorded about it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::conn::{load_free, load_locked, on};
use super::kept;
use super::kept_jobs::told_by;
use super::schema::{job_losses, job_memory, jobs, runners};
use super::unit::Tx;
use super::{Error, IDS_PER_QUERY, PAGE, PAGE_ROWS, Store, columns, kept_jobs, machine_memory, pools};
use crate::model::{
    ChangeKind, ChangeOp, DemandSource, EndpointName, EntityId, EntityKind, InstanceStatus, Job, JobFact, JobId, JobRun, JobStatus, Pool,
    PoolId, Reason, Runner, RunnerId, ScaleSetId, ServiceJob, WaitKind, values,
};
use crate::time::Timestamp;

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub(super) struct Row {
    pub(super) id: i64,
    #[diesel(embed)]
    pub(super) facts: Facts,
}

/// A row, and the memory of the machines that were made for it.
pub(super) type JobRow = (Row, Option<String>);

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = jobs, treat_none_as_null = true)]
pub(super) struct Facts {
    endpoint: String,
    pub(super) workflow_job_id: i64,
    run_id: i64,
    run_attempt: i64,
    name: String,
    pub(super) status: String,
    conclusion: String,
    labels: String,
    repository_number: Option<i64>,
    repository_owner: String,
    repository_name: String,
    run_url: String,
    forge_runner_id: i64,
    runner_name: String,
    runner_group_id: i64,
    runner_group_name: String,
    runner_id: Option<String>,
    repository_id: Option<String>,
    organization_id: Option<String>,
    enterprise_id: Option<String>,
    instance_id: Option<String>,
    claimed_by: Option<String>,
    pub(super) reason: Option<String>,
    queued_at: i64,
    started_at: Option<i64>,
    pub(super) completed_at: Option<i64>,
    /// 0 = never so far.
    matched_at: i64,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) scale_set_id: Option<i64>,
    pub(super) service_job_id: Option<String>,
}

pub(super) fn to_job((Row { id, facts: row }, memory): JobRow) -> Result<Job, Error> {
    let entity = |text: &Option<String>| columns::optional_id("entity id", text.as_deref());
    Ok(Job {
        id: JobId(id),
        repository_id: entity(&row.repository_id)?,
        organization_id: entity(&row.organization_id)?,
        enterprise_id: entity(&row.enterprise_id)?,
        instance_id: entity(&row.instance_id)?,
        claimed_by: entity(&row.claimed_by)?,
        endpoint: EndpointName(row.endpoint),
        workflow_job_id: row.workflow_job_id,
        service: match (row.scale_set_id, row.service_job_id) {
            (Some(scale_set), Some(id)) => Some(ServiceJob { scale_set: ScaleSetId(scale_set), id }),
            _ => None,
        },
        run_id: row.run_id,
        run_attempt: row.run_attempt,
        name: row.name,
        status: columns::word("job status", &row.status, JobStatus::from_word)?,
        conclusion: row.conclusion,
        labels: columns::json("labels", &row.labels)?,
        repository_number: row.repository_number,
        repository_owner: row.repository_owner,
        repository_name: row.repository_name,
        run_url: row.run_url,
        forge_runner_id: row.forge_runner_id,
        runner_name: row.runner_name,
        runner_group_id: row.runner_group_id,
        runner_group_name: row.runner_group_name,
        runner_id: columns::optional_id("runner id", row.runner_id.as_deref())?,
        memory: columns::optional_json("memory of a job", memory.as_deref())?,
        reason: columns::optional_json("reason", row.reason.as_deref())?,
        queued_at: columns::time(row.queued_at),
        started_at: columns::optional_time(row.started_at),
        completed_at: columns::optional_time(row.completed_at),
        matched_at: (row.matched_at != 0).then(|| columns::time(row.matched_at)),
        created_at: columns::time(row.created_at),
        updated_at: columns::time(row.updated_at),
    })
}

/// A position in the list of all jobs: when a job was queued, and its row number.
#[derive(Clone, Copy, Debug)]
pub struct JobPosition(i64, i64);

/// Whether a pool has ever fitted a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matched {
    /// One has.
    #[default]
    Yes,
    /// None so far.
    NotSoFar,
    /// That does not matter.
    Either,
}

/// Which jobs are listed. An absent part matches all.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Whether a pool has ever fitted them.
    pub matched: Matched,
    /// Where they stand.
    pub status: Option<JobStatus>,
    /// An entity whose hook reported them.
    pub entity: Option<EntityId>,
    /// A pool that fits them, of an entity whose hook reported them.
    pub pool: Option<PoolId>,
    /// A label that they ask for.
    pub label: Option<String>,
    /// They were queued then or later.
    pub since: Option<Timestamp>,
    /// Their number at the forge.
    pub number: Option<i64>,
}

impl JobFilter {
    /// All jobs, also those that no pool has fitted so far.
    #[must_use]
    pub fn all() -> Self {
        Self { matched: Matched::Either, ..Self::default() }
    }
}

/// The outcome of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The job's row is as the report says, durably.
    Stored(JobId),
    /// The job is further on already.
    Late(JobId),
    /// No pool of the entity fits the job, and no runner of it has it. The job's row is kept for a while, for a pool that fits.
    Unmatched(JobId),
    /// No pool can ever fit, for this reason: the job asks for no label, or for more than a runner can have.
    Unfit(String),
    /// The number is that of a job of another repository, and nobody has told that this repository has a job of that number.
    OfAnotherRepository,
    /// The delivery is old and the job is not known: only the forge can say whether the job still waits.
    NeedsProof,
}

impl Store {
    /// The jobs that match a filter, in the order they were queued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_jobs(&self, filter: JobFilter) -> Result<Vec<Job>, Error> {
        let (mut all, mut next) = self.page_of_jobs(filter.clone(), None).await?;
        while let Some(after) = next {
            let (more, then) = self.page_of_jobs(filter.clone(), Some(after)).await?;
            all.extend(more);
            next = then;
        }
        Ok(all)
    }

    /// The next jobs of the list of those that match, in the order they were queued, and the position after them; `None` when there are no more. A
    /// page can be short, or empty. A job keeps its place in the list, so none is left out and none is there twice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page_of_jobs(&self, filter: JobFilter, after: Option<JobPosition>) -> Result<(Vec<Job>, Option<JobPosition>), Error> {
        let JobPosition(queued_at, id) = after.unwrap_or(JobPosition(i64::MIN, i64::MIN));
        self.read(move |tx| {
            let pool = match filter.pool {
                Some(id) => match pools::find(tx, id)? {
                    Some(pool) => Some(pool),
                    None => return Ok((Vec::new(), None)),
                },
                None => None,
            };
            let rows: Vec<JobRow> = on!(&mut tx.conn, |c| {
                let place = sql::<Bool>("(jobs.queued_at, jobs.id) > (").bind::<BigInt, _>(queued_at).sql(", ");
                let rest = jobs::table.left_join(job_memory::table).filter(place.bind::<BigInt, _>(id).sql(")"));
                let mut rest = match filter.matched {
                    Matched::Yes => rest.filter(jobs::matched_at.gt(0)).into_boxed(),
                    Matched::NotSoFar => rest.filter(jobs::matched_at.eq(0)).into_boxed(),
                    Matched::Either => rest.into_boxed(),
                };
                for entity in filter.entity.into_iter().chain(pool.as_ref().map(|pool| pool.entity_id)).map(|id| id.to_string()) {
                    let by_repository = jobs::repository_id.eq(entity.clone()).or(jobs::organization_id.eq(entity.clone()));
                    let reported = by_repository.or(jobs::enterprise_id.eq(entity.clone())).or(jobs::instance_id.eq(entity));
                    rest = rest.filter(reported);
                }
                if let Some(status) = filter.status {
                    rest = rest.filter(jobs::status.eq(status.as_str()));
                }
                if let Some(since) = filter.since {
                    rest = rest.filter(jobs::queued_at.ge(since.as_micros()));
                }
                if let Some(number) = filter.number {
                    rest = rest.filter(jobs::workflow_job_id.eq(number));
                }
                let page = rest.order((jobs::queued_at, jobs::id)).limit(PAGE);
                page.select((Row::as_select(), job_memory::memory.nullable())).load(c)
            })?;
            let last = rows.last().map(|(row, _)| JobPosition(row.facts.queued_at, row.id));
            let next = last.filter(|_| rows.len() == PAGE_ROWS);
            let mut page = rows.into_iter().map(to_job).collect::<Result<Vec<Job>, _>>()?;
            page.retain(|job| {
                let has_label = |label: &String| job.labels.iter().any(|known| known.eq_ignore_ascii_case(label));
                filter.label.as_ref().is_none_or(has_label) && pool.as_ref().is_none_or(|pool| pool.fits(&job.labels))
            });
            explain_unmatched(tx, &mut page)?;
            Ok((page, next))
        })
        .await
    }

    /// The place of a job in the list; `None` when there is no such job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_position(&self, id: JobId) -> Result<Option<JobPosition>, Error> {
        self.read(move |tx| {
            let place = jobs::table.find(id.0).select((jobs::queued_at, jobs::id));
            let place: Option<(i64, i64)> = on!(&mut tx.conn, |c| place.first(c).optional())?;
            Ok(place.map(|(queued_at, id)| JobPosition(queued_at, id)))
        })
        .await
    }

    /// How many jobs wait that no pool has fitted so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_unmatched_jobs(&self) -> Result<i64, Error> {
        self.read(move |tx| {
            let waiting = jobs::table.filter(jobs::status.eq(JobStatus::Queued.as_str())).filter(jobs::matched_at.eq(0));
            Ok(on!(&mut tx.conn, |c| waiting.count().get_result(c))?)
        })
        .await
    }

    /// The jobs that are not over and that a pool fits, at most `limit` of them, in the order they were queued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_open_jobs(&self, limit: usize) -> Result<Vec<Job>, Error> {
        self.read(move |tx| {
            let is_open = jobs::status.eq(JobStatus::Queued.as_str()).or(jobs::status.eq(JobStatus::InProgress.as_str()));
            let open = jobs::table.left_join(job_memory::table).filter(is_open).filter(jobs::matched_at.gt(0));
            let first = open.order((jobs::queued_at, jobs::id)).limit(i64::try_from(limit).unwrap_or(i64::MAX));
            let rows: Vec<JobRow> = on!(&mut tx.conn, |c| first.select((Row::as_select(), job_memory::memory.nullable())).load(c))?;
            rows.into_iter().map(to_job).collect()
        })
        .await
    }

    /// How long the last jobs ran that an entity's hook reported and that came to an end by themselves, newest first: at most 500, of the
    /// last 5,000 that anything was heard of.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recent_runs(&self, entity: EntityId, kind: EntityKind) -> Result<Vec<JobRun>, Error> {
        const RUNS: i64 = 500;
        const ROWS: i64 = 5_000;
        type Run = (String, String, String, String, Option<i64>, Option<i64>);
        self.read(move |tx| {
            let newest: Option<i64> = on!(&mut tx.conn, |c| jobs::table.select(diesel::dsl::max(jobs::id)).first(c))?;
            let id = entity.to_string();
            let rows: Vec<Run> = on!(&mut tx.conn, |c| {
                let over = jobs::table.filter(jobs::status.eq(JobStatus::Completed.as_str())).filter(jobs::matched_at.gt(0));
                let over = over.filter(jobs::id.gt(newest.unwrap_or_default() - ROWS)).filter(jobs::started_at.is_not_null());
                let ended = jobs::conclusion.eq("success").or(jobs::conclusion.eq("failure"));
                let runs = told_by!(over.filter(ended).into_boxed(), kind, id).order(jobs::id.desc()).limit(RUNS);
                let columns =
                    (jobs::repository_owner, jobs::repository_name, jobs::name, jobs::labels, jobs::started_at, jobs::completed_at);
                runs.select(columns).load(c)
            })?;
            let run = |(owner, repository, name, labels, started_at, completed_at): Run| {
                let (Some(from), Some(to)) = (columns::optional_time(started_at), columns::optional_time(completed_at)) else {
                    return Ok(None);
                };
                let labels = columns::json("labels", &labels)?;
                Ok(Some(JobRun { repository: format!("{owner}/{repository}"), name, labels, took: to.since(from) }))
            };
            rows.into_iter().filter_map(|row| run(row).transpose()).collect()
        })
        .await
    }

    /// How many jobs wait that a pool fits, by the reason that was recorded last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_waiting_jobs(&self) -> Result<BTreeMap<WaitKind, u64>, Error> {
        self.read(move |tx| {
            let waiting = jobs::table.filter(jobs::status.eq(JobStatus::Queued.as_str())).filter(jobs::matched_at.gt(0));
            let reasons: Vec<Option<String>> = on!(&mut tx.conn, |c| waiting.select(jobs::reason).load(c))?;
            let mut counts = BTreeMap::new();
            for text in reasons {
                let reason: Option<Reason> = columns::optional_json("reason", text.as_deref())?;
                *counts.entry(reason.and_then(|reason| reason.wait_kind()).unwrap_or(WaitKind::Unplanned)).or_default() += 1;
            }
            Ok(counts)
        })
        .await
    }

    /// The job with this row number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_job(&self, id: JobId) -> Result<Option<Job>, Error> {
        self.read(move |tx| {
            let mut job = find_row(tx, id)?;
            explain_unmatched(tx, job.as_mut_slice())?;
            Ok(job)
        })
        .await
    }

    /// The jobs with these row numbers, as far as there are any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_jobs(&self, ids: Vec<JobId>) -> Result<BTreeMap<JobId, Job>, Error> {
        self.read(move |tx| {
            let mut found = BTreeMap::new();
            let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
            for chunk in ids.chunks(IDS_PER_QUERY) {
                let these = jobs::table.left_join(job_memory::table).filter(jobs::id.eq_any(chunk));
                let rows: Vec<JobRow> = on!(&mut tx.conn, |c| these.select((Row::as_select(), job_memory::memory.nullable())).load(c))?;
                for row in rows {
                    let job = to_job(row)?;
                    found.insert(job.id, job);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Takes in what a delivery says about a job and about the runner that has it, in one transaction. The same again changes nothing.
    ///
    /// The fact is about a job of its repository only. A job of the same number in another repository stays as it is, whoever came first: the two
    /// have rows of their own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_job(&self, report: JobFact) -> Result<Recorded, Error> {
        tracing::debug!(job.workflow_job_id = report.workflow_job_id, job.status = %report.status, fact.source = %report.source, fact.at = %report.at, "fact about a job");
        let told = Told::new(report);
        self.write(move |tx| record(tx, &told)).await
    }

    /// Gives up an entity's claim on a waiting job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_job(&self, id: JobId, entity: EntityId) -> Result<(), Error> {
        self.write(move |tx| {
            let claimed = jobs::table.filter(jobs::id.eq(id.0)).filter(jobs::claimed_by.eq(entity.to_string()));
            if on!(&mut tx.conn, |c| kept::update(claimed, jobs::claimed_by.eq(None::<String>)).execute(c))? == 0 {
                return Ok(());
            }
            let row: Row = on!(&mut tx.conn, |c| jobs::table.find(id.0).select(Row::as_select()).first(c))?;
            let job = to_job((row, None))?;
            // Other entities that reported it may serve it now.
            for reporter in reporters(&job) {
                tx.changed(ChangeKind::Job, ChangeOp::Update, id, Some(reporter));
            }
            Ok(())
        })
        .await
    }

    /// Records why jobs wait and runners are as they are. Reasons are remarks: they ring no bell. A row that changed since it was looked at keeps
    /// its reason: the plan that follows the change says more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_reasons(&self, mut of_jobs: Vec<JobRemark>, mut of_runners: Vec<RunnerRemark>) -> Result<(), Error> {
        // Two units that change the same rows must lock them in one order.
        of_jobs.sort_by_key(|remark| remark.job);
        of_runners.sort_by_key(|remark| remark.runner.to_string());
        self.write(move |tx| {
            for JobRemark { job, status, at, reason } in of_jobs {
                let text = reason.as_ref().map(columns::to_json);
                let same = jobs::table.find(job.0).filter(jobs::updated_at.eq(at.as_micros())).filter(jobs::status.eq(status.as_str()));
                on!(&mut tx.conn, |c| kept::update(same, jobs::reason.eq(&text)).execute(c))?;
            }
            for RunnerRemark { runner, at, reason } in of_runners {
                let text = columns::to_json(&reason);
                // What is on its way out keeps the reason it was sent away for.
                let same = runners::table.find(runner.to_string()).filter(runners::updated_at.eq(at.as_micros()));
                let staying = same.filter(runners::status.ne_all(InstanceStatus::LEAVING.map(InstanceStatus::as_str)));
                on!(&mut tx.conn, |c| kept::update(staying, runners::reason.eq(&text)).execute(c))?;
            }
            Ok(())
        })
        .await
    }
}

/// Why a job waits, or that nothing is left to say about it.
#[derive(Clone, Debug)]
pub struct JobRemark {
    /// The job.
    pub job: JobId,
    /// The status that the remark is about.
    pub status: JobStatus,
    /// When the job last changed before the remark was made.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
}

/// Why a runner is as it is.
#[derive(Clone, Debug)]
pub struct RunnerRemark {
    /// The runner.
    pub runner: RunnerId,
    /// When the runner last changed before the remark was made.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// The job with this row number, as its row is.
pub(super) fn find_row(tx: &mut Tx<'_>, id: JobId) -> Result<Option<Job>, Error> {
    let with_memory = jobs::table.left_join(job_memory::table).filter(jobs::id.eq(id.0));
    let row: Option<JobRow> =
        on!(&mut tx.conn, |c| with_memory.select((Row::as_select(), job_memory::memory.nullable())).first(c).optional())?;
    row.map(to_job).transpose()
}

/// The entity that has something left to decide about the loss of a job.
fn decides_about_loss(tx: &mut Tx<'_>, id: JobId) -> Result<Option<EntityId>, Error> {
    let open = job_losses::table.find(id.0).filter(job_losses::is_open).select(job_losses::entity_id);
    let entity: Option<String> = on!(&mut tx.conn, |c| open.first(c).optional())?;
    entity.map(|text| columns::id("entity", &text)).transpose()
}

/// The jobs that lost a machine of the entity and of which something is left to decide, with their losses, in the order they were queued.
pub(super) fn with_open_losses(tx: &mut Tx<'_>, entity: EntityId) -> Result<Vec<(Job, String)>, Error> {
    let open = jobs::table.inner_join(job_losses::table).filter(job_losses::entity_id.eq(entity.to_string())).filter(job_losses::is_open);
    let open = open.order((jobs::queued_at, jobs::id));
    let rows: Vec<(Row, String)> = on!(&mut tx.conn, |c| open.select((Row::as_select(), job_losses::loss)).load(c))?;
    // Another entity may have the job by now, and writes the remark on it. Nothing depends on that here.
    rows.into_iter().map(|(row, loss)| Ok((Job { reason: None, ..to_job((row, None))? }, loss))).collect()
}

/// The jobs an entity's hooks reported that are not over and that a pool fits, of this entity or of another that reported them. All of them, or
/// those of these.
pub(super) fn open_of_entity(
    tx: &mut Tx<'_>,
    entity: EntityId,
    kind: EntityKind,
    these: Option<&BTreeSet<JobId>>,
) -> Result<Vec<Job>, Error> {
    let ids: Vec<i64> = these.into_iter().flatten().map(|id| id.0).collect();
    let chunks: Vec<Option<Cow<'_, [i64]>>> = if these.is_some() { kept::lists(&ids).map(Some).collect() } else { vec![None] };
    let id = entity.to_string();
    let mut found = Vec::new();
    for chunk in chunks {
        let rows: Vec<JobRow> = on!(&mut tx.conn, |c| {
            let with_memory = jobs::table.left_join(job_memory::table).into_boxed();
            let query = if let Some(ids) = &chunk {
                // By their ids alone: with the rest, SQLite would look at all open jobs of the entity.
                with_memory.filter(kept::one_of(jobs::id, ids))
            } else {
                let is_open = jobs::status.eq(JobStatus::Queued.as_str()).or(jobs::status.eq(JobStatus::InProgress.as_str()));
                told_by!(with_memory.filter(is_open).filter(jobs::matched_at.gt(0)), kind, &id)
            };
            query.order((jobs::queued_at, jobs::id)).select((Row::as_select(), job_memory::memory.nullable())).load(c)
        })?;
        for row in rows.into_iter().filter(|(row, _)| is_open_of(&row.facts, kind, &id)) {
            found.push(to_job(row)?);
        }
    }
    Ok(found)
}

/// Whether plans of the entity read the job: it is not over, a pool fits it, and a hook of the entity reported it.
fn is_open_of(facts: &Facts, kind: EntityKind, entity: &str) -> bool {
    let reporter = match kind {
        EntityKind::Repository => &facts.repository_id,
        EntityKind::Organization => &facts.organization_id,
        EntityKind::Enterprise => &facts.enterprise_id,
        EntityKind::Instance => &facts.instance_id,
    };
    let is_open = facts.status == JobStatus::Queued.as_str() || facts.status == JobStatus::InProgress.as_str();
    is_open && facts.matched_at > 0 && reporter.as_deref() == Some(entity)
}

/// A fact in the form in which facts are kept and compared.
pub(super) struct Told {
    pub(super) fact: JobFact,
    /// Why no runner can have the labels that the job asks for; they are left out.
    unfit: Option<String>,
}

impl Told {
    pub(super) fn new(fact: JobFact) -> Self {
        let (labels, unfit) = match values::job_labels(fact.labels) {
            Ok(labels) if labels.is_empty() => (labels, Some("there is no label".to_owned())),
            Ok(labels) => (labels, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        let fact = JobFact {
            name: columns::name(&fact.name),
            conclusion: columns::name(&fact.conclusion),
            labels,
            repository_owner: columns::name(&fact.repository_owner),
            repository_name: columns::name(&fact.repository_name),
            run_url: columns::name(&fact.run_url),
            runner_name: columns::name(&fact.runner_name),
            runner_group_name: columns::name(&fact.runner_group_name),
            ..fact
        };
        Self { fact, unfit }
    }
}

pub(super) fn record(tx: &mut Tx<'_>, told: &Told) -> Result<Recorded, Error> {
    let report = &told.fact;
    // Before rows of jobs are locked: pools are locked before jobs.
    let is_fitting = some_pool_fits(tx, report)?;
    tx.be_alone_with_job(report.workflow_job_id)?;
    let at_forge = jobs::table.filter(jobs::endpoint.eq(&report.endpoint.0)).filter(jobs::workflow_job_id.eq(report.workflow_job_id));
    let known: Vec<Row> = load_locked!(&mut tx.conn, at_forge.order(jobs::id), Row)?;
    let is_known_elsewhere = !known.is_empty();
    let (same_name, moved): (Vec<Row>, Vec<Row>) =
        known.into_iter().filter(|row| is_about(&row.facts, report)).partition(|row| has_name(&row.facts, report));
    let runner = match report.runner_name.as_str() {
        "" => None,
        name => super::runners::find_of_entity(tx, name, report.entity)?.filter(|runner| runner.may_be(report.forge_runner_id)),
    };
    let known = same_name.into_iter().chain(moved).next();
    let row = match find_of_service(tx, runner.as_ref(), known.as_ref())? {
        Some(of_service) => Some(unite(tx, of_service, known, report.workflow_job_id)?),
        None => known,
    };
    let Some(row) = row else {
        // A hook that is first with the number of another's job must not keep the other from telling of it. That job was put into the queue, though:
        // what was never heard of there neither runs nor ends.
        if is_known_elsewhere && report.status != JobStatus::Queued {
            return Ok(Recorded::OfAnotherRepository);
        }
        // Also of a job that runs elsewhere or is over: its row is what shows that a `queued` that comes later is old.
        if !is_fitting && runner.is_none() {
            if let Some(why) = &told.unfit {
                return Ok(Recorded::Unfit(format!("no runner can have the labels of the job: {why}")));
            }
            let facts = merge(None, report, None, is_fitting, tx.now);
            let id = on!(&mut tx.conn, |c| diesel::insert_into(jobs::table).values(&facts).returning(jobs::id).get_result(c))?;
            kept_jobs::make_room(tx, id, report.entity, report.entity_kind)?;
            return Ok(Recorded::Unmatched(JobId(id)));
        }
        if report.needs_proof(tx.now) {
            return Ok(Recorded::NeedsProof);
        }
        let facts = merge(None, report, runner.as_ref(), is_fitting, tx.now);
        let id: i64 = on!(&mut tx.conn, |c| diesel::insert_into(jobs::table).values(&facts).returning(jobs::id).get_result(c))?;
        tx.changed(ChangeKind::Job, ChangeOp::Create, id, Some(report.entity));
        tell_runner(tx, runner, JobId(id), report)?;
        return Ok(Recorded::Stored(JobId(id)));
    };

    let id = JobId(row.id);
    let status = columns::word("job status", &row.facts.status, JobStatus::from_word)?;
    let (told, known) = (report.run_attempt, row.facts.run_attempt);
    // Forges that number jobs anew with each attempt do not come here. Others begin the same job again.
    let is_next_attempt = known > 0 && told > known;
    let is_earlier_attempt = told > 0 && told < known;
    if is_earlier_attempt || (report.status < status && !is_next_attempt) {
        return Ok(Recorded::Late(id));
    }
    if is_next_attempt {
        if report.needs_proof(tx.now) {
            return Ok(Recorded::NeedsProof);
        }
        on!(&mut tx.conn, |c| diesel::delete(job_memory::table.find(id.0)).execute(c))?;
    }
    let before = Some(&row.facts).filter(|_| !is_next_attempt);
    let facts = merge(before, report, runner.as_ref(), is_fitting, tx.now);
    let is_released = report.source == DemandSource::Delivery && status == JobStatus::Queued && is_held_back(&row.facts)?;
    if facts != row.facts || is_released {
        let facts = Facts { updated_at: tx.now.as_micros(), ..facts };
        on!(&mut tx.conn, |c| kept::update(jobs::table.find(id.0), &facts).execute(c))?;
        let op = if row.facts.matched_at == 0 { ChangeOp::Create } else { ChangeOp::Update };
        let (before, job) = (to_job((row, None))?, to_job((Row { id: id.0, facts }, None))?);
        // Also an entity that the job is no longer of: where two of one kind tell of a job, the last one has it.
        let mut concerned: BTreeSet<EntityId> = reporters(&before).chain(reporters(&job)).collect();
        // And one whose machine was lost under the job, also where another entity has the job by now.
        if status == JobStatus::InProgress {
            concerned.extend(decides_about_loss(tx, id)?);
        }
        // A job that no pool fits concerns no plan.
        for reporter in concerned.into_iter().filter(|_| before.matched_at.is_some() || job.matched_at.is_some()) {
            tx.changed(ChangeKind::Job, op, id, Some(reporter));
        }
        if job.matched_at.is_none() {
            return Ok(Recorded::Unmatched(id));
        }
    } else if row.facts.matched_at == 0 {
        return Ok(Recorded::Unmatched(id));
    }
    tell_runner(tx, runner, id, report)?;
    Ok(Recorded::Stored(id))
}

/// The row that the service of a scale set has made of the job which the runner has, unless it is the one that is known by the forge's number.
fn find_of_service(tx: &mut Tx<'_>, runner: Option<&Runner>, known: Option<&Row>) -> Result<Option<Row>, Error> {
    let Some(job) = runner.filter(|runner| runner.set_id.scale_set().is_some()).and_then(|runner| runner.job_id) else { return Ok(None) };
    if known.is_some_and(|row| row.id == job.0) {
        return Ok(None);
    }
    let of_service = jobs::table.find(job.0).filter(jobs::scale_set_id.is_not_null()).filter(jobs::workflow_job_id.lt(0));
    // The runner is locked already. Where a message is being taken in, the next fact about the job makes one row of both.
    Ok(load_free!(&mut tx.conn, of_service, Row)?.pop())
}

/// Makes one row of two: that of a service, and the one that other sources have made of the same job, if they have. A runner has one job, so both are that.
pub(super) fn unite(tx: &mut Tx<'_>, of_service: Row, other: Option<Row>, number: i64) -> Result<Row, Error> {
    let mut row = of_service;
    if let Some(other) = other {
        (row.facts.run_attempt, row.facts.repository_number) = (other.facts.run_attempt, other.facts.repository_number);
        row.facts.run_url.clone_from(&other.facts.run_url);
        super::runners::have_job(tx, JobId(other.id), JobId(row.id))?;
        on!(&mut tx.conn, |c| diesel::delete(jobs::table.find(other.id)).execute(c))?;
        for reporter in reporters(&to_job((other.clone(), None))?) {
            tx.changed(ChangeKind::Job, ChangeOp::Delete, other.id, Some(reporter));
        }
    }
    row.facts.workflow_job_id = number;
    on!(&mut tx.conn, |c| kept::update(jobs::table.find(row.id), &row.facts).execute(c))?;
    Ok(row)
}

/// Whether the forge held the job back when it was last asked. A delivery that comes then probably releases the job.
fn is_held_back(facts: &Facts) -> Result<bool, Error> {
    let reason: Option<Reason> = columns::optional_json("reason", facts.reason.as_deref())?;
    Ok(reason == Some(Reason::HeldBack))
}

/// Whether a pool of the entity fits. If none does, none will appear until this unit ends.
fn some_pool_fits(tx: &mut Tx<'_>, report: &JobFact) -> Result<bool, Error> {
    let fits = |tx: &mut Tx<'_>| {
        let pools = kept_jobs::labels_of_pools(tx, report.entity)?;
        Ok::<_, Error>(pools.iter().any(|labels| Pool::tags_fit(labels, &report.labels)))
    };
    if fits(tx)? {
        return Ok(true);
    }
    kept_jobs::hold_off_pools(tx, report.entity)?;
    fits(tx)
}

/// Says of each job that no pool has fitted so far which pool comes nearest now. Plans do not look at these jobs.
fn explain_unmatched(tx: &mut Tx<'_>, jobs: &mut [Job]) -> Result<(), Error> {
    if jobs.iter().all(|job| job.matched_at.is_some()) {
        return Ok(());
    }
    let pools = pools::list(tx, None)?;
    for job in jobs.iter_mut().filter(|job| job.matched_at.is_none() && job.status == JobStatus::Queued) {
        let may_serve = |pool: &&Pool| reporters(job).any(|entity| entity == pool.entity_id);
        let reason = Reason::no_pool_fits(&job.labels, pools.iter().filter(may_serve).map(|pool| (pool.id.into(), pool.tags.as_slice())));
        job.reason = Some(reason);
    }
    Ok(())
}

/// Whether a row is that of the job which the report is about, of all rows with the job's number.
///
/// The repository decides. Its number at the forge stays when its name changes. But an organization's hook can tell any number of its repositories,
/// so another name under the same number is believed only of an entity that speaks for the row already.
fn is_about(row: &Facts, report: &JobFact) -> bool {
    let same_owner = row.repository_owner.eq_ignore_ascii_case(&report.repository_owner);
    match (row.repository_number, report.repository_number) {
        (Some(known), Some(told)) if known == told => {
            let entity = report.entity.to_string();
            let has_reported = [&row.repository_id, &row.organization_id, &row.enterprise_id, &row.instance_id].contains(&&Some(entity));
            let speaks_for_all = matches!(report.entity_kind, EntityKind::Enterprise | EntityKind::Instance);
            same_owner || has_reported || speaks_for_all
        }
        // What has the name now is something else than what had the name before.
        (Some(_), Some(_)) => false,
        _ => has_name(row, report),
    }
}

/// Whether the row has the repository's name of the report. Forges ignore case in names.
fn has_name(row: &Facts, report: &JobFact) -> bool {
    row.repository_owner.eq_ignore_ascii_case(&report.repository_owner) && row.repository_name.eq_ignore_ascii_case(&report.repository_name)
}

/// The row as the report makes it. The labels stay as they were told first: a forge never changes those of a job, so who tells others is wrong.
pub(super) fn merge(before: Option<&Facts>, report: &JobFact, runner: Option<&Runner>, is_fitting: bool, now: Timestamp) -> Facts {
    let entity = |kind: EntityKind, known: Option<&Option<String>>| {
        if kind == report.entity_kind { Some(report.entity.to_string()) } else { known.cloned().flatten() }
    };
    let known_time = |told: Option<Timestamp>, known: Option<Option<i64>>| told.map(Timestamp::as_micros).or(known.flatten());
    let over = report.status == JobStatus::Completed;
    Facts {
        endpoint: report.endpoint.0.clone(),
        workflow_job_id: report.workflow_job_id,
        run_id: report.run_id,
        run_attempt: report.run_attempt.max(before.map_or(0, |known| known.run_attempt)),
        name: report.name.clone(),
        status: report.status.to_string(),
        conclusion: report.conclusion.clone(),
        labels: before.map_or_else(|| columns::to_json(&report.labels), |known| known.labels.clone()),
        repository_number: report.repository_number.or_else(|| before.and_then(|known| known.repository_number)),
        repository_owner: report.repository_owner.clone(),
        repository_name: report.repository_name.clone(),
        run_url: report.run_url.clone(),
        forge_runner_id: report.forge_runner_id,
        runner_name: report.runner_name.clone(),
        runner_group_id: report.runner_group_id,
        runner_group_name: report.runner_group_name.clone(),
        runner_id: runner.map(|runner| runner.id.to_string()).or_else(|| before.and_then(|known| known.runner_id.clone())),
        repository_id: entity(EntityKind::Repository, before.map(|known| &known.repository_id)),
        organization_id: entity(EntityKind::Organization, before.map(|known| &known.organization_id)),
        enterprise_id: entity(EntityKind::Enterprise, before.map(|known| &known.enterprise_id)),
        instance_id: entity(EntityKind::Instance, before.map(|known| &known.instance_id)),
        claimed_by: before.and_then(|known| known.claimed_by.clone()),
        reason: before.and_then(|known| known.reason.clone()).filter(|_| !over),
        queued_at: before.map_or_else(|| report.queued_at.unwrap_or(now).as_micros(), |known| known.queued_at),
        started_at: known_time(report.started_at, before.map(|known| known.started_at)),
        completed_at: known_time(report.completed_at, before.map(|known| known.completed_at)),
        matched_at: match before.map_or(0, |known| known.matched_at) {
            0 if is_fitting || runner.is_some() => now.as_micros(),
            known => known,
        },
        created_at: before.map_or(now.as_micros(), |known| known.created_at),
        updated_at: before.map_or(now.as_micros(), |known| known.updated_at),
        scale_set_id: before.and_then(|known| known.scale_set_id),
        service_job_id: before.and_then(|known| known.service_job_id.clone()),
    }
}

/// The runner of a job that runs works; the runner of a job that is over goes. News that comes too late changes no runner.
pub(super) fn tell_runner(tx: &mut Tx<'_>, runner: Option<Runner>, job: JobId, report: &JobFact) -> Result<(), Error> {
    let Some(before) = runner else {
        return if report.runner_name.is_empty() { Ok(()) } else { machine_memory::learn_of_name(tx, report.entity, &report.runner_name) };
    };
    let told = match report.status {
        JobStatus::Queued => return Ok(()),
        JobStatus::InProgress => super::runners::update(tx, &before, |runner| runner.job_began(job)),
        JobStatus::Completed => super::runners::update(tx, &before, |runner| runner.job_over(job)),
    };
    match told {
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

pub(super) fn reporters(job: &Job) -> impl Iterator<Item = EntityId> {
    [job.repository_id, job.organization_id, job.enterprise_id, job.instance_id].into_iter().flatten()
}
