//! Scale sets and their labels.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::value::RawValue;

use super::conn::{load_locked, on};
use super::error::users;
use super::kept;
use super::schema::{entities, scale_set_labels, scale_sets};
use super::unit::Tx;
use super::{Error, Store, assigned_jobs, columns, leases, machine_memory, runners, scale_set_sessions};
use crate::model::{
    ChangeKind, ChangeOp, EntityId, LeasedTask, OsArch, OsType, PoolMemory, ProviderName, ScaleSet, ScaleSetId, ScaleSetState,
    ServiceDemand, ServiceScaleSetId, TemplateId,
};

/// All columns but the number, which the database gives.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = scale_sets, treat_none_as_null = true)]
struct Row {
    entity_id: String,
    service_id: Option<i64>,
    name: String,
    runner_group: String,
    disable_update: bool,
    state: String,
    extended_state: String,
    pseudo_pool_id: String,
    provider: String,
    image: String,
    flavor: String,
    os_type: String,
    os_arch: String,
    enabled: bool,
    max_runners: i64,
    min_idle_runners: i64,
    bootstrap_timeout: i64,
    runner_prefix: String,
    extra_specs: Option<String>,
    template_id: Option<i64>,
    enable_shell: bool,
    generation: i64,
    rotate_below: i64,
    keep_failed: i64,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn with(self, id: i64, labels: Vec<String>, demand: ServiceDemand, memory: PoolMemory) -> Result<ScaleSet, Error> {
        Ok(ScaleSet {
            id: ScaleSetId(id),
            entity_id: columns::id("entity id", &self.entity_id)?,
            service_id: self.service_id.map(ServiceScaleSetId),
            name: self.name,
            runner_group: self.runner_group,
            disable_update: self.disable_update,
            labels,
            state: columns::word("state of a scale set", &self.state, ScaleSetState::from_word)?,
            extended_state: self.extended_state,
            pseudo_pool_id: self.pseudo_pool_id,
            provider: ProviderName(self.provider),
            image: self.image,
            flavor: self.flavor,
            os_type: columns::word("system", &self.os_type, OsType::from_word)?,
            os_arch: columns::word("architecture", &self.os_arch, OsArch::from_word)?,
            enabled: self.enabled,
            max_runners: columns::count("maximum of runners", self.max_runners)?,
            min_idle_runners: columns::count("minimum of idle runners", self.min_idle_runners)?,
            demand,
            bootstrap_timeout: columns::seconds("bootstrap timeout", self.bootstrap_timeout)?,
            runner_prefix: self.runner_prefix,
            extra_specs: columns::optional_json::<Box<RawValue>>("extra specs", self.extra_specs.as_deref())?,
            template_id: self.template_id.map(TemplateId),
            enable_shell: self.enable_shell,
            generation: self.generation,
            rotate_below: self.rotate_below,
            keep_failed: columns::seconds("time to keep a failed machine", self.keep_failed)?,
            memory,
            created_at: columns::time(self.created_at),
            updated_at: columns::time(self.updated_at),
        })
    }
}

impl From<&ScaleSet> for Row {
    fn from(set: &ScaleSet) -> Self {
        Self {
            entity_id: set.entity_id.to_string(),
            service_id: set.service_id.map(|id| id.0),
            name: set.name.clone(),
            runner_group: set.runner_group.clone(),
            disable_update: set.disable_update,
            state: set.state.to_string(),
            extended_state: columns::text(&set.extended_state),
            pseudo_pool_id: set.pseudo_pool_id.clone(),
            provider: set.provider.0.clone(),
            image: set.image.clone(),
            flavor: set.flavor.clone(),
            os_type: set.os_type.to_string(),
            os_arch: set.os_arch.to_string(),
            enabled: set.enabled,
            max_runners: set.max_runners.into(),
            min_idle_runners: set.min_idle_runners.into(),
            bootstrap_timeout: columns::to_seconds(set.bootstrap_timeout),
            runner_prefix: set.runner_prefix.clone(),
            extra_specs: set.extra_specs.as_ref().map(|specs| specs.get().to_owned()),
            template_id: set.template_id.map(|id| id.0),
            enable_shell: set.enable_shell,
            generation: set.generation,
            rotate_below: set.rotate_below,
            keep_failed: columns::to_seconds(set.keep_failed),
            created_at: set.created_at.as_micros(),
            updated_at: set.updated_at.as_micros(),
        }
    }
}

impl Store {
    /// All scale sets, or those of one entity, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_scale_sets(&self, entity: Option<EntityId>) -> Result<Vec<ScaleSet>, Error> {
        self.read(move |tx| list(tx, entity)).await
    }

    /// The scale set with this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_scale_set(&self, id: ScaleSetId) -> Result<Option<ScaleSet>, Error> {
        self.read(move |tx| find(tx, id)).await
    }

    /// Adds a scale set that its service is about to be asked for. Number, times, and the id towards providers are set here.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the entity is gone; [`Error::Conflict`] when its runner group has one of this name.
    pub async fn create_scale_set(&self, scale_set: ScaleSet) -> Result<ScaleSet, Error> {
        self.write(move |tx| {
            // The entity stays, and no other set takes the id towards providers, until this unit ends.
            let entity = entities::table.find(scale_set.entity_id.to_string()).select(entities::id);
            let entity: Vec<String> = load_locked!(&mut tx.conn, entity)?;
            if entity.is_empty() {
                return Err(Error::NotFound { what: "entity", key: scale_set.entity_id.to_string() });
            }
            let pseudo_pool_id = free_pseudo_pool_id(tx, &scale_set)?;
            let (now, state) = (tx.now, ScaleSetState::PendingCreate);
            let set = ScaleSet { pseudo_pool_id, state, created_at: now, updated_at: now, generation: 0, rotate_below: 0, ..scale_set };
            let row = Row::from(&set);
            let id: i64 = on!(&mut tx.conn, |c| diesel::insert_into(scale_sets::table).values(row).returning(scale_sets::id).get_result(c))
                .map_err(|fault| taken(fault, &set))?;
            let set = ScaleSet { id: ScaleSetId(id), ..set };
            set_labels(tx, &set)?;
            scale_set_sessions::insert(tx, set.id)?;
            tx.changed(ChangeKind::ScaleSet, ChangeOp::Create, id, Some(set.entity_id));
            Ok(set)
        })
        .await
    }

    /// Changes a scale set; a change that shapes runners raises its generation. Number, entity and id towards providers stay.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] while it is being removed; [`Error::Conflict`] when the runner group has one of the new name; what
    /// `change` refuses.
    pub async fn update_scale_set(
        &self,
        id: ScaleSetId,
        change: impl FnOnce(&mut ScaleSet) -> Result<(), Error> + Send + 'static,
    ) -> Result<ScaleSet, Error> {
        self.write(move |tx| {
            let before = find_locked(tx, id)?.ok_or_else(|| gone(id))?;
            if before.is_being_removed() {
                return Err(Error::Invalid(format!("scale set {id} is being removed")));
            }
            let mut set = before.clone();
            change(&mut set)?;
            set.generation = before.generation + i64::from(shapes_runners(&before, &set));
            write(tx, &before, &mut set)?;
            if set.labels != before.labels {
                set_labels(tx, &set)?;
            }
            if set.runner_group != before.runner_group {
                runners::change_group(tx, id.into(), &set.runner_group)?;
            }
            // Last, as memories are locked last.
            set.memory = machine_memory::give_another_chance(tx, id.into(), set.entity_id)?;
            Ok(set)
        })
        .await
    }

    /// Writes down how far a scale set is at its service, with words about that. One that is gone stays so, which answers `None`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another scale set of the entity has this number of the service.
    pub async fn set_scale_set_state(
        &self,
        id: ScaleSetId,
        state: ScaleSetState,
        service_id: Option<ServiceScaleSetId>,
        words: String,
    ) -> Result<Option<ScaleSet>, Error> {
        self.write(move |tx| {
            let Some(before) = find_locked(tx, id)? else { return Ok(None) };
            let mut set = ScaleSet { state, service_id, extended_state: words, ..before.clone() };
            write(tx, &before, &mut set)?;
            Ok(Some(set))
        })
        .await
    }

    /// Begins a new generation of a scale set, so that idle runners of all older ones are replaced.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn rotate_scale_set(&self, id: ScaleSetId) -> Result<ScaleSet, Error> {
        self.write(move |tx| {
            let before = find_locked(tx, id)?.ok_or_else(|| gone(id))?;
            let generation = before.generation + 1;
            let mut set = ScaleSet { generation, rotate_below: generation, ..before.clone() };
            write(tx, &before, &mut set)?;
            set.memory = machine_memory::give_another_chance(tx, id.into(), set.entity_id)?;
            Ok(set)
        })
        .await
    }

    /// Writes down that a scale set without runners is about to be removed, by force or not. From now on it gets no runner and cannot be changed. Answers
    /// the row as it was; `None` = there is none.
    ///
    /// # Errors
    /// [`Error::InUse`] while it has runners; [`Error::Invalid`] while it is enabled.
    pub async fn begin_scale_set_removal(&self, id: ScaleSetId, forced: bool) -> Result<Option<ScaleSet>, Error> {
        self.write(move |tx| {
            let Some(before) = find_locked(tx, id)? else { return Ok(None) };
            let names = runners::names_of_set(tx, id.into())?;
            if !names.is_empty() {
                return Err(Error::InUse { what: "scale set", key: id.to_string(), by: users(("runner", "runners"), &names) });
            }
            if before.enabled {
                return Err(Error::Invalid("scale set is enabled; disable it first".to_owned()));
            }
            let state = if forced { ScaleSetState::PendingForceDelete } else { ScaleSetState::PendingDelete };
            let mut set = ScaleSet { state, ..before.clone() };
            write(tx, &before, &mut set)?;
            Ok(Some(before))
        })
        .await
    }

    /// Removes a scale set without runners. One that does not exist is removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_scale_set(&self, id: ScaleSetId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(set) = find(tx, id)? else { return Ok(()) };
            let names = runners::names_of_set(tx, id.into())?;
            if !names.is_empty() {
                return Err(Error::InUse { what: "scale set", key: id.to_string(), by: users(("runner", "runners"), &names) });
            }
            assigned_jobs::end_assigned(tx, id)?;
            leases::remove(tx, LeasedTask::Listen(id))?;
            on!(&mut tx.conn, |c| diesel::delete(scale_sets::table.find(id.0)).execute(c))?;
            tx.changed(ChangeKind::ScaleSet, ChangeOp::Delete, id, Some(set.entity_id));
            Ok(())
        })
        .await
    }
}

pub(super) fn list(tx: &mut Tx<'_>, entity: Option<EntityId>) -> Result<Vec<ScaleSet>, Error> {
    let rows: Vec<(i64, Row)> = on!(&mut tx.conn, |c| {
        let mut query = scale_sets::table.order(scale_sets::id).into_boxed();
        if let Some(entity) = entity {
            query = query.filter(scale_sets::entity_id.eq(entity.to_string()));
        }
        query.select((scale_sets::id, Row::as_select())).load(c)
    })?;
    with_parts(tx, rows)
}

pub(super) fn find(tx: &mut Tx<'_>, id: ScaleSetId) -> Result<Option<ScaleSet>, Error> {
    let query = scale_sets::table.find(id.0);
    let row: Option<(i64, Row)> = on!(&mut tx.conn, |c| query.select((scale_sets::id, Row::as_select())).first(c).optional())?;
    Ok(with_parts(tx, row.into_iter().collect())?.pop())
}

/// The row, locked until the unit ends.
pub(super) fn find_locked(tx: &mut Tx<'_>, id: ScaleSetId) -> Result<Option<ScaleSet>, Error> {
    let rows: Vec<(i64, Row)> = load_locked!(&mut tx.conn, scale_sets::table.find(id.0).select((scale_sets::id, Row::as_select())))?;
    Ok(with_parts(tx, rows)?.pop())
}

pub(super) fn gone(id: ScaleSetId) -> Error {
    Error::NotFound { what: "scale set", key: id.to_string() }
}

/// With the labels and the memory, which have tables of their own.
fn with_parts(tx: &mut Tx<'_>, rows: Vec<(i64, Row)>) -> Result<Vec<ScaleSet>, Error> {
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let (mut labels, mut memory) = (labels(tx, &ids)?, machine_memory::of_scale_sets(tx, &ids)?);
    let demands = scale_set_sessions::demands(tx, &ids)?;
    let parts = |(id, row): (i64, Row)| {
        let demand = demands.get(&id).copied().unwrap_or_default();
        row.with(id, labels.remove(&id).unwrap_or_default(), demand, memory.remove(&id).unwrap_or_default())
    };
    rows.into_iter().map(parts).collect()
}

/// Reads what scale sets remember of their machines again.
pub(super) fn read_memory(tx: &mut Tx<'_>, sets: &mut [ScaleSet]) -> Result<(), Error> {
    let ids: Vec<i64> = sets.iter().map(|set| set.id.0).collect();
    let mut memory = machine_memory::of_scale_sets(tx, &ids)?;
    for set in sets {
        set.memory = memory.remove(&set.id.0).unwrap_or_default();
    }
    Ok(())
}

/// Writes a row that was locked before. Where the service has the scale set no more, or has made it again, the runners of the one before get no job any
/// more: those without one go.
pub(super) fn write(tx: &mut Tx<'_>, before: &ScaleSet, set: &mut ScaleSet) -> Result<(), Error> {
    set.updated_at = tx.now;
    set.pseudo_pool_id.clone_from(&before.pseudo_pool_id);
    let row = scale_sets::table.find(before.id.0);
    on!(&mut tx.conn, |c| kept::update(row, Row::from(&*set)).execute(c)).map_err(|fault| taken(fault, set))?;
    tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, before.id, Some(before.entity_id));
    let is_another = before.service_id.is_some() && before.service_id != set.service_id;
    if is_another { runners::send_away(tx, before.id) } else { Ok(()) }
}

/// The name, or the service's number, is another scale set's.
fn taken(fault: diesel::result::Error, set: &ScaleSet) -> Error {
    let number = set.service_id.map(|id| format!(", number {id} at its service,")).unwrap_or_default();
    Error::from(fault).on_unique("scale set", format!("{} of runner group {}{number}", set.name, set.runner_group))
}

/// An id towards providers that no other scale set has. One that was renamed keeps the id of its first name.
fn free_pseudo_pool_id(tx: &mut Tx<'_>, set: &ScaleSet) -> Result<String, Error> {
    let mut id = ScaleSet::new_pseudo_pool_id(&set.name, set.entity_id);
    for number in 2_u32.. {
        let same = scale_sets::table.filter(scale_sets::pseudo_pool_id.eq(&id)).count();
        if on!(&mut tx.conn, |c| same.get_result::<i64>(c))? == 0 {
            break;
        }
        id = ScaleSet::new_pseudo_pool_id(&format!("{}-{number}", set.name), set.entity_id);
    }
    Ok(id)
}

fn labels(tx: &mut Tx<'_>, sets: &[i64]) -> Result<BTreeMap<i64, Vec<String>>, Error> {
    let mut by_set = BTreeMap::<i64, Vec<String>>::new();
    for chunk in kept::lists(sets) {
        let query = scale_set_labels::table
            .filter(kept::one_of(scale_set_labels::scale_set_id, &chunk))
            .order((scale_set_labels::scale_set_id, scale_set_labels::position))
            .select((scale_set_labels::scale_set_id, scale_set_labels::label));
        let rows: Vec<(i64, String)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (set, label) in rows {
            by_set.entry(set).or_default().push(label);
        }
    }
    Ok(by_set)
}

fn set_labels(tx: &mut Tx<'_>, set: &ScaleSet) -> Result<(), Error> {
    let of_set = scale_set_labels::table.filter(scale_set_labels::scale_set_id.eq(set.id.0));
    on!(&mut tx.conn, |c| diesel::delete(of_set).execute(c))?;
    for (position, label) in (0_i64..).zip(&set.labels) {
        let values =
            (scale_set_labels::scale_set_id.eq(set.id.0), scale_set_labels::position.eq(position), scale_set_labels::label.eq(label));
        on!(&mut tx.conn, |c| diesel::insert_into(scale_set_labels::table).values(values).execute(c))
            .map_err(|fault| Error::from(fault).on_unique("label", label))?;
    }
    Ok(())
}

/// Whether runners made before the change differ from those made after it; the list is upstream's.
fn shapes_runners(before: &ScaleSet, after: &ScaleSet) -> bool {
    let specs = |set: &ScaleSet| set.extra_specs.as_ref().map(|specs| specs.get().to_owned());
    before.flavor != after.flavor
        || before.image != after.image
        || before.enable_shell != after.enable_shell
        || before.os_type != after.os_type
        || before.os_arch != after.os_arch
        || before.runner_group != after.runner_group
        || specs(before) != specs(after)
}
