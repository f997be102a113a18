//! How far forges' logs of deliveries were read, and which deliveries they are to make again.
//!
//! A row of `redeliveries` is the intent before the call. It stays until the delivery is in the record of those that came in. It also stays when the
//! forge was asked as often as it may be. So the log cannot bring the same delivery up again.

use std::collections::HashSet;
use std::time::Duration;

use diesel::prelude::*;

use super::conn::on;
use super::kept;
use super::schema::{deliveries, entities, redeliveries};
use super::unit::Tx;
use super::{Error, IDS_PER_QUERY, Store, columns, credentials, task_places};
use crate::model::{Credentials, CredentialsSecret, EndpointName, EntityId, JobStatus, LeasedTask, LogPlace, LoggedDelivery, Redelivery};
use crate::time::Timestamp;

/// How often the forge is asked to make one delivery again.
pub const ASKED_MAX: u32 = 5;

/// The most deliveries of one log that are to be made again: more than a day's budget could ask for at once. The log brings up the rest later.
const PENDING_MAX: i64 = 10_000;

/// So long a row stays at most. No job waits longer than a day, and no entry of an attempt can bring the delivery up again then.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(48);

/// How far the forge's clock may be from this one.
const SKEW: Duration = Duration::from_mins(1);

/// What is to be asked for now, and what became of what was asked for before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueRedeliveries {
    /// To be asked for now: jobs that are not known yet first, then by age.
    pub due: Vec<Redelivery>,
    /// How many deliveries that the forge was asked for have come in since.
    pub arrived: usize,
    /// How many that the forge was asked for should have come in by now and have not.
    pub missing: usize,
    /// How many of those are not asked for again.
    pub given_up: usize,
    /// When the next one that was asked for should have come in.
    pub next_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = redeliveries)]
struct Row {
    guid: String,
    hook_id: i64,
    delivery_id: i64,
    asked: i64,
    next_at: i64,
}

impl Store {
    /// How far the log of this task was read; `None` = never.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_place(&self, task: LeasedTask) -> Result<Option<LogPlace>, Error> {
        self.query(move |tx| task_places::find(tx, task)).await
    }

    /// Notes how far the log of this task was read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_log_place(&self, task: LeasedTask, place: LogPlace) -> Result<(), Error> {
        self.write(move |tx| task_places::set(tx, task, &place)).await
    }

    /// The entity whose task reads the log of the App: the first of those that use credentials of the App with the secret of its hook.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reader_of_app_log(&self, endpoint: EndpointName, app_id: i64) -> Result<Option<EntityId>, Error> {
        self.read(move |tx| {
            let of_app = |credentials: &Credentials| match &credentials.secret {
                CredentialsSecret::App(key) => key.app_id == app_id && key.webhook_secret.is_some(),
                CredentialsSecret::Pat(_) | CredentialsSecret::Unopenable => false,
            };
            let sets = credentials::at(tx, &endpoint)?;
            let sets: Vec<i64> = sets.iter().filter(|set| of_app(set)).map(|set| set.id.0).collect();
            let entities = entities::table.filter(entities::credentials_id.eq_any(sets)).order((entities::created_at, entities::id));
            let first: Option<String> = on!(&mut tx.conn, |c| entities.select(entities::id).first(c).optional())?;
            first.map(|id| columns::id("entity id", &id)).transpose()
        })
        .await
    }

    /// Takes in a page of the log, and notes how far the log was read. `hook` is the number of the hook, or of the App. What was delivered since `since` and is not in the record of deliveries
    /// is to be delivered again. Where the forge says that the receiver accepted the delivery, only if the record goes back that far. Answers how
    /// many deliveries are new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_in_log(
        &self,
        task: LeasedTask,
        place: LogPlace,
        hook: i64,
        page: Vec<LoggedDelivery>,
        since: Timestamp,
    ) -> Result<usize, Error> {
        // As the record has them. One that the database cannot hold would keep the log from being read for ever.
        let as_kept = |entry: LoggedDelivery| LoggedDelivery { guid: columns::name(&entry.guid), ..entry };
        let page: Vec<LoggedDelivery> = page.into_iter().map(as_kept).collect();
        self.write(move |tx| {
            let ids: Vec<&str> = page.iter().map(|entry| entry.guid.as_str()).collect();
            let came = came_in(tx, task, hook, &ids)?;
            let signed = deliveries::table.filter(deliveries::signed.eq(true)).order(deliveries::id).select(deliveries::received_at);
            let begins: Option<i64> = on!(&mut tx.conn, |c| signed.first(c).optional())?;
            let begins = begins.map(|at| columns::time(at).after(SKEW));
            let is_lost = |entry: &&LoggedDelivery| {
                let should_be_known = begins.is_some_and(|begins| begins <= entry.delivered_at);
                !came.contains(&entry.guid) && entry.delivered_at >= since && (!entry.is_accepted || should_be_known)
            };
            let mut room = PENDING_MAX - count(tx, task)?;
            let mut new = 0;
            for entry in page.iter().filter(is_lost) {
                if room <= 0 {
                    break;
                }
                let values = (
                    redeliveries::kind.eq(task.kind()),
                    redeliveries::subject.eq(task.subject()),
                    redeliveries::guid.eq(&entry.guid),
                    redeliveries::hook_id.eq(hook),
                    redeliveries::delivery_id.eq(entry.id),
                    redeliveries::class.eq(i64::from(entry.action != JobStatus::Queued.as_str())),
                    redeliveries::asked.eq(0),
                    redeliveries::next_at.eq(tx.now.as_micros()),
                    redeliveries::delivered_at.eq(entry.delivered_at.as_micros()),
                );
                let added =
                    on!(&mut tx.conn, |c| diesel::insert_into(redeliveries::table).values(values).on_conflict_do_nothing().execute(c))?;
                new += added;
                room -= i64::from(added > 0);
            }
            task_places::set(tx, task, &place)?;
            Ok(new)
        })
        .await
    }

    /// What is to be asked for now, at most `limit`. Rows of deliveries that came in are removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_redeliveries(&self, task: LeasedTask, limit: usize) -> Result<DueRedeliveries, Error> {
        self.write(move |tx| {
            let too_old = tx.now.before(FORGOTTEN_AFTER).as_micros();
            let own = || redeliveries::table.filter(redeliveries::kind.eq(task.kind())).filter(redeliveries::subject.eq(task.subject()));
            on!(&mut tx.conn, |c| diesel::delete(own().filter(redeliveries::delivered_at.lt(too_old))).execute(c))?;
            let open = own().filter(redeliveries::next_at.lt(i64::MAX));
            let open = open.order((redeliveries::class, redeliveries::delivered_at, redeliveries::guid));
            let rows: Vec<Row> = on!(&mut tx.conn, |c| open.select(Row::as_select()).load(c))?;
            let mut found = DueRedeliveries::default();
            let mut came = HashSet::new();
            let hooks: HashSet<i64> = rows.iter().map(|row| row.hook_id).collect();
            for hook in hooks {
                let ids: Vec<&str> = rows.iter().filter(|row| row.hook_id == hook).map(|row| row.guid.as_str()).collect();
                came.extend(came_in(tx, task, hook, &ids)?);
            }
            for row in rows {
                let this = || own().filter(redeliveries::guid.eq(&row.guid));
                let is_due = row.next_at <= tx.now.as_micros();
                if came.contains(&row.guid) {
                    on!(&mut tx.conn, |c| diesel::delete(this()).execute(c))?;
                    found.arrived += usize::from(row.asked > 0);
                    continue;
                }
                let asked = columns::count("times that a delivery was asked for", row.asked)?;
                if !is_due {
                    let next_at = columns::time(row.next_at);
                    found.next_at = Some(found.next_at.map_or(next_at, |known| known.min(next_at)));
                    continue;
                }
                found.missing += usize::from(asked > 0);
                if asked >= ASKED_MAX {
                    on!(&mut tx.conn, |c| kept::update(this(), redeliveries::next_at.eq(i64::MAX)).execute(c))?;
                    found.given_up += 1;
                } else if found.due.len() < limit {
                    found.due.push(Redelivery { guid: row.guid, delivery_id: row.delivery_id, asked });
                } else {
                    found.next_at = Some(tx.now);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Notes, before the call, that the forge is asked to make a delivery again, and when that should have come in. Notes the place as well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_redelivery(&self, task: LeasedTask, guid: String, arrives_by: Timestamp, place: LogPlace) -> Result<(), Error> {
        self.write(move |tx| {
            let row = redeliveries::table.find((task.kind(), task.subject(), columns::name(&guid)));
            let set = (redeliveries::asked.eq(redeliveries::asked + 1), redeliveries::next_at.eq(arrives_by.as_micros()));
            on!(&mut tx.conn, |c| kept::update(row, set).execute(c))?;
            task_places::set(tx, task, &place)
        })
        .await
    }

    /// Notes that the forge will not make a delivery again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_up_redelivery(&self, task: LeasedTask, guid: String) -> Result<(), Error> {
        self.write(move |tx| {
            let row = redeliveries::table.find((task.kind(), task.subject(), columns::name(&guid)));
            on!(&mut tx.conn, |c| kept::update(row, redeliveries::next_at.eq(i64::MAX)).execute(c))?;
            Ok(())
        })
        .await
    }
}

/// Removes all that is kept for a task whose thing is removed in the same unit.
pub(super) fn remove(tx: &mut Tx<'_>, task: LeasedTask) -> Result<(), Error> {
    let own = redeliveries::table.filter(redeliveries::kind.eq(task.kind())).filter(redeliveries::subject.eq(task.subject()));
    on!(&mut tx.conn, |c| diesel::delete(own).execute(c))?;
    task_places::remove(tx, task)
}

/// Which of these deliveries of a hook are in the record.
fn came_in(tx: &mut Tx<'_>, task: LeasedTask, hook: i64, ids: &[&str]) -> Result<HashSet<String>, Error> {
    let mut came = HashSet::new();
    for chunk in ids.chunks(IDS_PER_QUERY) {
        let found: Vec<Option<String>> = on!(&mut tx.conn, |c| {
            let these = deliveries::table.filter(deliveries::signed.eq(true)).filter(deliveries::guid.eq_any(chunk)).into_boxed();
            let these = match task {
                // The App's log does not tell the number of its hook.
                LeasedTask::ReadAppLog(_) => these.filter(deliveries::target.eq("integration")).filter(deliveries::target_id.eq(hook)),
                _ => these.filter(deliveries::hook_id.eq(hook)),
            };
            these.select(deliveries::guid).load(c)
        })?;
        came.extend(found.into_iter().flatten());
    }
    Ok(came)
}

fn count(tx: &mut Tx<'_>, task: LeasedTask) -> Result<i64, Error> {
    let own = redeliveries::table.filter(redeliveries::kind.eq(task.kind())).filter(redeliveries::subject.eq(task.subject()));
    Ok(on!(&mut tx.conn, |c| own.count().get_result(c))?)
}
