//! Repositories, organizations, enterprises and forge instances, and what is told about them.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::conn::{load_locked, on};
use super::error::users;
use super::kept;
use super::schema::{entities, entity_events, pools, scale_sets};
use super::unit::Tx;
use super::{Error, Store, columns, credentials, delivery_log, job_listing, leases, seals};
use crate::crypto::random;
use crate::model::{
    Balancer, ChangeKind, ChangeOp, CredentialsId, EndpointName, Entity, EntityEvent, EntityId, EntityKind, EntityRef, EventKind,
    EventLevel, LeasedTask, RerunLimits, SecretString,
};

/// How many events of an entity are kept.
const EVENTS_KEPT: i64 = 30;

/// The most of these that may be of one topic, where texts differ by the words of others.
const TOPIC_MAX: usize = 5;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = entities)]
pub(super) struct Row {
    id: String,
    kind: String,
    owner: String,
    name: String,
    endpoint: String,
    credentials_id: i64,
    webhook_secret: Vec<u8>,
    balancer: String,
    agent_mode: bool,
    failure: Option<String>,
    created_at: i64,
    updated_at: i64,
    forge_number: Option<i64>,
    rerun_lost: i64,
    rerun_lost_per_day: i64,
    /// The numbers of further credentials, as JSON.
    more_credentials: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = entity_events)]
struct EventRow {
    id: i64,
    created_at: i64,
    kind: String,
    level: String,
    message: String,
}

/// Which entities to list; what is empty or `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct EntityFilter {
    /// Of this kind.
    pub kind: Option<EntityKind>,
    /// With exactly this owner.
    pub owner: String,
    /// With exactly this name.
    pub name: String,
    /// On exactly this endpoint.
    pub endpoint: String,
}

/// An entity to be added.
#[derive(Clone, Debug)]
pub struct NewEntity {
    /// Where it is at the forge.
    pub at: EntityRef,
    /// The credentials used for it, which decide its endpoint.
    pub credentials_id: CredentialsId,
    /// Credentials of the same endpoint that share the calls with those, in turn.
    pub more_credentials: Vec<CredentialsId>,
    /// The secret that signs the forge's deliveries.
    pub webhook_secret: SecretString,
    /// How jobs are spread over pools.
    pub balancer: Balancer,
    /// Whether runners install the agent.
    pub agent_mode: bool,
    /// How often jobs that lost their machine are run again.
    pub rerun: RerunLimits,
}

impl Store {
    /// The entities that fit, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_entities(&self, filter: EntityFilter) -> Result<Vec<Entity>, Error> {
        self.query(move |tx| {
            let rows: Vec<Row> = on!(&mut tx.conn, |c| {
                let mut query = entities::table.order((entities::created_at, entities::id)).into_boxed();
                if let Some(kind) = filter.kind {
                    query = query.filter(entities::kind.eq(kind.as_str()));
                }
                if !filter.owner.is_empty() {
                    query = query.filter(entities::owner.eq(columns::name(&filter.owner)));
                }
                if !filter.name.is_empty() {
                    query = query.filter(entities::name.eq(columns::name(&filter.name)));
                }
                if !filter.endpoint.is_empty() {
                    query = query.filter(entities::endpoint.eq(columns::name(&filter.endpoint)));
                }
                query.select(Row::as_select()).load(c)
            })?;
            rows.into_iter().map(|row| open(tx, row)).collect()
        })
        .await
    }

    /// The entity with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_entity(&self, id: EntityId) -> Result<Option<Entity>, Error> {
        self.query(move |tx| find(tx, id)).await
    }

    /// Adds an entity on the endpoint of its credentials.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is there already, [`Error::NotFound`] when the credentials are not.
    pub async fn create_entity(&self, new: NewEntity) -> Result<Entity, Error> {
        self.write(move |tx| {
            let credentials = credentials::get(tx, new.credentials_id)?;
            check_credentials(tx, &new.at, &credentials.endpoint, credentials.id, &new.more_credentials)?;
            let id = random::uuid().to_string();
            let row = Row {
                kind: new.at.kind.to_string(),
                owner: new.at.owner.clone(),
                name: new.at.name.clone(),
                endpoint: credentials.endpoint.0,
                credentials_id: credentials.id.0,
                webhook_secret: tx.seal(&new.webhook_secret, &seals::place_of_webhook_secret(&id)),
                id,
                balancer: new.balancer.as_str().to_owned(),
                agent_mode: new.agent_mode,
                failure: None,
                created_at: tx.now.as_micros(),
                updated_at: tx.now.as_micros(),
                forge_number: None,
                rerun_lost: new.rerun.per_run.into(),
                rerun_lost_per_day: new.rerun.per_day.into(),
                more_credentials: columns::to_json(&new.more_credentials),
            };
            on!(&mut tx.conn, |c| diesel::insert_into(entities::table).values(&row).execute(c))
                .map_err(|fault| Error::from(fault).on_unique(new.at.kind.as_str(), new.at.path()))?;
            let entity = open(tx, row)?;
            tx.changed(change_kind(entity.at.kind), ChangeOp::Create, entity.id, Some(entity.id));
            Ok(entity)
        })
        .await
    }

    /// Changes credentials (of the same endpoint), webhook secret, balancer, agent mode or the limits of running jobs again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] when the credentials are for another endpoint; what `change` refuses.
    pub async fn update_entity(
        &self,
        id: EntityId,
        change: impl FnOnce(&mut Entity) -> Result<(), Error> + Send + 'static,
    ) -> Result<Entity, Error> {
        self.write(move |tx| {
            let mut entity = get_locked(tx, id)?;
            change(&mut entity)?;
            check_credentials(tx, &entity.at, &entity.endpoint, entity.credentials_id, &entity.more_credentials)?;
            // A secret that does not open stays as it is until another one is set.
            let secret = entity.webhook_secret.as_ref().map(|secret| tx.seal(secret, &seals::place_of_webhook_secret(&id.to_string())));
            let set = (
                entities::credentials_id.eq(entity.credentials_id.0),
                entities::more_credentials.eq(columns::to_json(&entity.more_credentials)),
                secret.map(|sealed| entities::webhook_secret.eq(sealed)),
                entities::balancer.eq(entity.balancer.as_str()),
                entities::agent_mode.eq(entity.agent_mode),
                entities::rerun_lost.eq(i64::from(entity.rerun.per_run)),
                entities::rerun_lost_per_day.eq(i64::from(entity.rerun.per_day)),
                entities::updated_at.eq(tx.now.as_micros()),
            );
            on!(&mut tx.conn, |c| kept::update(entities::table.find(id.to_string()), set).execute(c))?;
            tx.changed(change_kind(entity.at.kind), ChangeOp::Update, id, Some(id));
            get_locked(tx, id)
        })
        .await
    }

    /// Notes where the forge says that an entity is, and the forge's number of it. Another name or number is told as an event. Returns whether
    /// anything is different from before; the spelling of the same name is not.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when another entity has the name.
    pub async fn set_entity_place(&self, id: EntityId, number: i64, at: EntityRef) -> Result<bool, Error> {
        let at = EntityRef { owner: columns::name(&at.owner), name: columns::name(&at.name), ..at };
        self.write(move |tx| {
            let known = get_locked(tx, id)?;
            let is_renamed = known.at != at;
            if !is_renamed && known.number == Some(number) {
                return Ok(false);
            }
            let kept = if is_renamed { &at } else { &known.at };
            let set = (
                entities::owner.eq(&kept.owner),
                entities::name.eq(&kept.name),
                entities::forge_number.eq(number),
                entities::updated_at.eq(tx.now.as_micros()),
            );
            on!(&mut tx.conn, |c| kept::update(entities::table.find(id.to_string()), set).execute(c))
                .map_err(|fault| Error::from(fault).on_unique(at.kind.as_str(), at.path()))?;
            if let Some(before) = known.number.filter(|before| *before != number) {
                let told = format!("{at} is another one at the forge now: the forge's number of it is {number}, before it was {before}");
                add_event(tx, id, EventLevel::Warning, &told)?;
            }
            if is_renamed {
                let told = format!("renamed from {} to {} at the forge", known.at.path(), at.path());
                add_event(tx, id, EventLevel::Info, &told)?;
            }
            tx.changed(change_kind(at.kind), ChangeOp::Update, id, Some(id));
            Ok(true)
        })
        .await
    }

    /// Records why nothing can be done for an entity, or that all is well. The same again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_entity_failure(&self, id: EntityId, failure: Option<String>) -> Result<(), Error> {
        let (known, failure) = (self.find_entity(id).await?, failure.as_deref().map(columns::text));
        if known.is_none_or(|entity| entity.failure == failure) {
            return Ok(());
        }
        self.write(move |tx| {
            on!(&mut tx.conn, |c| kept::update(entities::table.find(id.to_string()), entities::failure.eq(&failure)).execute(c))?;
            Ok(())
        })
        .await
    }

    /// Removes an entity without pools and scale sets. One that does not exist is removed.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn delete_entity(&self, id: EntityId) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(entity) = find(tx, id)? else { return Ok(()) };
            let query = pools::table.filter(pools::entity_id.eq(id.to_string())).order(pools::created_at).select(pools::id);
            let pools: Vec<String> = on!(&mut tx.conn, |c| query.load(c))?;
            if !pools.is_empty() {
                return Err(Error::InUse { what: entity.at.kind.as_str(), key: entity.at.path(), by: users(("pool", "pools"), &pools) });
            }
            let query = scale_sets::table.filter(scale_sets::entity_id.eq(id.to_string())).order(scale_sets::id).select(scale_sets::name);
            let sets: Vec<String> = on!(&mut tx.conn, |c| query.load(c))?;
            if !sets.is_empty() {
                let by = users(("scale set", "scale sets"), &sets);
                return Err(Error::InUse { what: entity.at.kind.as_str(), key: entity.at.path(), by });
            }
            on!(&mut tx.conn, |c| diesel::delete(entities::table.find(id.to_string())).execute(c))?;
            for task in [LeasedTask::Reconcile(id), LeasedTask::ReadLog(id), LeasedTask::ReadAppLog(id), LeasedTask::ListJobs(id)] {
                leases::remove(tx, task)?;
            }
            delivery_log::remove(tx, LeasedTask::ReadLog(id))?;
            delivery_log::remove(tx, LeasedTask::ReadAppLog(id))?;
            job_listing::remove(tx, LeasedTask::ListJobs(id))?;
            tx.changed(change_kind(entity.at.kind), ChangeOp::Delete, id, Some(id));
            Ok(())
        })
        .await
    }

    /// Tells something about an entity; the last 30 messages are kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_entity_event(&self, id: EntityId, level: EventLevel, message: String) -> Result<(), Error> {
        self.write(move |tx| match find(tx, id)? {
            Some(_) => add_event(tx, id, level, &message),
            None => Ok(()),
        })
        .await
    }

    /// Tells something about an entity, unless it is told among the events that are kept. Texts of one topic begin with the same words. Of these,
    /// [`TOPIC_MAX`] are told at most: the words of others may never be the same twice. Answers whether it was told now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_entity_event_once(
        &self,
        id: EntityId,
        level: EventLevel,
        topic: &'static str,
        message: String,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            // Two that tell the same at once come one after the other.
            let found: Vec<Row> = load_locked!(&mut tx.conn, entities::table.find(id.to_string()), Row)?;
            let of_entity = entity_events::table.filter(entity_events::entity_id.eq(id.to_string()));
            let told: Vec<String> = on!(&mut tx.conn, |c| of_entity.select(entity_events::message).load(c))?;
            let of_topic = told.iter().filter(|told| told.starts_with(topic)).count();
            if found.is_empty() || of_topic >= TOPIC_MAX || told.contains(&columns::text(&message)) {
                return Ok(false);
            }
            add_event(tx, id, level, &message)?;
            Ok(true)
        })
        .await
    }

    /// The events of an entity, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_entity_events(&self, id: EntityId) -> Result<Vec<EntityEvent>, Error> {
        self.query(move |tx| {
            let query = entity_events::table.filter(entity_events::entity_id.eq(id.to_string())).order(entity_events::id);
            let rows: Vec<EventRow> = on!(&mut tx.conn, |c| query.select(EventRow::as_select()).load(c))?;
            let event = |row: EventRow| {
                Ok(EntityEvent {
                    id: row.id,
                    created_at: columns::time(row.created_at),
                    kind: columns::word("event kind", &row.kind, EventKind::from_word)?,
                    level: columns::word("event level", &row.level, EventLevel::from_word)?,
                    message: row.message,
                })
            };
            rows.into_iter().map(event).collect()
        })
        .await
    }
}

/// Tells something about an entity that exists.
pub(super) fn add_event(tx: &mut Tx<'_>, id: EntityId, level: EventLevel, message: &str) -> Result<(), Error> {
    let values = (
        entity_events::entity_id.eq(id.to_string()),
        entity_events::created_at.eq(tx.now.as_micros()),
        entity_events::kind.eq(EventKind::Status.as_str()),
        entity_events::level.eq(level.as_str()),
        entity_events::message.eq(columns::text(message)),
    );
    on!(&mut tx.conn, |c| diesel::insert_into(entity_events::table).values(values).execute(c))?;
    let of_entity = entity_events::table.filter(entity_events::entity_id.eq(id.to_string()));
    let kept: Vec<i64> =
        on!(&mut tx.conn, |c| of_entity.order(entity_events::id.desc()).limit(EVENTS_KEPT).select(entity_events::id).load(c))?;
    if let Some(oldest) = kept.last() {
        let gone = entity_events::table.filter(entity_events::entity_id.eq(id.to_string())).filter(entity_events::id.lt(oldest));
        on!(&mut tx.conn, |c| diesel::delete(gone).execute(c))?;
    }
    Ok(())
}

pub(super) fn find(tx: &mut Tx<'_>, id: EntityId) -> Result<Option<Entity>, Error> {
    let row: Option<Row> = on!(&mut tx.conn, |c| entities::table.find(id.to_string()).select(Row::as_select()).first(c).optional())?;
    row.map(|row| open(tx, row)).transpose()
}

/// All credentials of an entity are of its endpoint, and each is named once.
fn check_credentials(
    tx: &mut Tx<'_>,
    at: &EntityRef,
    endpoint: &EndpointName,
    first: CredentialsId,
    more: &[CredentialsId],
) -> Result<(), Error> {
    if more.len() > Entity::MORE_CREDENTIALS_MAX {
        return Err(Error::Invalid(format!("{at} can have {} further credentials at most", Entity::MORE_CREDENTIALS_MAX)));
    }
    let mut known = BTreeSet::new();
    for id in std::iter::once(first).chain(more.iter().copied()) {
        let credentials = credentials::get(tx, id)?;
        if credentials.endpoint != *endpoint {
            return Err(Error::Invalid(format!(
                "credentials {} are for endpoint {}, but {at} is on {endpoint}",
                credentials.name, credentials.endpoint
            )));
        }
        if !known.insert(id.0) {
            return Err(Error::Invalid(format!("credentials {} are named twice for {at}", credentials.name)));
        }
    }
    Ok(())
}

fn get_locked(tx: &mut Tx<'_>, id: EntityId) -> Result<Entity, Error> {
    let rows: Vec<Row> = load_locked!(&mut tx.conn, entities::table.find(id.to_string()), Row)?;
    let row = rows.into_iter().next().ok_or(Error::NotFound { what: "entity", key: id.to_string() })?;
    open(tx, row)
}

/// The entity of a row.
pub(super) fn open(tx: &Tx<'_>, row: Row) -> Result<Entity, Error> {
    Ok(Entity {
        id: columns::id("entity id", &row.id)?,
        webhook_secret: tx.open(&row.webhook_secret, &seals::place_of_webhook_secret(&row.id)).ok(),
        at: EntityRef { kind: columns::word("entity kind", &row.kind, EntityKind::from_word)?, owner: row.owner, name: row.name },
        endpoint: EndpointName(row.endpoint),
        credentials_id: CredentialsId(row.credentials_id),
        more_credentials: columns::json("numbers of credentials", &row.more_credentials)?,
        balancer: columns::word("balancer", &row.balancer, Balancer::from_word)?,
        agent_mode: row.agent_mode,
        rerun: RerunLimits {
            per_run: columns::count("limit of a run", row.rerun_lost)?,
            per_day: columns::count("limit of a day", row.rerun_lost_per_day)?,
        },
        failure: row.failure,
        number: row.forge_number,
        created_at: columns::time(row.created_at),
        updated_at: columns::time(row.updated_at),
    })
}

const fn change_kind(kind: EntityKind) -> ChangeKind {
    match kind {
        EntityKind::Repository => ChangeKind::Repository,
        EntityKind::Organization => ChangeKind::Organization,
        EntityKind::Enterprise => ChangeKind::Enterprise,
        EntityKind::Instance => ChangeKind::ForgeInstance,
    }
}
