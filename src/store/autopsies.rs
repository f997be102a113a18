//! Autopsies: what is kept of runners that failed, and the install logs that their machines send.
//!
//! A row is written in the transaction in which a runner fails, and only then, so that nothing else is slower for it.

use std::time::Duration;

use diesel::prelude::*;

use super::conn::{load_locked, on};
use super::schema::{autopsies, install_logs, runners, status_messages};
use super::set_columns::{self, of_set};
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::model::{
    Autopsy, Cause, EntityId, EventKind, EventLevel, Evidence, ProviderName, Reason, Runner, RunnerId, RunnerName, RunnerSetId,
    RunnerStatus, StatusMessage, values,
};

/// So many of a runner set are kept, so that a broken set does not push out those of the others. With a full log each is some 80 KB.
const KEPT_OF_SET: i64 = 50;

/// So long each is kept: long enough to be asked for after two weeks of holidays.
const KEPT_FOR: Duration = Duration::from_hours(14 * 24);

/// So many bytes of an install log are kept.
const LOG_MAX: usize = 64 * 1024;

/// So many autopsies a list has; the newest come first.
const LISTED_MAX: i64 = 1000;

/// Which autopsies to list; `None` does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct AutopsyFilter {
    /// Of this entity.
    pub entity: Option<EntityId>,
    /// Of this runner set.
    pub set: Option<RunnerSetId>,
}

/// All but the long texts.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = autopsies)]
struct Head {
    runner_id: String,
    name: String,
    pool_id: Option<String>,
    scale_set_id: Option<i64>,
    entity_id: String,
    provider: String,
    provider_id: Option<String>,
    made_for: Option<i64>,
    cause: String,
    reason: String,
    fault: String,
    created_at: i64,
    failed_at: i64,
}

/// A message in the column of messages.
#[derive(serde::Serialize, serde::Deserialize)]
struct Message {
    at: i64,
    kind: EventKind,
    level: EventLevel,
    text: String,
}

impl Head {
    fn with(self, messages: Vec<Message>, log: String) -> Result<Autopsy, Error> {
        let message = |it: Message| StatusMessage { created_at: columns::time(it.at), kind: it.kind, level: it.level, message: it.text };
        Ok(Autopsy {
            runner_id: columns::id("runner id", &self.runner_id)?,
            name: RunnerName(self.name),
            set_id: set_columns::runner_set(self.pool_id.as_deref(), self.scale_set_id)?,
            entity_id: columns::id("entity id", &self.entity_id)?,
            provider: ProviderName(self.provider),
            provider_id: self.provider_id,
            made_for: self.made_for,
            cause: columns::word("cause", &self.cause, Cause::from_word)?,
            reason: self.reason,
            fault: self.fault,
            messages: messages.into_iter().map(message).collect(),
            log,
            created_at: columns::time(self.created_at),
            failed_at: columns::time(self.failed_at),
        })
    }
}

impl Store {
    /// Keeps the end of the install log of a runner, in place of an earlier one; of a runner that is gone, nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_install_log(&self, id: RunnerId, log: String) -> Result<(), Error> {
        self.write(move |tx| {
            let there: Vec<String> = load_locked!(&mut tx.conn, runners::table.find(id.to_string()).select(runners::id))?;
            if there.is_empty() {
                return Ok(());
            }
            let log = values::told(&log, LOG_MAX);
            let values = (install_logs::runner_id.eq(id.to_string()), install_logs::log.eq(&log));
            on!(&mut tx.conn, |c| diesel::insert_into(install_logs::table)
                .values(values)
                .on_conflict(install_logs::runner_id)
                .do_update()
                .set(install_logs::log.eq(&log))
                .execute(c))?;
            Ok(())
        })
        .await
    }

    /// The autopsies that fit, newest first, without messages and logs; at most 1,000.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_autopsies(&self, filter: AutopsyFilter) -> Result<Vec<Autopsy>, Error> {
        self.read(move |tx| {
            let since = tx.now.before(KEPT_FOR).as_micros();
            let heads: Vec<Head> = on!(&mut tx.conn, |c| {
                let mut query = autopsies::table.filter(autopsies::failed_at.ge(since)).order(autopsies::id.desc()).into_boxed();
                if let Some(entity) = filter.entity {
                    query = query.filter(autopsies::entity_id.eq(entity.to_string()));
                }
                if let Some(set) = filter.set {
                    query = of_set!(query, autopsies, set);
                }
                query.limit(LISTED_MAX).select(Head::as_select()).load(c)
            })?;
            heads.into_iter().map(|head| head.with(Vec::new(), String::new())).collect()
        })
        .await
    }

    /// The autopsy of the runner with this name or id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_autopsy(&self, name: &str) -> Result<Option<Autopsy>, Error> {
        let name = columns::name(name);
        self.read(move |tx| {
            let since = tx.now.before(KEPT_FOR).as_micros();
            let query = autopsies::table.filter(autopsies::name.eq(&name).or(autopsies::runner_id.eq(&name)));
            let query = query.filter(autopsies::failed_at.ge(since)).order(autopsies::id.desc());
            let found: Option<(Head, String, String)> =
                on!(&mut tx.conn, |c| query.select((Head::as_select(), autopsies::messages, autopsies::log)).first(c).optional())?;
            let whole = |(head, messages, log): (Head, String, String)| head.with(columns::json("messages of a runner", &messages)?, log);
            found.map(whole).transpose()
        })
        .await
    }
}

/// Keeps what is known of a runner that fails with this change, and answers the cause.
pub(super) fn perform(tx: &mut Tx<'_>, before: &Runner, after: &Runner) -> Result<Option<Cause>, Error> {
    if !after.has_failed_since(before) {
        return Ok(None);
    }
    let id = after.id.to_string();
    // A runner fails once: what comes later, such as its removal, says less.
    let known: Option<String> =
        on!(&mut tx.conn, |c| autopsies::table.filter(autopsies::runner_id.eq(&id)).select(autopsies::cause).first(c).optional())?;
    if let Some(known) = known {
        return columns::word("cause", &known, Cause::from_word).map(Some);
    }
    let messages = messages(tx, &id)?;
    let log: Option<String> = on!(&mut tx.conn, |c| install_logs::table.find(&id).select(install_logs::log).first(c).optional())?;
    let log = log.unwrap_or_default();
    let goes = after.status.is_leaving();
    let timed_out = matches!(after.reason, Some(Reason::Kept { timed_out: true, .. }));
    let cause = Cause::of(&Evidence {
        reason: if timed_out { Some(&Reason::BootTimeout) } else { after.reason.as_ref().filter(|_| goes) },
        has_spoken: before.runner_status != RunnerStatus::Pending || (after.runner_status == RunnerStatus::Failed && !timed_out),
        fault: &after.fault,
        log: &log,
        last_message: messages.last().map_or("", |message| &message.text),
    });
    let (pool_id, scale_set_id) = set_columns::values(after.set_id);
    let head = Head {
        runner_id: id,
        name: after.name.0.clone(),
        pool_id,
        scale_set_id,
        entity_id: after.entity_id.to_string(),
        provider: after.provider.0.clone(),
        provider_id: after.provider_id.as_deref().map(columns::text),
        made_for: after.made_for,
        cause: cause.to_string(),
        reason: after.reason.as_ref().filter(|_| goes || timed_out).map(|reason| columns::text(&reason.to_string())).unwrap_or_default(),
        fault: columns::text(&after.fault),
        created_at: after.created_at.as_micros(),
        failed_at: tx.now.as_micros(),
    };
    let texts = (autopsies::messages.eq(columns::to_json(&messages)), autopsies::log.eq(log));
    on!(&mut tx.conn, |c| diesel::insert_into(autopsies::table).values((&head, texts)).execute(c))?;
    prune(tx, after.set_id)?;
    Ok(Some(cause))
}

fn messages(tx: &mut Tx<'_>, runner: &str) -> Result<Vec<Message>, Error> {
    let query = status_messages::table.filter(status_messages::runner_id.eq(runner)).order(status_messages::id).select((
        status_messages::created_at,
        status_messages::kind,
        status_messages::level,
        status_messages::message,
    ));
    let rows: Vec<(i64, String, String, String)> = on!(&mut tx.conn, |c| query.load(c))?;
    let message = |(at, kind, level, text): (i64, String, String, String)| {
        Ok(Message {
            at,
            kind: columns::word("event kind", &kind, EventKind::from_word)?,
            level: columns::word("event level", &level, EventLevel::from_word)?,
            text,
        })
    };
    rows.into_iter().map(message).collect()
}

/// The oldest go: of this runner set those beyond its number, of all sets those that are too old.
fn prune(tx: &mut Tx<'_>, set: RunnerSetId) -> Result<(), Error> {
    let too_old = autopsies::table.filter(autopsies::failed_at.lt(tx.now.before(KEPT_FOR).as_micros()));
    on!(&mut tx.conn, |c| diesel::delete(too_old).execute(c))?;
    let beyond: Option<i64> = on!(&mut tx.conn, |c| {
        let of_set = of_set!(autopsies::table.into_boxed(), autopsies, set);
        of_set.order(autopsies::id.desc()).offset(KEPT_OF_SET).limit(1).select(autopsies::id).first(c).optional()
    })?;
    if let Some(beyond) = beyond {
        on!(&mut tx.conn, |c| of_set!(diesel::delete(autopsies::table).into_boxed(), autopsies, set)
            .filter(autopsies::id.le(beyond))
            .execute(c))?;
    }
    Ok(())
}
