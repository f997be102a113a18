//! The memory of machines: what changes of runners mean for their pools or scale sets, and for the jobs that they were made for.
//!
//! Its tables are locked last, after pools, jobs and runners.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diesel::prelude::*;

use super::conn::{load_locked, on};
use super::kept;
use super::schema::{job_memory, jobs, pool_memory, pools, runners, scale_set_memory, scale_sets, vanished_runners};
use super::unit::Tx;
use super::{Error, Store, columns, entities, set_columns};
use crate::model::{
    Cause, ChangeKind, ChangeOp, EntityId, EventLevel, InstanceStatus, Job, JobMemory, JobStatus, MachineNews, PoolId, PoolMemory, Reason,
    Runner, RunnerSetId, StartTime, Turn, group_named,
};
use crate::time::Timestamp;

/// So long the forge may still tell which job a runner had that vanished: its log of deliveries is read again within this time.
const VANISHED_FOR: Duration = Duration::from_hours(2);

/// Takes in a change of a runner, in the transaction that makes the change.
/// `cause` is that of a runner that fails with the change.
pub(super) fn learn(tx: &mut Tx<'_>, before: &Runner, after: &Runner, cause: Option<Cause>) -> Result<(), Error> {
    if after.has_vanished_since(before) {
        note_vanished(tx, before)?;
    }
    let start = after.start_since(before).map(|start| (start, before.created_at));
    for news in after.news_since(before) {
        if news == MachineNews::HadServed {
            forget_name(tx, before.name.as_str())?;
        }
        learn_of_set(tx, before.entity_id, before.set_id, &news, cause, start)?;
        if let Some(number) = before.made_for {
            learn_of_job(tx, before.entity_id, number, &news)?;
        }
    }
    Ok(())
}

/// Keeps the name of a runner that vanished when it was ready, for as long as the forge may still tell which job the runner had.
fn note_vanished(tx: &mut Tx<'_>, runner: &Runner) -> Result<(), Error> {
    let (pool_id, scale_set_id) = set_columns::values(runner.set_id);
    let values = (
        vanished_runners::name.eq(runner.name.as_str()),
        vanished_runners::pool_id.eq(pool_id),
        vanished_runners::scale_set_id.eq(scale_set_id),
        vanished_runners::made_for.eq(runner.made_for),
        vanished_runners::vanished_at.eq(tx.now.as_micros()),
    );
    on!(&mut tx.conn, |c| diesel::insert_into(vanished_runners::table).values(&values).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The forge names the runner of a job. If that runner vanished and counted as made in vain, it does so no longer.
pub(super) fn learn_of_name(tx: &mut Tx<'_>, entity: EntityId, name: &str) -> Result<(), Error> {
    let of_name = vanished_runners::table.find(name);
    let of_name = of_name.select((vanished_runners::pool_id, vanished_runners::scale_set_id, vanished_runners::made_for));
    let found: Option<(Option<String>, Option<i64>, Option<i64>)> = on!(&mut tx.conn, |c| of_name.first(c).optional())?;
    let Some((pool_id, scale_set_id, made_for)) = found else { return Ok(()) };
    let set = set_columns::runner_set(pool_id.as_deref(), scale_set_id)?;
    if entity_of(tx, set)? != Some(entity) {
        return Ok(());
    }
    // Of two units that hear of the runner at once, one takes the name away.
    if !forget_name(tx, name)? {
        return Ok(());
    }
    learn_of_set(tx, entity, set, &MachineNews::HadServed, None, None)?;
    if let Some(number) = made_for {
        learn_of_job(tx, entity, number, &MachineNews::HadServed)?;
    }
    set_changed(tx, set, entity);
    Ok(())
}

/// The entity of a runner set; `None` = the set is gone.
fn entity_of(tx: &mut Tx<'_>, set: RunnerSetId) -> Result<Option<EntityId>, Error> {
    let entity: Option<String> = on!(&mut tx.conn, |c| match set {
        RunnerSetId::Pool(id) => pools::table.find(id.to_string()).select(pools::entity_id).first(c).optional(),
        RunnerSetId::ScaleSet(id) => scale_sets::table.find(id.0).select(scale_sets::entity_id).first(c).optional(),
    })?;
    columns::optional_id("entity id", entity.as_deref())
}

/// Records that a runner set changed.
fn set_changed(tx: &mut Tx<'_>, set: RunnerSetId, entity: EntityId) {
    match set {
        RunnerSetId::Pool(id) => tx.changed(ChangeKind::Pool, ChangeOp::Update, id, Some(entity)),
        RunnerSetId::ScaleSet(id) => tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, id, Some(entity)),
    }
}

/// Answers whether the name was known.
fn forget_name(tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
    let count = on!(&mut tx.conn, |c| diesel::delete(vanished_runners::table.find(name)).execute(c))?;
    Ok(count > 0)
}

/// Forgets the runners that vanished so long ago that the forge tells no more of them.
pub(super) fn forget_vanished(tx: &mut Tx<'_>) -> Result<(), Error> {
    let before = tx.now.before(VANISHED_FOR).as_micros();
    on!(&mut tx.conn, |c| diesel::delete(vanished_runners::table.filter(vanished_runners::vanished_at.lt(before))).execute(c))?;
    Ok(())
}

/// The place of a runner whose job is over is free: notes how long that took, in the transaction that removes the row.
pub(super) fn learn_of_removal(tx: &mut Tx<'_>, runner: &Runner) -> Result<(), Error> {
    if runner.reason != Some(Reason::JobDone) {
        return Ok(());
    }
    let mut memory = of_set_locked(tx, runner.set_id)?;
    memory.times.removed(tx.now.since(runner.runner_status_at));
    write(tx, runner.set_id, &memory)
}

fn learn_of_set(
    tx: &mut Tx<'_>,
    entity: EntityId,
    set: RunnerSetId,
    news: &MachineNews,
    cause: Option<Cause>,
    start: Option<(StartTime, Timestamp)>,
) -> Result<(), Error> {
    let mut memory = of_set_locked(tx, set)?;
    let known = memory.clone();
    let turn = memory.learn(news, tx.now);
    if let (MachineNews::Served { .. } | MachineNews::Stayed, Some((start, wanted_at))) = (news, start) {
        memory.times.started(start, wanted_at);
    }
    let cause = match news {
        MachineNews::CreationFailed { fault, .. } => Some(Cause::of_creation(fault)),
        MachineNews::Useless { .. } => cause,
        MachineNews::Ignored { .. } => Some(Cause::RetiredVersion),
        MachineNews::Made
        | MachineNews::Served { .. }
        | MachineNews::HadServed
        | MachineNews::Stayed
        | MachineNews::Unused { .. }
        | MachineNews::Withdrawn => None,
    };
    if let Some(cause) = cause {
        *memory.causes.entry(cause).or_default() += 1;
    }
    if memory != known {
        write(tx, set, &memory)?;
    }
    let Some(turn) = turn else { return Ok(()) };
    let (level, message) = match turn {
        Turn::Paused if matches!(news, MachineNews::Ignored { .. }) => {
            let told = memory.ignored.as_ref().map(|ignored| format!("until {}: {}", ignored.until, ignored.told())).unwrap_or_default();
            (EventLevel::Error, format!("{set} makes a pause {told}; a newer version is tried at once"))
        }
        Turn::Paused => {
            let streak = if matches!(news, MachineNews::CreationFailed { .. }) { &memory.failed } else { &memory.in_vain };
            let cause = cause.map(|cause| format!(" ({cause}: {})", cause.explained())).unwrap_or_default();
            let told = format!("{set} makes a pause: {} machines in a row were of no use{cause}; {}", streak.in_a_row, streak.fault);
            (EventLevel::Error, told)
        }
        Turn::Works => (EventLevel::Info, format!("{set} works again, and its pause is over")),
    };
    entities::add_event(tx, entity, level, &message)
}

fn learn_of_job(tx: &mut Tx<'_>, entity_id: EntityId, number: i64, news: &MachineNews) -> Result<(), Error> {
    if matches!(news, MachineNews::Made | MachineNews::CreationFailed { .. } | MachineNews::Stayed | MachineNews::Ignored { .. }) {
        return Ok(());
    }
    // The entity may have given up its claim meanwhile.
    let entity = entity_id.to_string();
    let reported_by = jobs::repository_id.eq(entity.clone()).or(jobs::organization_id.eq(entity.clone()));
    let reported_by = reported_by.or(jobs::enterprise_id.eq(entity.clone())).or(jobs::instance_id.eq(entity));
    let waiting = jobs::table
        .filter(jobs::workflow_job_id.eq(number))
        .filter(jobs::status.eq(JobStatus::Queued.as_str()))
        .filter(reported_by)
        .select(jobs::id);
    let Some(job) = on!(&mut tx.conn, |c| waiting.first::<i64>(c).optional())? else { return Ok(()) };
    let known: Vec<String> = load_locked!(&mut tx.conn, job_memory::table.find(job).select(job_memory::memory))?;
    let known = known.first().map(|text| columns::json("memory of a job", text)).transpose()?;
    let Some(memory) = JobMemory::learn(known, news, tx.now) else { return Ok(()) };
    let text = columns::to_json(&memory);
    let values = (job_memory::job_id.eq(job), job_memory::memory.eq(&text));
    on!(&mut tx.conn, |c| diesel::insert_into(job_memory::table)
        .values(values)
        .on_conflict(job_memory::job_id)
        .do_update()
        .set(job_memory::memory.eq(&text))
        .execute(c))?;
    tx.changed(ChangeKind::Job, ChangeOp::Update, job, Some(entity_id));
    Ok(())
}

/// Adds the machines that other entities made for waiting jobs, which are there and have no job. The planner of this entity does not see their runners.
pub(super) fn count_machines_elsewhere(tx: &mut Tx<'_>, entity: EntityId, jobs: &mut [Job]) -> Result<(), Error> {
    let reported_by = |job: &Job| {
        let all = [job.repository_id, job.organization_id, job.enterprise_id, job.instance_id].into_iter().flatten();
        all.filter(move |other| *other != entity)
    };
    let mut waiting: Vec<&mut Job> = jobs.iter_mut().filter(|job| job.status == JobStatus::Queued).collect();
    let others: BTreeSet<EntityId> = waiting.iter().flat_map(|job| reported_by(job)).collect();
    for other in others {
        let of_other = runners::table.filter(runners::entity_id.eq(other.to_string())).filter(runners::made_for.is_not_null());
        let idle = of_other.filter(runners::status.eq(InstanceStatus::Running.as_str())).filter(runners::job_id.is_null());
        let rows: Vec<(Option<i64>, i64)> =
            on!(&mut tx.conn, |c| idle.select((runners::made_for, runners::runner_status_at)).order(runners::runner_status_at).load(c))?;
        for job in waiting.iter_mut().filter(|job| reported_by(job).any(|reporter| reporter == other)) {
            for (_, since) in rows.iter().filter(|(made_for, _)| *made_for == Some(job.workflow_job_id)) {
                job.memory = Some(JobMemory::with_one_more(job.memory.take(), columns::time(*since)));
            }
        }
    }
    Ok(())
}

/// A person changed a runner set: neither it nor the jobs that wait need pause any longer.
pub(super) fn give_another_chance(tx: &mut Tx<'_>, set: RunnerSetId, entity: EntityId) -> Result<PoolMemory, Error> {
    let mut memory = of_set_locked(tx, set)?;
    let known = memory.clone();
    memory.give_another_chance();
    if memory != known {
        write(tx, set, &memory)?;
        let waiting = jobs::table.filter(jobs::claimed_by.eq(entity.to_string())).filter(jobs::status.eq(JobStatus::Queued.as_str()));
        let of_waiting = job_memory::table.filter(job_memory::job_id.eq_any(waiting.select(jobs::id)));
        let of_waiting = of_waiting.order(job_memory::job_id).select((job_memory::job_id, job_memory::memory));
        let of_jobs: Vec<(i64, String)> = load_locked!(&mut tx.conn, of_waiting)?;
        for (job, text) in of_jobs {
            let known: JobMemory = columns::json("memory of a job", &text)?;
            let text = columns::to_json(&JobMemory { another_chance: true, ..known });
            on!(&mut tx.conn, |c| kept::update(job_memory::table.find(job), job_memory::memory.eq(text)).execute(c))?;
        }
    }
    Ok(memory)
}

/// The memory of these pools. A pool that has made no machine has none.
pub(super) fn of_pools(tx: &mut Tx<'_>, pools: &[String]) -> Result<BTreeMap<String, PoolMemory>, Error> {
    let mut by_pool = BTreeMap::new();
    for chunk in kept::lists(pools) {
        let of_chunk = pool_memory::table.filter(kept::one_of(pool_memory::pool_id, &chunk));
        let query = of_chunk.select((pool_memory::pool_id, pool_memory::memory));
        let rows: Vec<(String, String)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (pool, text) in rows {
            by_pool.insert(pool, columns::json("memory of a pool", &text)?);
        }
    }
    Ok(by_pool)
}

/// The memory of these scale sets, as [`of_pools`].
pub(super) fn of_scale_sets(tx: &mut Tx<'_>, scale_sets: &[i64]) -> Result<BTreeMap<i64, PoolMemory>, Error> {
    let mut by_set = BTreeMap::new();
    for chunk in kept::lists(scale_sets) {
        let of_chunk = scale_set_memory::table.filter(kept::one_of(scale_set_memory::scale_set_id, &chunk));
        let query = of_chunk.select((scale_set_memory::scale_set_id, scale_set_memory::memory));
        let rows: Vec<(i64, String)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (scale_set, text) in rows {
            by_set.insert(scale_set, columns::json("memory of a scale set", &text)?);
        }
    }
    Ok(by_set)
}

impl Store {
    /// Notes to which of an entity's pools the forge gives no jobs of a repository, because their runner group is not open to the repository.
    /// `repository` is [`Job::repository_key`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_closed_groups(&self, entity: EntityId, repository: String, closed: BTreeSet<PoolId>) -> Result<(), Error> {
        self.write(move |tx| {
            let of_entity =
                pools::table.filter(pools::entity_id.eq(entity.to_string())).order(pools::id).select((pools::id, pools::runner_group));
            let all: Vec<(String, String)> = on!(&mut tx.conn, |c| of_entity.load(c))?;
            let ids: Vec<String> = all.iter().map(|(id, _)| id.clone()).collect();
            let known = of_pools(tx, &ids)?;
            for (id, group) in all {
                let pool: PoolId = columns::id("pool", &id)?;
                let was_closed = known.get(&id).is_some_and(|memory| memory.closed_to.contains_key(&repository));
                if !was_closed && !closed.contains(&pool) {
                    continue;
                }
                let mut memory = of_set_locked(tx, pool.into())?;
                let known = memory.clone();
                let is_closed = closed.contains(&pool);
                let is_news = memory.told_of_group(&repository, is_closed, tx.now);
                if memory != known {
                    write(tx, pool.into(), &memory)?;
                    tx.changed(ChangeKind::Pool, ChangeOp::Update, pool, Some(entity));
                }
                if is_news {
                    let (level, is) = if is_closed { (EventLevel::Warning, "is not") } else { (EventLevel::Info, "is now") };
                    let told = format!("pool {pool}: its {} {is} open to {repository}", group_named(&group));
                    entities::add_event(tx, entity, level, &told)?;
                }
            }
            Ok(())
        })
        .await
    }
}

fn of_set_locked(tx: &mut Tx<'_>, set: RunnerSetId) -> Result<PoolMemory, Error> {
    // The row is made first, because a row that is not there cannot be locked.
    let found: Vec<String> = match set {
        RunnerSetId::Pool(id) => {
            let empty = (pool_memory::pool_id.eq(id.to_string()), pool_memory::memory.eq("{}"));
            on!(&mut tx.conn, |c| diesel::insert_into(pool_memory::table).values(empty).on_conflict_do_nothing().execute(c))?;
            load_locked!(&mut tx.conn, pool_memory::table.find(id.to_string()).select(pool_memory::memory))?
        }
        RunnerSetId::ScaleSet(id) => {
            let empty = (scale_set_memory::scale_set_id.eq(id.0), scale_set_memory::memory.eq("{}"));
            on!(&mut tx.conn, |c| diesel::insert_into(scale_set_memory::table).values(empty).on_conflict_do_nothing().execute(c))?;
            load_locked!(&mut tx.conn, scale_set_memory::table.find(id.0).select(scale_set_memory::memory))?
        }
    };
    found.first().map_or_else(|| Ok(PoolMemory::default()), |text| columns::json("memory of a runner set", text))
}

fn write(tx: &mut Tx<'_>, set: RunnerSetId, memory: &PoolMemory) -> Result<(), Error> {
    let memory = columns::to_json(memory);
    match set {
        RunnerSetId::Pool(id) => {
            let of_pool = pool_memory::table.find(id.to_string());
            on!(&mut tx.conn, |c| kept::update(of_pool, pool_memory::memory.eq(memory)).execute(c))?;
        }
        RunnerSetId::ScaleSet(id) => {
            let of_set = scale_set_memory::table.find(id.0);
            on!(&mut tx.conn, |c| kept::update(of_set, scale_set_memory::memory.eq(memory)).execute(c))?;
        }
    }
    Ok(())
}
