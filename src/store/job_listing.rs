//! The repositories whose jobs are listed, and how far the listing of each entity has come.

use std::collections::BTreeMap;

use diesel::dsl::{max, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::conn::on;
use super::kept;
use super::schema::{jobs, listed_repositories};
use super::unit::Tx;
use super::{Error, Store, columns, task_places};
use crate::model::{EntityId, EntityKind, LeasedTask, ListedRepository, ListingPlace, WatchedRepository};
use crate::time::Timestamp;

/// The most repositories that are listed for an entity; those that were active last stay. Each costs calls.
pub const REPOSITORIES_MAX: usize = 1_000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = listed_repositories)]
struct Row {
    number: i64,
    owner: String,
    name: String,
    active_at: i64,
    listed_at: i64,
    not_before: i64,
    queued_tag: Option<String>,
    running_tag: Option<String>,
}

impl From<Row> for WatchedRepository {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            owner: row.owner,
            name: row.name,
            active_at: columns::time(row.active_at),
            listed_at: (row.listed_at != 0).then(|| columns::time(row.listed_at)),
            not_before: columns::time(row.not_before),
            queued_tag: row.queued_tag,
            running_tag: row.running_tag,
        }
    }
}

impl Store {
    /// How far the listing of this task has come; `None` = it never began.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn listing_place(&self, task: LeasedTask) -> Result<Option<ListingPlace>, Error> {
        self.query(move |tx| task_places::find(tx, task)).await
    }

    /// Notes how far the listing of this task has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_listing_place(&self, task: LeasedTask, place: ListingPlace) -> Result<(), Error> {
        self.write(move |tx| task_places::set(tx, task, &place)).await
    }

    /// The repositories whose jobs this task lists, those that were active last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watched_repositories(&self, task: LeasedTask) -> Result<Vec<WatchedRepository>, Error> {
        self.read(move |tx| watched(tx, task)).await
    }

    /// Adds to the repositories whose jobs this task lists those that the entity has heard of jobs of since then. Notes the place as well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_repositories(
        &self,
        task: LeasedTask,
        entity: EntityId,
        kind: EntityKind,
        since: Timestamp,
        place: ListingPlace,
    ) -> Result<(), Error> {
        self.write(move |tx| {
            let reported = match kind {
                EntityKind::Repository => "repository_id = ",
                EntityKind::Organization => "organization_id = ",
                EntityKind::Enterprise => "enterprise_id = ",
                EntityKind::Instance => "instance_id = ",
            };
            let reported = sql::<Bool>(reported).bind::<Text, _>(entity.to_string());
            let repository = (jobs::repository_number, jobs::repository_owner, jobs::repository_name);
            let heard_of = jobs::table.filter(jobs::queued_at.ge(since.as_micros())).filter(reported).group_by(repository);
            let heard_of = heard_of.select((jobs::repository_number, jobs::repository_owner, jobs::repository_name, max(jobs::queued_at)));
            let rows: Vec<(Option<i64>, String, String, Option<i64>)> = on!(&mut tx.conn, |c| heard_of.load(c))?;
            let told = rows.into_iter().filter_map(|(number, owner, name, active_at)| {
                Some((ListedRepository { number: number?, owner, name, pushed_at: None }, columns::time(active_at?)))
            });
            keep(tx, task, told.collect())?;
            task_places::set(tx, task, &place)
        })
        .await
    }

    /// Adds repositories to those whose jobs this task lists. Notes the place as well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_repositories(&self, task: LeasedTask, told: Vec<ListedRepository>, place: ListingPlace) -> Result<(), Error> {
        self.write(move |tx| {
            let told = told.into_iter().map(|repository| (repository.pushed_at.unwrap_or(Timestamp::EPOCH), repository));
            keep(tx, task, told.map(|(active_at, repository)| (repository, active_at)).collect())?;
            task_places::set(tx, task, &place)
        })
        .await
    }

    /// Notes what became of a question for the jobs of a repository, and the place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_listing(&self, task: LeasedTask, repository: WatchedRepository, place: ListingPlace) -> Result<(), Error> {
        self.write(move |tx| {
            let row = listed_repositories::table.find((task.kind(), task.subject(), repository.number));
            let set = (
                listed_repositories::active_at.eq(repository.active_at.as_micros()),
                listed_repositories::listed_at.eq(repository.listed_at.map_or(0, Timestamp::as_micros)),
                listed_repositories::not_before.eq(repository.not_before.as_micros()),
                listed_repositories::queued_tag.eq(&repository.queued_tag),
                listed_repositories::running_tag.eq(&repository.running_tag),
            );
            on!(&mut tx.conn, |c| kept::update(row, set).execute(c))?;
            task_places::set(tx, task, &place)
        })
        .await
    }
}

/// Removes all that is kept for a task whose thing is removed in the same unit.
pub(super) fn remove(tx: &mut Tx<'_>, task: LeasedTask) -> Result<(), Error> {
    let own = listed_repositories::table.filter(listed_repositories::kind.eq(task.kind()));
    on!(&mut tx.conn, |c| diesel::delete(own.filter(listed_repositories::subject.eq(task.subject()))).execute(c))?;
    task_places::remove(tx, task)
}

fn watched(tx: &mut Tx<'_>, task: LeasedTask) -> Result<Vec<WatchedRepository>, Error> {
    let own = listed_repositories::table.filter(listed_repositories::kind.eq(task.kind()));
    let own = own.filter(listed_repositories::subject.eq(task.subject()));
    let own = own.order((listed_repositories::active_at.desc(), listed_repositories::number));
    let rows: Vec<Row> = on!(&mut tx.conn, |c| own.select(Row::as_select()).load(c))?;
    Ok(rows.into_iter().map(WatchedRepository::from).collect())
}

/// Adds and renames repositories, and removes those that were active longest ago where there are too many.
fn keep(tx: &mut Tx<'_>, task: LeasedTask, told: Vec<(ListedRepository, Timestamp)>) -> Result<(), Error> {
    let mut known: BTreeMap<i64, WatchedRepository> = watched(tx, task)?.into_iter().map(|own| (own.number, own)).collect();
    for (told, active_at) in told {
        let (owner, name) = (columns::name(&told.owner), columns::name(&told.name));
        let before = known.get(&told.number);
        let active_at = before.map_or(active_at, |before| before.active_at.max(active_at));
        if before.is_some_and(|before| before.owner == owner && before.name == name && before.active_at == active_at) {
            continue;
        }
        let values = (
            listed_repositories::kind.eq(task.kind()),
            listed_repositories::subject.eq(task.subject()),
            listed_repositories::number.eq(told.number),
            listed_repositories::owner.eq(&owner),
            listed_repositories::name.eq(&name),
            listed_repositories::active_at.eq(active_at.as_micros()),
            listed_repositories::listed_at.eq(0),
            listed_repositories::not_before.eq(0),
        );
        let set = (
            listed_repositories::owner.eq(&owner),
            listed_repositories::name.eq(&name),
            listed_repositories::active_at.eq(active_at.as_micros()),
        );
        on!(&mut tx.conn, |c| {
            diesel::insert_into(listed_repositories::table)
                .values(values)
                .on_conflict((listed_repositories::kind, listed_repositories::subject, listed_repositories::number))
                .do_update()
                .set(set)
                .execute(c)
        })?;
        let (listed_at, not_before, queued_tag, running_tag) = (None, Timestamp::EPOCH, None, None);
        let new = WatchedRepository { number: told.number, owner, name, active_at, listed_at, not_before, queued_tag, running_tag };
        known.insert(told.number, new);
    }
    if known.len() > REPOSITORIES_MAX {
        for old in watched(tx, task)?.split_off(REPOSITORIES_MAX) {
            let row = listed_repositories::table.find((task.kind(), task.subject(), old.number));
            on!(&mut tx.conn, |c| diesel::delete(row).execute(c))?;
        }
    }
    Ok(())
}
