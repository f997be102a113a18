//! Runners, their addresses, registrations and status messages.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::conn::{load_locked, on};
use super::kept;
use super::schema::{jobs, pools, registrations, runner_addresses, runner_creations, runners, scale_sets, status_messages};
use super::set_columns::{self, of_set};
use super::unit::Tx;
use super::{Error, IDS_PER_QUERY, PAGE, PAGE_ROWS, Store, api_budgets, autopsies, columns, machine_memory, seals};
use crate::model::{
    Address, AddressKind, ChangeKind, ChangeOp, EntityId, EventKind, EventLevel, InstanceStatus, JitConfig, JobId, JobStatus, OsArch,
    OsType, ProviderName, Reason, Refusal, Runner, RunnerId, RunnerName, RunnerRecord, RunnerSetId, RunnerStatus, RunnerVersion,
    ScaleSetId, ScaleSetState, SecretString, StatusMessage, expose,
};
use crate::time::Timestamp;

/// How many status messages of a runner are kept.
const MESSAGES_KEPT: i64 = 30;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = runners, treat_none_as_null = true)]
struct Row {
    id: String,
    name: String,
    pool_id: Option<String>,
    scale_set_id: Option<i64>,
    entity_id: String,
    provider: String,
    provider_id: Option<String>,
    agent_id: Option<i64>,
    status: String,
    runner_status: String,
    os_type: String,
    os_arch: String,
    runner_group: String,
    made_for: Option<i64>,
    job_id: Option<i64>,
    token_fetched: bool,
    create_attempt: i64,
    callback_url: String,
    metadata_url: String,
    generation: i64,
    fault: String,
    create_deadline: Option<i64>,
    failures: i64,
    not_before: Option<i64>,
    deregistered: bool,
    proven: bool,
    reason: Option<String>,
    created_at: i64,
    updated_at: i64,
    status_at: i64,
    runner_status_at: i64,
}

impl Row {
    fn with(self, addresses: Vec<Address>, creation: &Creation) -> Result<Runner, Error> {
        Ok(Runner::stored(RunnerRecord {
            id: columns::id("runner id", &self.id)?,
            name: RunnerName(self.name),
            set_id: set_columns::runner_set(self.pool_id.as_deref(), self.scale_set_id)?,
            entity_id: columns::id("entity id", &self.entity_id)?,
            provider: ProviderName(self.provider),
            provider_id: self.provider_id,
            agent_id: self.agent_id,
            status: columns::word("instance status", &self.status, InstanceStatus::from_word)?,
            runner_status: columns::word("runner status", &self.runner_status, RunnerStatus::from_word)?,
            os_type: columns::word("system", &self.os_type, OsType::from_word)?,
            os_arch: columns::word("architecture", &self.os_arch, OsArch::from_word)?,
            os_name: creation.os_name.clone(),
            os_version: creation.os_version.clone(),
            offered: version(creation.offered.as_deref())?,
            reported: version(creation.reported.as_deref())?,
            addresses,
            runner_group: self.runner_group,
            made_for: self.made_for,
            job_id: self.job_id.map(JobId),
            token_fetched: self.token_fetched,
            create_attempt: columns::count("attempt", self.create_attempt)?,
            callback_url: self.callback_url,
            metadata_url: self.metadata_url,
            generation: self.generation,
            fault: self.fault,
            create_deadline: columns::optional_time(self.create_deadline),
            earlier_deadline: columns::optional_time(creation.earlier_deadline),
            failures: columns::count("failures", self.failures)?,
            not_before: columns::optional_time(self.not_before),
            deregistered: self.deregistered,
            proven: self.proven,
            reason: columns::optional_json("reason", self.reason.as_deref())?,
            created_at: columns::time(self.created_at),
            updated_at: columns::time(self.updated_at),
            status_at: columns::time(self.status_at),
            runner_status_at: columns::time(self.runner_status_at),
        }))
    }
}

impl From<&Runner> for Row {
    fn from(runner: &Runner) -> Self {
        let (pool_id, scale_set_id) = set_columns::values(runner.set_id);
        Self {
            id: runner.id.to_string(),
            name: runner.name.0.clone(),
            pool_id,
            scale_set_id,
            entity_id: runner.entity_id.to_string(),
            provider: runner.provider.0.clone(),
            provider_id: runner.provider_id.as_deref().map(columns::text),
            agent_id: runner.agent_id,
            status: runner.status.to_string(),
            runner_status: runner.runner_status.to_string(),
            os_type: runner.os_type.to_string(),
            os_arch: runner.os_arch.to_string(),
            runner_group: runner.runner_group.clone(),
            made_for: runner.made_for,
            job_id: runner.job_id.map(|id| id.0),
            token_fetched: runner.token_fetched,
            create_attempt: runner.create_attempt.into(),
            callback_url: runner.callback_url.clone(),
            metadata_url: runner.metadata_url.clone(),
            generation: runner.generation,
            fault: columns::text(&runner.fault),
            create_deadline: runner.create_deadline.map(Timestamp::as_micros),
            failures: runner.failures.into(),
            not_before: runner.not_before.map(Timestamp::as_micros),
            deregistered: runner.deregistered,
            proven: runner.proven,
            reason: runner.reason.as_ref().map(columns::to_json),
            created_at: runner.created_at.as_micros(),
            updated_at: runner.updated_at.as_micros(),
            status_at: runner.status_at.as_micros(),
            runner_status_at: runner.runner_status_at.as_micros(),
        }
    }
}

/// More about how a machine is made. These are the version that was handed out for it, and the one that the forge says its runner has. Then until when a
/// call of an earlier attempt may still make it, and the system that the machine says it has.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Default, PartialEq)]
#[diesel(table_name = runner_creations, primary_key(runner_id), treat_none_as_null = true)]
struct Creation {
    runner_id: String,
    offered: Option<String>,
    reported: Option<String>,
    earlier_deadline: Option<i64>,
    os_name: String,
    os_version: String,
}

impl Creation {
    fn says_something(&self) -> bool {
        let names_system = !self.os_name.is_empty() || !self.os_version.is_empty();
        self.offered.is_some() || self.reported.is_some() || self.earlier_deadline.is_some() || names_system
    }
}

impl From<&Runner> for Creation {
    fn from(runner: &Runner) -> Self {
        Self {
            runner_id: runner.id.to_string(),
            offered: runner.offered.map(String::from),
            reported: runner.reported.map(String::from),
            earlier_deadline: runner.earlier_deadline.map(Timestamp::as_micros),
            os_name: columns::name(&runner.os_name),
            os_version: columns::name(&runner.os_version),
        }
    }
}

fn version(text: Option<&str>) -> Result<Option<RunnerVersion>, Error> {
    text.map(|text| columns::word("version of a runner", text, RunnerVersion::parse)).transpose()
}

/// Which runners to list; `None` does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunnerFilter {
    /// Of this entity.
    pub entity: Option<EntityId>,
    /// Of this runner set.
    pub set: Option<RunnerSetId>,
}

/// A position in a list of runners: when a runner was made, and its id.
#[derive(Clone, Debug)]
pub struct RunnerPosition(i64, String);

/// A runner that was changed.
#[derive(Debug)]
pub struct RunnerUpdate {
    /// As it was.
    pub before: Runner,
    /// As it is.
    pub runner: Runner,
}

impl Store {
    /// The runners that fit, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_runners(&self, filter: RunnerFilter) -> Result<Vec<Runner>, Error> {
        self.read(move |tx| list(tx, filter)).await
    }

    /// The next runners of the list of those that fit, oldest first, and the position after them; `None` when there are no more. A runner
    /// keeps its place in the list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page_of_runners(
        &self,
        filter: RunnerFilter,
        after: Option<RunnerPosition>,
    ) -> Result<(Vec<Runner>, Option<RunnerPosition>), Error> {
        self.read(move |tx| {
            let rows = load(tx, filter, after, PAGE)?;
            let last = rows.last().map(|row| RunnerPosition(row.created_at, row.id.clone()));
            let next = last.filter(|_| rows.len() == PAGE_ROWS);
            Ok((with_details(tx, rows)?, next))
        })
        .await
    }

    /// The runner with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_runner(&self, id: RunnerId) -> Result<Option<Runner>, Error> {
        // The addresses are for people alone: both queries need not see one state.
        self.query(move |tx| find(tx, id)).await
    }

    /// The runner of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_runner_by_name(&self, name: &RunnerName) -> Result<Option<Runner>, Error> {
        let name = columns::name(&name.0);
        self.query(move |tx| {
            let row: Option<Row> =
                on!(&mut tx.conn, |c| runners::table.filter(runners::name.eq(name)).select(Row::as_select()).first(c).optional())?;
            with_details(tx, row.into_iter().collect()).map(|found| found.into_iter().next())
        })
        .await
    }

    /// Adds a runner, and with `claim` takes the waiting job it is made for. Answers `false`, and adds nothing, when the runner set is gone or another entity
    /// took the job.
    ///
    /// # Errors
    /// [`Error::Full`] when the set has its maximum already; counted while the set is locked, so that no two writers pass together.
    pub async fn insert_runner(&self, runner: Runner, claim: Option<JobId>) -> Result<bool, Error> {
        self.write(move |tx| {
            let Some(max) = lock_maximum(tx, runner.set_id)? else { return Ok(false) };
            let count: i64 = on!(&mut tx.conn, |c| of_set!(runners::table.into_boxed(), runners, runner.set_id).count().get_result(c))?;
            if count >= i64::from(max) {
                return Err(Error::Full { set: runner.set_id, max });
            }
            if let Some(job) = claim {
                let entity = runner.entity_id.to_string();
                let free = jobs::table
                    .filter(jobs::id.eq(job.0))
                    .filter(jobs::status.eq(JobStatus::Queued.as_str()))
                    .filter(jobs::claimed_by.is_null().or(jobs::claimed_by.eq(&entity)));
                if on!(&mut tx.conn, |c| kept::update(free, jobs::claimed_by.eq(&entity)).execute(c))? == 0 {
                    return Ok(false);
                }
                tx.changed(ChangeKind::Job, ChangeOp::Update, job, Some(runner.entity_id));
            }
            on!(&mut tx.conn, |c| diesel::insert_into(runners::table).values(Row::from(&runner)).execute(c))
                .map_err(|fault| Error::from(fault).on_unique("runner", &runner.name.0))?;
            if !runner.addresses.is_empty() {
                set_addresses(tx, &runner)?;
            }
            let creation = Creation::from(&runner);
            if creation.says_something() {
                set_creation(tx, &creation)?;
            }
            tx.changed(ChangeKind::Instance, ChangeOp::Create, runner.id, Some(runner.entity_id));
            Ok(true)
        })
        .await
    }

    /// Changes a runner by a function of its life; answers `None` when it is gone. A change that changes nothing writes nothing.
    ///
    /// # Errors
    /// [`Error::Refused`]; when the database fails.
    pub async fn update_runner(
        &self,
        id: RunnerId,
        change: impl FnOnce(Runner) -> Result<Runner, Refusal> + Send + 'static,
    ) -> Result<Option<RunnerUpdate>, Error> {
        self.write(move |tx| {
            let Some(before) = find_locked(tx, id)? else { return Ok(None) };
            let runner = update(tx, &before, change)?;
            Ok(Some(RunnerUpdate { before, runner }))
        })
        .await
    }

    /// Changes a runner as its machine reported, and keeps the message. Nothing is kept when `change` refuses.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`]; when the database fails.
    pub async fn report_status(
        &self,
        id: RunnerId,
        kind: EventKind,
        level: EventLevel,
        message: String,
        change: impl FnOnce(Runner) -> Result<Runner, Refusal> + Send + 'static,
    ) -> Result<Runner, Error> {
        self.write(move |tx| {
            let before = find_locked(tx, id)?.ok_or(Error::NotFound { what: "runner", key: id.to_string() })?;
            // First, so that it is part of what is kept of a runner that fails.
            if !message.is_empty() {
                add_message(tx, &before, kind, level, &message)?;
            }
            update(tx, &before, change)
        })
        .await
    }

    /// Keeps what was said about a runner; of one that is gone, nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_runner_message(&self, id: RunnerId, level: EventLevel, message: String) -> Result<(), Error> {
        self.write(move |tx| match find(tx, id)? {
            Some(runner) => add_message(tx, &runner, EventKind::Status, level, &message),
            None => Ok(()),
        })
        .await
    }

    /// Removes a runner's row and all that hangs on it. One that does not exist is removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_runner(&self, id: RunnerId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(runner) = find(tx, id)? else { return Ok(()) };
            on!(&mut tx.conn, |c| diesel::delete(runners::table.find(id.to_string())).execute(c))?;
            machine_memory::learn_of_removal(tx, &runner)?;
            tx.changed(ChangeKind::Instance, ChangeOp::Delete, id, Some(runner.entity_id));
            Ok(())
        })
        .await
    }

    /// Keeps what the forge answered to a runner's registration, until the runner is connected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_registration(&self, id: RunnerId, agent_id: i64, jit: JitConfig) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(before) = find_locked(tx, id)? else { return Ok(()) };
            if update(tx, &before, |runner| runner.registered(agent_id))? == before {
                // The number of registrations has changed all the same.
                tx.changed(ChangeKind::Instance, ChangeOp::Update, id, Some(before.entity_id));
            }
            api_budgets::count_registration(tx, before.entity_id)?;
            let files: BTreeMap<&str, &str> = jit.files.iter().map(|(name, content)| (name.as_str(), expose(content))).collect();
            let sealed = tx.seal(&SecretString::from(columns::to_json(&files)), &seals::place_of_registration(&id.to_string()));
            let jit = registrations::jit.eq(sealed);
            let values = (registrations::runner_id.eq(id.to_string()), jit.clone());
            on!(&mut tx.conn, |c| {
                diesel::insert_into(registrations::table)
                    .values(values)
                    .on_conflict(registrations::runner_id)
                    .do_update()
                    .set(jit)
                    .execute(c)
            })?;
            Ok(())
        })
        .await
    }

    /// A runner's just-in-time configuration; `None` when it has none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn runner_jit(&self, id: RunnerId) -> Result<Option<JitConfig>, Error> {
        self.query(move |tx| {
            let query = registrations::table.find(id.to_string()).select(registrations::jit);
            let sealed: Option<Vec<u8>> = on!(&mut tx.conn, |c| query.first(c).optional())?;
            let Some(sealed) = sealed else { return Ok(None) };
            let files: BTreeMap<String, String> = tx.open_json(&sealed, &seals::place_of_registration(&id.to_string()))?;
            Ok(Some(JitConfig { files: files.into_iter().map(|(name, content)| (name, SecretString::from(content))).collect() }))
        })
        .await
    }

    /// The status messages of runners, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status_messages(&self, ids: Vec<RunnerId>) -> Result<BTreeMap<RunnerId, Vec<StatusMessage>>, Error> {
        self.read(move |tx| {
            let mut by_runner = BTreeMap::<RunnerId, Vec<StatusMessage>>::new();
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            for chunk in ids.chunks(IDS_PER_QUERY) {
                let query = status_messages::table.filter(status_messages::runner_id.eq_any(chunk)).order(status_messages::id).select((
                    status_messages::runner_id,
                    status_messages::created_at,
                    status_messages::kind,
                    status_messages::level,
                    status_messages::message,
                ));
                let rows: Vec<(String, i64, String, String, String)> = on!(&mut tx.conn, |c| query.load(c))?;
                for (runner, at, kind, level, message) in rows {
                    let message = StatusMessage {
                        created_at: columns::time(at),
                        kind: columns::word("event kind", &kind, EventKind::from_word)?,
                        level: columns::word("event level", &level, EventLevel::from_word)?,
                        message,
                    };
                    by_runner.entry(columns::id("runner id", &runner)?).or_default().push(message);
                }
            }
            Ok(by_runner)
        })
        .await
    }
}

pub(super) fn list(tx: &mut Tx<'_>, filter: RunnerFilter) -> Result<Vec<Runner>, Error> {
    let rows = load(tx, filter, None, i64::MAX)?;
    with_details(tx, rows)
}

/// The rows that fit and come after a position, oldest first.
fn load(tx: &mut Tx<'_>, filter: RunnerFilter, after: Option<RunnerPosition>, limit: i64) -> Result<Vec<Row>, Error> {
    Ok(on!(&mut tx.conn, |c| {
        let mut query = runners::table.order((runners::created_at, runners::id)).limit(limit).into_boxed();
        if let Some(entity) = filter.entity {
            query = query.filter(runners::entity_id.eq(entity.to_string()));
        }
        if let Some(set) = filter.set {
            query = of_set!(query, runners, set);
        }
        if let Some(RunnerPosition(created_at, id)) = after {
            let place = sql::<Bool>("(runners.created_at, runners.id) > (").bind::<BigInt, _>(created_at).sql(", ");
            query = query.filter(place.bind::<Text, _>(id).sql(")"));
        }
        query.select(Row::as_select()).load(c)
    })?)
}

fn find(tx: &mut Tx<'_>, id: RunnerId) -> Result<Option<Runner>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| runners::table.find(id.to_string()).select(Row::as_select()).first(c).optional())?;
    Ok(with_details(tx, row.into_iter().collect())?.into_iter().next())
}

/// Those of these runners that are there and belong to an entity.
pub(super) fn find_all(tx: &mut Tx<'_>, entity: EntityId, ids: &BTreeSet<RunnerId>) -> Result<Vec<Runner>, Error> {
    let (entity, ids) = (entity.to_string(), ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let mut found = Vec::new();
    for chunk in kept::lists(&ids) {
        // By their ids alone: with the entity, SQLite would look at all its runners.
        let these = runners::table.filter(kept::one_of(runners::id, &chunk));
        let mut rows: Vec<Row> = on!(&mut tx.conn, |c| these.select(Row::as_select()).load(c))?;
        rows.retain(|row| row.entity_id == entity);
        found.extend(with_details(tx, rows)?);
    }
    Ok(found)
}

fn find_locked(tx: &mut Tx<'_>, id: RunnerId) -> Result<Option<Runner>, Error> {
    let rows: Vec<Row> = load_locked!(&mut tx.conn, runners::table.find(id.to_string()), Row)?;
    Ok(with_details(tx, rows)?.into_iter().next())
}

/// The runner of this name that belongs to an entity, locked.
pub(super) fn find_of_entity(tx: &mut Tx<'_>, name: &str, entity: EntityId) -> Result<Option<Runner>, Error> {
    let query = runners::table.filter(runners::name.eq(name)).filter(runners::entity_id.eq(entity.to_string()));
    let rows: Vec<Row> = load_locked!(&mut tx.conn, query, Row)?;
    Ok(with_details(tx, rows)?.into_iter().next())
}

/// The runners that have a job have it under another number from now on.
pub(super) fn have_job(tx: &mut Tx<'_>, before: JobId, job: JobId) -> Result<(), Error> {
    let rows: Vec<Row> = load_locked!(&mut tx.conn, runners::table.filter(runners::job_id.eq(before.0)).order(runners::id), Row)?;
    for runner in with_details(tx, rows)? {
        update(tx, &runner, |runner| runner.job_is_now(job))?;
    }
    Ok(())
}

/// Sends away the runners of a scale set that are registered and have no job.
pub(super) fn send_away(tx: &mut Tx<'_>, set: ScaleSetId) -> Result<(), Error> {
    let registered = runners::table.filter(runners::scale_set_id.eq(set.0)).filter(runners::agent_id.is_not_null());
    let rows: Vec<Row> = load_locked!(&mut tx.conn, registered.order(runners::id), Row)?;
    for runner in with_details(tx, rows)? {
        match update(tx, &runner, |runner| runner.marked_for_deletion(Reason::Outdated)) {
            // It has a job, or goes already.
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// The maximum of a runner set, locked until the transaction ends; `None` when the set is gone or being removed.
fn lock_maximum(tx: &mut Tx<'_>, set: RunnerSetId) -> Result<Option<u32>, Error> {
    let found: Vec<i64> = match set {
        RunnerSetId::Pool(id) => load_locked!(&mut tx.conn, pools::table.find(id.to_string()).select(pools::max_runners))?,
        RunnerSetId::ScaleSet(id) => {
            let removal = [ScaleSetState::PendingDelete, ScaleSetState::PendingForceDelete].map(ScaleSetState::as_str);
            let stays = scale_sets::table.find(id.0).filter(scale_sets::state.ne_all(removal));
            load_locked!(&mut tx.conn, stays.select(scale_sets::max_runners))?
        }
    };
    found.first().map(|max| columns::count("maximum of runners", *max)).transpose()
}

/// The names of the runners of a set, oldest first.
pub(super) fn names_of_set(tx: &mut Tx<'_>, set: RunnerSetId) -> Result<Vec<String>, Error> {
    Ok(on!(&mut tx.conn, |c| {
        of_set!(runners::table.into_boxed(), runners, set).order(runners::created_at).select(runners::name).load(c)
    })?)
}

/// Runners of a set that have no machine yet get the set's present group, and are registered at once: the old group may have been the
/// obstacle.
pub(super) fn change_group(tx: &mut Tx<'_>, set: RunnerSetId, group: &str) -> Result<(), Error> {
    let waiting = runners::table.filter(runners::status.eq(InstanceStatus::PendingCreate.as_str())).filter(runners::agent_id.is_null());
    let waiting = waiting.order(runners::id);
    let rows: Vec<Row> = match set {
        RunnerSetId::Pool(id) => load_locked!(&mut tx.conn, waiting.filter(runners::pool_id.eq(id.to_string())), Row)?,
        RunnerSetId::ScaleSet(id) => load_locked!(&mut tx.conn, waiting.filter(runners::scale_set_id.eq(id.0)), Row)?,
    };
    for before in with_details(tx, rows)? {
        update(tx, &before, |runner| runner.group_changed(group))?;
    }
    Ok(())
}

/// Changes a runner, and writes it if that made a difference.
pub(super) fn update(tx: &mut Tx<'_>, before: &Runner, change: impl FnOnce(Runner) -> Result<Runner, Refusal>) -> Result<Runner, Error> {
    let runner = before.apply(tx.now, change)?;
    if runner == *before {
        return Ok(runner);
    }
    on!(&mut tx.conn, |c| kept::update(runners::table.find(runner.id.to_string()), Row::from(&runner)).execute(c))?;
    if before.addresses != runner.addresses {
        set_addresses(tx, &runner)?;
    }
    let creation = Creation::from(&runner);
    if Creation::from(before) != creation {
        set_creation(tx, &creation)?;
    }
    if before.needs_configuration() && !runner.needs_configuration() {
        on!(&mut tx.conn, |c| diesel::delete(registrations::table.find(runner.id.to_string())).execute(c))?;
    }
    let cause = autopsies::perform(tx, before, &runner)?;
    machine_memory::learn(tx, before, &runner, cause)?;
    tx.changed(ChangeKind::Instance, ChangeOp::Update, runner.id, Some(runner.entity_id));
    Ok(runner)
}

fn with_details(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Runner>, Error> {
    // A runner whose machine was never asked for has no addresses, and nothing is known of its creation.
    let is_asked_for = |row: &&Row| row.create_attempt > 0 || row.status != InstanceStatus::PendingCreate.as_str();
    let ids: Vec<String> = rows.iter().filter(is_asked_for).map(|row| row.id.clone()).collect();
    let mut by_runner = BTreeMap::<String, Vec<Address>>::new();
    for chunk in kept::lists(&ids) {
        let query = runner_addresses::table
            .filter(kept::one_of(runner_addresses::runner_id, &chunk))
            .order((runner_addresses::runner_id, runner_addresses::position))
            .select((runner_addresses::runner_id, runner_addresses::address, runner_addresses::kind));
        let found: Vec<(String, String, String)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (runner, address, kind) in found {
            let kind = if kind == "public" { AddressKind::Public } else { AddressKind::Private };
            by_runner.entry(runner).or_default().push(Address { address, kind });
        }
    }
    let mut creations = BTreeMap::<String, Creation>::new();
    for chunk in kept::lists(&ids) {
        let of_chunk = runner_creations::table.filter(kept::one_of(runner_creations::runner_id, &chunk));
        let found: Vec<Creation> = on!(&mut tx.conn, |c| of_chunk.select(Creation::as_select()).load(c))?;
        creations.extend(found.into_iter().map(|creation| (creation.runner_id.clone(), creation)));
    }
    let mut with = |row: Row| {
        let addresses = by_runner.remove(&row.id).unwrap_or_default();
        let creation = creations.remove(&row.id).unwrap_or_default();
        row.with(addresses, &creation)
    };
    rows.into_iter().map(&mut with).collect()
}

/// A runner of which nothing more is known has no row.
fn set_creation(tx: &mut Tx<'_>, creation: &Creation) -> Result<(), Error> {
    if !creation.says_something() {
        on!(&mut tx.conn, |c| diesel::delete(runner_creations::table.find(&creation.runner_id)).execute(c))?;
        return Ok(());
    }
    on!(&mut tx.conn, |c| {
        diesel::insert_into(runner_creations::table)
            .values(creation)
            .on_conflict(runner_creations::runner_id)
            .do_update()
            .set(creation)
            .execute(c)
    })?;
    Ok(())
}

fn set_addresses(tx: &mut Tx<'_>, runner: &Runner) -> Result<(), Error> {
    let id = runner.id.to_string();
    on!(&mut tx.conn, |c| diesel::delete(runner_addresses::table.filter(runner_addresses::runner_id.eq(&id))).execute(c))?;
    for (position, address) in (0_i64..).zip(&runner.addresses) {
        let kind = match address.kind {
            AddressKind::Public => "public",
            AddressKind::Private => "private",
        };
        let values = (
            runner_addresses::runner_id.eq(&id),
            runner_addresses::position.eq(position),
            runner_addresses::address.eq(columns::name(&address.address)),
            runner_addresses::kind.eq(kind),
        );
        on!(&mut tx.conn, |c| diesel::insert_into(runner_addresses::table).values(values).execute(c))?;
    }
    Ok(())
}

/// Keeps what was said about a runner; the last 30 messages stay.
fn add_message(tx: &mut Tx<'_>, runner: &Runner, kind: EventKind, level: EventLevel, message: &str) -> Result<(), Error> {
    let id = runner.id.to_string();
    let values = (
        status_messages::runner_id.eq(&id),
        status_messages::created_at.eq(tx.now.as_micros()),
        status_messages::kind.eq(kind.as_str()),
        status_messages::level.eq(level.as_str()),
        status_messages::message.eq(columns::text(message)),
    );
    on!(&mut tx.conn, |c| diesel::insert_into(status_messages::table).values(values).execute(c))?;
    let of_runner = status_messages::table.filter(status_messages::runner_id.eq(&id));
    let kept: Vec<i64> =
        on!(&mut tx.conn, |c| of_runner.order(status_messages::id.desc()).limit(MESSAGES_KEPT).select(status_messages::id).load(c))?;
    if let Some(oldest) = kept.last() {
        let gone = status_messages::table.filter(status_messages::runner_id.eq(&id)).filter(status_messages::id.lt(oldest));
        on!(&mut tx.conn, |c| diesel::delete(gone).execute(c))?;
    }
    tx.changed(ChangeKind::Instance, ChangeOp::Update, runner.id, Some(runner.entity_id));
    Ok(())
}
