//! The rows that the planner needs of one entity, as of one moment.
//!
//! A planner's task keeps its view from one plan to the next, and reads only the rows that changed. Which these are stands in the feed: a unit
//! commits its changes together with their numbers there, and numbers have the order of commits. So one state of the database that shows the
//! newest number shows all changes up to it, and none after it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use super::runners::RunnerFilter;
use super::unit::Tx;
use super::{
    Error, Store, api_budgets, columns, controller, credentials, endpoints, feed, fence, jobs, losses, machine_memory, pools, runners,
    scale_sets, tools,
};
use crate::model::{
    ChangeKind, Controller, Credentials, CredentialsId, Endpoint, Entity, EntityId, Job, JobId, LostJob, MachineShape, Pool, PoolMemory,
    Rows, Runner, RunnerId, RunnerSet, RunnerSetId, RunnerVersions, ScaleSet, ScaleSetId, Slots,
};
use crate::time::Timestamp;

/// A view that is this many changes behind is read whole: looking for the entity's own among them would take as long.
const BEHIND_MAX: i64 = 5000;

/// An entity and what is set for it, without its runners and jobs, of which there may be thousands.
#[derive(Clone, Debug)]
pub struct EntitySettings {
    /// The settings of the installation.
    pub controller: Controller,
    /// The entity.
    pub entity: Entity,
    /// The forge that has it.
    pub endpoint: Endpoint,
    /// The credentials for calls about it.
    pub credentials: Credentials,
    /// Credentials that share the calls with those, in turn.
    pub more_credentials: Vec<Credentials>,
    /// Its pools.
    pub pools: Vec<Pool>,
    /// Its scale sets.
    pub scale_sets: Vec<ScaleSet>,
    /// When the forge's runner downloads were last fetched for it.
    pub tools_at: Option<Timestamp>,
    /// The versions of the runner software that concern it.
    pub versions: RunnerVersions,
    /// How many runners were registered for it lately.
    pub registered: Slots,
}

/// One entity with the rows that belong to it.
#[derive(Clone, Debug)]
pub struct EntityView {
    /// What is set for it.
    pub settings: EntitySettings,
    /// Its runners.
    pub runners: Rows,
    /// The jobs its hooks reported that are not over. Machines that other entities made for them, and that do not serve them, count in their memory.
    pub jobs: Vec<Arc<Job>>,
    /// The jobs that lost a machine of the entity, and of which something is left to decide. Most of them are over.
    pub lost: Vec<LostJob>,
}

impl EntitySettings {
    /// Its runner sets of all kinds.
    pub fn runner_sets(&self) -> impl Iterator<Item = RunnerSetId> {
        self.pools.iter().map(|pool| pool.id.into()).chain(self.scale_sets.iter().map(|set| set.id.into()))
    }

    /// A runner set as the planner sees it; `None` = the entity has no such set.
    #[must_use]
    pub fn runner_set(&self, set: RunnerSetId) -> Option<RunnerSet> {
        match set {
            RunnerSetId::Pool(id) => self.pools.iter().find(|pool| pool.id == id).map(RunnerSet::from),
            RunnerSetId::ScaleSet(id) => self.scale_sets.iter().find(|set| set.id == id).map(RunnerSet::from),
        }
    }

    /// The shape of the machines of a runner set; `None` = the entity has no such set.
    #[must_use]
    pub fn shape(&self, set: RunnerSetId) -> Option<MachineShape> {
        match set {
            RunnerSetId::Pool(id) => self.pools.iter().find(|pool| pool.id == id).map(MachineShape::from),
            RunnerSetId::ScaleSet(id) => self.scale_sets.iter().find(|set| set.id == id).map(MachineShape::from),
        }
    }

    /// All sets of credentials for calls about the entity.
    pub fn all_credentials(&self) -> impl Iterator<Item = &Credentials> {
        std::iter::once(&self.credentials).chain(&self.more_credentials)
    }
}

impl Deref for EntityView {
    type Target = EntitySettings;

    fn deref(&self) -> &EntitySettings {
        &self.settings
    }
}

/// A view that is kept from one plan to the next.
#[derive(Clone, Debug)]
pub struct KeptView {
    view: Arc<EntityView>,
    /// The number of the newest change that is in it.
    through: i64,
    /// Rows to read again, though the feed does not tell of them.
    doubted: ToRead,
}

/// Rows of runners and jobs; whether to read the installation, the forge and the credentials; whether to read the scale sets.
#[derive(Clone, Debug, Default)]
struct ToRead {
    runners: BTreeSet<RunnerId>,
    jobs: BTreeSet<JobId>,
    settings: bool,
    scale_sets: bool,
}

impl KeptView {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &Arc<EntityView> {
        &self.view
    }

    /// The number of the newest change that is in it.
    #[must_use]
    pub const fn through(&self) -> i64 {
        self.through
    }

    /// Has these rows read again: their remarks are about to be written, and the feed does not tell of remarks.
    pub fn doubt(&mut self, jobs: impl IntoIterator<Item = JobId>, runners: impl IntoIterator<Item = RunnerId>) {
        self.doubted.jobs.extend(jobs);
        self.doubted.runners.extend(runners);
    }
}

/// How a kept view is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Only rows that changed are read.
    Changed,
    /// Rows that changed are read, and the result is compared with all rows.
    Compared,
}

impl Store {
    /// Reads an entity and what is set for it; `None` when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entity_settings(&self, id: EntityId) -> Result<Option<EntitySettings>, Error> {
        self.read(move |tx| settings(tx, id)).await
    }

    /// Reads an entity and the rows that belong to it; `None` when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entity_view(&self, id: EntityId) -> Result<Option<EntityView>, Error> {
        self.read(move |tx| whole(tx, id)).await
    }

    /// Brings a kept view up to date; without one, all rows are read. `None` when the entity is gone.
    ///
    /// Where the kept view is compared and was wrong, the answer is right and says how the kept one was wrong. That is a defect of this program.
    ///
    /// # Errors
    /// [`Error::Stale`] when the lease of the task has changed hands: the feed does not tell of the remarks that another server writes.
    /// When the database fails.
    pub async fn refresh_view(
        &self,
        id: EntityId,
        kept: Option<KeptView>,
        how: Refresh,
    ) -> Result<Option<(KeptView, Option<String>)>, Error> {
        let fence = self.fence();
        self.read(move |tx| {
            let refreshed = refresh(tx, id, kept, how)?;
            if refreshed.is_some() {
                fence.map_or(Ok(()), |fence| fence::look(tx, fence))?;
            }
            Ok(refreshed)
        })
        .await
    }
}

fn refresh(tx: &mut Tx<'_>, id: EntityId, kept: Option<KeptView>, how: Refresh) -> Result<Option<(KeptView, Option<String>)>, Error> {
    let (newest, changed) = match &kept {
        Some(kept) => rows_changed(tx, id, kept)?,
        None => (feed::newest(tx)?, None),
    };
    let up_to_date = |view| KeptView { view: Arc::new(view), through: newest, doubted: ToRead::default() };
    let (Some(kept), Some(changed)) = (kept, changed) else {
        return Ok(whole(tx, id)?.map(|view| (up_to_date(view), None)));
    };
    let Some(mut view) = changed_only(tx, id, kept.view, &changed)? else { return Ok(None) };
    let mut wrong = None;
    if how == Refresh::Compared {
        let Some(all) = whole(tx, id)? else { return Ok(None) };
        let of_runners = difference(&view.runners, &all.runners, |runner| runner.id);
        wrong = of_runners.or_else(|| difference(&view.jobs, &all.jobs, |job| job.id));
        wrong = wrong.or_else(|| difference(&view.lost, &all.lost, |lost| lost.job.id));
        wrong = wrong.or_else(|| difference(&sets_of(&view), &sets_of(&all), |(id, ..)| *id));
        wrong = wrong.or_else(|| difference(&[kept_of(&view)], &[kept_of(&all)], |_| ()));
        if wrong.is_some() {
            view = all;
        }
    }
    Ok(Some((up_to_date(view), wrong)))
}

/// Reads all rows.
fn whole(tx: &mut Tx<'_>, id: EntityId) -> Result<Option<EntityView>, Error> {
    let Some(settings) = settings(tx, id)? else { return Ok(None) };
    let mut jobs = jobs::open_of_entity(tx, id, settings.entity.at.kind, None)?;
    machine_memory::count_machines_elsewhere(tx, id, &mut jobs)?;
    let runners = runners::list(tx, RunnerFilter { entity: Some(id), set: None })?;
    let (runners, jobs) = (Arc::new(shared(runners).collect()), shared(jobs).collect());
    Ok(Some(EntityView { settings, runners, jobs, lost: losses::open_of_entity(tx, id)? }))
}

/// Rows that stay as they are from one view to the next are not copied: views, snapshots and effects share them.
fn shared<T>(rows: Vec<T>) -> impl Iterator<Item = Arc<T>> {
    rows.into_iter().map(Arc::new)
}

fn settings(tx: &mut Tx<'_>, id: EntityId) -> Result<Option<EntitySettings>, Error> {
    let Some((entity, (tools_at, versions))) = tools::with_entity(tx, id)? else { return Ok(None) };
    let endpoint =
        endpoints::find(tx, &entity.endpoint)?.ok_or_else(|| Error::NotFound { what: "endpoint", key: entity.endpoint.to_string() })?;
    let more = entity.more_credentials.iter().map(|id| credentials::find(tx, *id));
    Ok(Some(EntitySettings {
        more_credentials: more.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect(),
        controller: controller::get(tx)?,
        credentials: credentials::get(tx, entity.credentials_id)?,
        pools: pools::list(tx, Some(id))?,
        scale_sets: scale_sets::list(tx, Some(id))?,
        tools_at,
        versions,
        registered: api_budgets::registered(tx, id)?,
        endpoint,
        entity,
    }))
}

/// The settings as they are now, if the feed tells of no change of them: it does not tell of everything about the entity. Pools learn, and
/// registrations are counted, where a runner changes.
fn settings_again(tx: &mut Tx<'_>, mut before: EntitySettings, runners_changed: bool) -> Result<Option<EntitySettings>, Error> {
    let id = before.entity.id;
    let Some((entity, (tools_at, versions))) = tools::with_entity(tx, id)? else { return Ok(None) };
    if runners_changed {
        pools::read_memory(tx, &mut before.pools)?;
        scale_sets::read_memory(tx, &mut before.scale_sets)?;
        before.registered = api_budgets::registered(tx, id)?;
    }
    Ok(Some(EntitySettings { entity, tools_at, versions, ..before }))
}

/// The number of the newest change, and the rows to read again; `None` when all must be.
///
/// Another entity that reported a job writes to its row and to its memory, so those of more than one entity are read each time.
fn rows_changed(tx: &mut Tx<'_>, id: EntityId, kept: &KeptView) -> Result<(i64, Option<ToRead>), Error> {
    let (newest, news) = feed::of_entity(tx, id, kept.through, BEHIND_MAX + 1)?;
    // Fewer changes than before: the database was put back. Far more: reading everything takes as long.
    if newest < kept.through || newest - kept.through > BEHIND_MAX {
        return Ok((newest, None));
    }
    let mut rows = kept.doubted.clone();
    rows.jobs.extend(kept.view.jobs.iter().filter(|job| jobs::reporters(job).nth(1).is_some()).map(|job| job.id));
    for (kind, key) in news {
        match kind {
            ChangeKind::Instance => {
                rows.runners.insert(columns::id("runner id", &key)?);
            }
            ChangeKind::Job => {
                rows.jobs.insert(JobId(columns::id("number of a job", &key)?));
            }
            // An operator who changes a pool or an entity gives its jobs another chance, too.
            ChangeKind::ScaleSet => rows.scale_sets = true,
            ChangeKind::Pool | ChangeKind::Repository | ChangeKind::Organization | ChangeKind::Enterprise | ChangeKind::ForgeInstance => {
                return Ok((newest, None));
            }
            ChangeKind::Controller | ChangeKind::Credentials | ChangeKind::Endpoint => rows.settings = true,
            ChangeKind::User | ChangeKind::Template => {}
        }
    }
    Ok((newest, Some(rows)))
}

/// The kept view with the rows that changed as they are now.
fn changed_only(tx: &mut Tx<'_>, id: EntityId, kept: Arc<EntityView>, changed: &ToRead) -> Result<Option<EntityView>, Error> {
    let EntityView { settings: before, mut runners, mut jobs, mut lost } = Arc::unwrap_or_clone(kept);
    let settings = if changed.settings { settings(tx, id)? } else { settings_again(tx, before, !changed.runners.is_empty())? };
    let Some(mut settings) = settings else { return Ok(None) };
    if changed.scale_sets {
        let read = scale_sets::list(tx, Some(id))?;
        // An operator who changes one gives its jobs another chance, too. What its session tells changes no setting.
        if settings_of(&read) != settings_of(&settings.scale_sets) {
            return whole(tx, id);
        }
        settings.scale_sets = read;
    }
    if !changed.runners.is_empty() {
        put_runners(Arc::make_mut(&mut runners), runners::find_all(tx, id, &changed.runners)?, &changed.runners);
    }
    if !changed.jobs.is_empty() {
        jobs.retain(|job| !changed.jobs.contains(&job.id));
        let mut read = jobs::open_of_entity(tx, id, settings.entity.at.kind, Some(&changed.jobs))?;
        machine_memory::count_machines_elsewhere(tx, id, &mut read)?;
        jobs.extend(shared(read));
        jobs.sort_by_key(|job| (job.queued_at, job.id));
        lost = losses::open_of_entity(tx, id)?;
    }
    Ok(Some(EntityView { settings, runners, jobs, lost }))
}

/// Puts the rows that were read in the places of those that changed. Their age is their place, and never changes.
fn put_runners(runners: &mut Vec<Arc<Runner>>, read: Vec<Runner>, changed: &BTreeSet<RunnerId>) {
    let there: BTreeSet<RunnerId> = read.iter().map(|runner| runner.id).collect();
    for runner in shared(read) {
        match runners.binary_search_by_key(&(runner.created_at, runner.id), |known| (known.created_at, known.id)) {
            Ok(at) => runners[at] = runner,
            Err(at) => runners.insert(at, runner),
        }
    }
    if there.len() < changed.len() {
        runners.retain(|runner| there.contains(&runner.id) || !changed.contains(&runner.id));
    }
}

/// What tells one state of the settings of scale sets from another.
fn settings_of(sets: &[ScaleSet]) -> Vec<(ScaleSetId, Timestamp)> {
    sets.iter().map(|set| (set.id, set.updated_at)).collect()
}

/// What tells one state of the settings that are kept from another.
fn kept_of(settings: &EntitySettings) -> (Controller, Endpoint, Vec<(CredentialsId, Timestamp)>, Slots) {
    let credentials = settings.all_credentials().map(|credentials| (credentials.id, credentials.updated_at));
    (settings.controller.clone(), settings.endpoint.clone(), credentials.collect(), settings.registered.clone())
}

fn sets_of(settings: &EntitySettings) -> Vec<(RunnerSetId, Timestamp, PoolMemory)> {
    let pools = settings.pools.iter().map(|pool| (pool.id.into(), pool.updated_at, pool.memory.clone()));
    let scale_sets = settings.scale_sets.iter().map(|set| (set.id.into(), set.updated_at, set.memory.clone()));
    pools.chain(scale_sets).collect()
}

/// How kept rows differ from those in the database.
fn difference<T: PartialEq + Debug, K: PartialEq + Debug>(kept: &[T], all: &[T], key: impl Fn(&T) -> K) -> Option<String> {
    let (kept_keys, all_keys): (Vec<K>, Vec<K>) = (kept.iter().map(&key).collect(), all.iter().map(&key).collect());
    if kept_keys != all_keys {
        return Some(format!("{kept_keys:?} are kept, and {all_keys:?} are there"));
    }
    let (kept, there) = kept.iter().zip(all).find(|(kept, there)| kept != there)?;
    Some(format!("{kept:?} is kept, and {there:?} is there"))
}
