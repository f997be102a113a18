//! Pools and their tags.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::value::RawValue;

use super::conn::{load_locked, on};
use super::error::users;
use super::kept;
use super::schema::{pool_tags, pools};
use super::unit::Tx;
use super::{Error, Store, columns, kept_jobs, machine_memory, runners};
use crate::model::{ChangeKind, ChangeOp, EntityId, OsArch, OsType, Pool, PoolId, PoolMemory, ProviderName, TemplateId, values};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = pools, treat_none_as_null = true)]
struct Row {
    id: String,
    entity_id: String,
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
    runner_group: String,
    extra_specs: Option<String>,
    priority: i64,
    template_id: Option<i64>,
    enable_shell: bool,
    generation: i64,
    rotate_below: i64,
    keep_failed: i64,
    rerun_lost: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn with(self, tags: &[String], memory: PoolMemory) -> Result<Pool, Error> {
        Ok(Pool {
            id: columns::id("pool id", &self.id)?,
            entity_id: columns::id("entity id", &self.entity_id)?,
            provider: ProviderName(self.provider),
            image: self.image,
            flavor: self.flavor,
            os_type: columns::word("system", &self.os_type, OsType::from_word)?,
            os_arch: columns::word("architecture", &self.os_arch, OsArch::from_word)?,
            // Rows of older versions have labels and prefixes as they were typed.
            tags: values::stored_labels(tags),
            enabled: self.enabled,
            max_runners: columns::count("maximum of runners", self.max_runners)?,
            min_idle_runners: columns::count("minimum of idle runners", self.min_idle_runners)?,
            bootstrap_timeout: columns::seconds("bootstrap timeout", self.bootstrap_timeout)?,
            runner_prefix: match values::stored_prefix(&self.runner_prefix) {
                prefix if prefix.is_empty() => Pool::DEFAULT_PREFIX.to_owned(),
                prefix => prefix,
            },
            runner_group: self.runner_group,
            extra_specs: columns::optional_json::<Box<RawValue>>("extra specs", self.extra_specs.as_deref())?,
            priority: columns::count("priority", self.priority)?,
            template_id: self.template_id.map(TemplateId),
            enable_shell: self.enable_shell,
            generation: self.generation,
            rotate_below: self.rotate_below,
            keep_failed: columns::seconds("time to keep a failed machine", self.keep_failed)?,
            rerun_lost: self.rerun_lost.map(|limit| columns::count("limit of a run", limit)).transpose()?,
            memory,
            created_at: columns::time(self.created_at),
            updated_at: columns::time(self.updated_at),
        })
    }
}

impl From<&Pool> for Row {
    fn from(pool: &Pool) -> Self {
        Self {
            id: pool.id.to_string(),
            entity_id: pool.entity_id.to_string(),
            provider: pool.provider.0.clone(),
            image: pool.image.clone(),
            flavor: pool.flavor.clone(),
            os_type: pool.os_type.to_string(),
            os_arch: pool.os_arch.to_string(),
            enabled: pool.enabled,
            max_runners: pool.max_runners.into(),
            min_idle_runners: pool.min_idle_runners.into(),
            bootstrap_timeout: columns::to_seconds(pool.bootstrap_timeout),
            runner_prefix: pool.runner_prefix.clone(),
            runner_group: pool.runner_group.clone(),
            extra_specs: pool.extra_specs.as_ref().map(|specs| specs.get().to_owned()),
            priority: pool.priority.into(),
            template_id: pool.template_id.map(|id| id.0),
            enable_shell: pool.enable_shell,
            generation: pool.generation,
            rotate_below: pool.rotate_below,
            keep_failed: columns::to_seconds(pool.keep_failed),
            rerun_lost: pool.rerun_lost.map(i64::from),
            created_at: pool.created_at.as_micros(),
            updated_at: pool.updated_at.as_micros(),
        }
    }
}

impl Store {
    /// All pools, or those of one entity, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_pools(&self, entity: Option<EntityId>) -> Result<Vec<Pool>, Error> {
        self.read(move |tx| list(tx, entity)).await
    }

    /// The pool with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_pool(&self, id: PoolId) -> Result<Option<Pool>, Error> {
        self.read(move |tx| find(tx, id)).await
    }

    /// Adds a pool; its times are set here.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the entity is gone.
    pub async fn create_pool(&self, pool: Pool) -> Result<Pool, Error> {
        self.write(move |tx| {
            let Some(kind) = kept_jobs::hold_off_facts(tx, pool.entity_id)? else {
                return Err(Error::NotFound { what: "entity", key: pool.entity_id.to_string() });
            };
            let pool = Pool { created_at: tx.now, updated_at: tx.now, generation: 0, rotate_below: 0, ..pool };
            on!(&mut tx.conn, |c| diesel::insert_into(pools::table).values(Row::from(&pool)).execute(c))?;
            set_tags(tx, &pool)?;
            kept_jobs::serve(tx, &pool, kind)?;
            tx.changed(ChangeKind::Pool, ChangeOp::Create, pool.id, Some(pool.entity_id));
            Ok(pool)
        })
        .await
    }

    /// Changes a pool; a change that shapes runners raises its generation.
    ///
    /// # Errors
    /// [`Error::NotFound`]; what `change` refuses.
    pub async fn update_pool(
        &self,
        id: PoolId,
        change: impl FnOnce(&mut Pool) -> Result<(), Error> + Send + 'static,
    ) -> Result<Pool, Error> {
        self.write(move |tx| {
            let rows: Vec<Row> = load_locked!(&mut tx.conn, pools::table.find(id.to_string()), Row)?;
            let row = rows.into_iter().next().ok_or(Error::NotFound { what: "pool", key: id.to_string() })?;
            let before = with_parts(tx, vec![row])?.remove(0);
            let mut pool = before.clone();
            change(&mut pool)?;
            pool.generation = before.generation + i64::from(shapes_runners(&before, &pool));
            pool.updated_at = tx.now;
            on!(&mut tx.conn, |c| kept::update(pools::table.find(id.to_string()), Row::from(&pool)).execute(c))?;
            if pool.tags != before.tags {
                set_tags(tx, &pool)?;
                if let Some(kind) = kept_jobs::hold_off_facts(tx, pool.entity_id)? {
                    kept_jobs::serve(tx, &pool, kind)?;
                }
            }
            if pool.runner_group != before.runner_group {
                runners::change_group(tx, id.into(), &pool.runner_group)?;
            }
            // Last, as memories are locked last.
            pool.memory = machine_memory::give_another_chance(tx, id.into(), pool.entity_id)?;
            tx.changed(ChangeKind::Pool, ChangeOp::Update, id, Some(pool.entity_id));
            Ok(pool)
        })
        .await
    }

    /// Begins a new generation of a pool, so that idle runners of all older ones are replaced.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn rotate_pool(&self, id: PoolId) -> Result<Pool, Error> {
        self.write(move |tx| {
            let pool = find(tx, id)?.ok_or(Error::NotFound { what: "pool", key: id.to_string() })?;
            let generation = pools::generation + 1;
            let set = (pools::generation.eq(generation), pools::rotate_below.eq(generation), pools::updated_at.eq(tx.now.as_micros()));
            on!(&mut tx.conn, |c| kept::update(pools::table.find(id.to_string()), set).execute(c))?;
            machine_memory::give_another_chance(tx, id.into(), pool.entity_id)?;
            tx.changed(ChangeKind::Pool, ChangeOp::Update, id, Some(pool.entity_id));
            find(tx, id)?.ok_or(Error::NotFound { what: "pool", key: id.to_string() })
        })
        .await
    }

    /// Removes a pool without runners. One that does not exist is removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_pool(&self, id: PoolId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(pool) = find(tx, id)? else { return Ok(()) };
            let names = runners::names_of_set(tx, id.into())?;
            if !names.is_empty() {
                return Err(Error::InUse { what: "pool", key: id.to_string(), by: users(("runner", "runners"), &names) });
            }
            on!(&mut tx.conn, |c| diesel::delete(pools::table.find(id.to_string())).execute(c))?;
            tx.changed(ChangeKind::Pool, ChangeOp::Delete, id, Some(pool.entity_id));
            Ok(())
        })
        .await
    }
}

pub(super) fn list(tx: &mut Tx<'_>, entity: Option<EntityId>) -> Result<Vec<Pool>, Error> {
    let rows: Vec<Row> = on!(&mut tx.conn, |c| {
        let mut query = pools::table.order((pools::created_at, pools::id)).into_boxed();
        if let Some(entity) = entity {
            query = query.filter(pools::entity_id.eq(entity.to_string()));
        }
        query.select(Row::as_select()).load(c)
    })?;
    with_parts(tx, rows)
}

/// With the tags and the memory, which have tables of their own.
fn with_parts(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Pool>, Error> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let (mut tags, mut memory) = (tags(tx, &ids)?, machine_memory::of_pools(tx, &ids)?);
    let parts = |row: Row| {
        let (tags, memory) = (tags.remove(&row.id).unwrap_or_default(), memory.remove(&row.id).unwrap_or_default());
        row.with(&tags, memory)
    };
    rows.into_iter().map(parts).collect()
}

/// Reads what pools remember of their machines again.
pub(super) fn read_memory(tx: &mut Tx<'_>, pools: &mut [Pool]) -> Result<(), Error> {
    let ids: Vec<String> = pools.iter().map(|pool| pool.id.to_string()).collect();
    let mut memory = machine_memory::of_pools(tx, &ids)?;
    for (pool, id) in pools.iter_mut().zip(&ids) {
        pool.memory = memory.remove(id).unwrap_or_default();
    }
    Ok(())
}

pub(super) fn find(tx: &mut Tx<'_>, id: PoolId) -> Result<Option<Pool>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| pools::table.find(id.to_string()).select(Row::as_select()).first(c).optional())?;
    Ok(with_parts(tx, row.into_iter().collect())?.into_iter().next())
}

fn tags(tx: &mut Tx<'_>, pools: &[String]) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut by_pool = BTreeMap::<String, Vec<String>>::new();
    for chunk in kept::lists(pools) {
        let query = pool_tags::table
            .filter(kept::one_of(pool_tags::pool_id, &chunk))
            .order((pool_tags::pool_id, pool_tags::position))
            .select((pool_tags::pool_id, pool_tags::tag));
        let rows: Vec<(String, String)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (pool, tag) in rows {
            by_pool.entry(pool).or_default().push(tag);
        }
    }
    Ok(by_pool)
}

fn set_tags(tx: &mut Tx<'_>, pool: &Pool) -> Result<(), Error> {
    on!(&mut tx.conn, |c| diesel::delete(pool_tags::table.filter(pool_tags::pool_id.eq(pool.id.to_string()))).execute(c))?;
    for (position, tag) in (0_i64..).zip(&pool.tags) {
        let values = (pool_tags::pool_id.eq(pool.id.to_string()), pool_tags::position.eq(position), pool_tags::tag.eq(tag));
        on!(&mut tx.conn, |c| diesel::insert_into(pool_tags::table).values(values).execute(c))
            .map_err(|fault| Error::from(fault).on_unique("tag", tag))?;
    }
    Ok(())
}

/// Whether runners made before the change differ from those made after it; the list is upstream's.
fn shapes_runners(before: &Pool, after: &Pool) -> bool {
    let specs = |pool: &Pool| pool.extra_specs.as_ref().map(|specs| specs.get().to_owned());
    before.flavor != after.flavor
        || before.image != after.image
        || before.enable_shell != after.enable_shell
        || before.os_type != after.os_type
        || before.os_arch != after.os_arch
        || before.runner_group != after.runner_group
        || specs(before) != specs(after)
}
