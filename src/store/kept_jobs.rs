//! Jobs that are kept although no pool fits them, and how long jobs are kept at all.
//!
//! A kept job is a row as any other, whose `matched_at` is 0. No plan reads it, and its changes ring nobody. In the transaction in which a pool
//! that fits is there, the row becomes one that plans read.

use std::time::Duration;

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::conn::{load_locked, on};
use super::kept;
use super::schema::{entities, job_losses, jobs, pool_tags, pools, runners};
use super::unit::Tx;
use super::{Error, IDS_PER_QUERY, Store, columns, machine_memory};
use crate::model::{ChangeKind, ChangeOp, EntityId, EntityKind, JobStatus, Pool, values};

/// About how many jobs that no pool fits are kept for each entity: an organization whose hosted runners get every job tells of thousands in a day. Then
/// those go first that no longer wait, and of the others the oldest.
pub const UNMATCHED_MAX: i64 = 5000;

/// How long such a job is kept. Forges give up a job that no runner took for a day.
pub const UNMATCHED_FOR: Duration = Duration::from_hours(24);

/// So many rows go in one unit, so that none takes long.
const STEP: i64 = 200;

/// The jobs of an entity are counted when one of so many is kept: a count looks at each of them.
const COUNTED_EACH: u64 = 32;

/// A job that has not changed for so long is over, whatever its row says: GitHub ends a workflow run after 35 days, waiting included.
/// <https://docs.github.com/actions/reference/limits>
const RUN_MAX: Duration = Duration::from_hours(24 * 35);

/// Of the jobs those that hooks of this entity reported.
macro_rules! told_by {
    ($query:expr, $kind:expr, $id:expr) => {
        match $kind {
            $crate::model::EntityKind::Repository => $query.filter(jobs::repository_id.eq($id)),
            $crate::model::EntityKind::Organization => $query.filter(jobs::organization_id.eq($id)),
            $crate::model::EntityKind::Enterprise => $query.filter(jobs::enterprise_id.eq($id)),
            $crate::model::EntityKind::Instance => $query.filter(jobs::instance_id.eq($id)),
        }
    };
}
pub(super) use told_by;

/// The entities whose hooks reported a job.
type Reporters = (Option<String>, Option<String>, Option<String>, Option<String>);

/// Holds off pools of the entity that appear or change, until this unit ends.
pub(super) fn hold_off_pools(tx: &mut Tx<'_>, entity: EntityId) -> Result<(), Error> {
    if let super::conn::Conn::Postgres(c) = &mut tx.conn {
        let row = entities::table.find(entity.to_string()).select(entities::id).for_share();
        row.load::<String>(&mut **c)?;
    }
    Ok(())
}

/// Holds off facts about jobs that no pool of the entity fits, until this unit ends. Answers the kind of the entity, if it is there.
pub(super) fn hold_off_facts(tx: &mut Tx<'_>, entity: EntityId) -> Result<Option<EntityKind>, Error> {
    let words: Vec<String> = load_locked!(&mut tx.conn, entities::table.find(entity.to_string()).select(entities::kind))?;
    words.first().map(|word| columns::word("kind of entity", word, EntityKind::from_word)).transpose()
}

/// A pool is there, or has other labels: jobs that were kept until now and fit it are to be served. Facts are held off.
pub(super) fn serve(tx: &mut Tx<'_>, pool: &Pool, kind: EntityKind) -> Result<(), Error> {
    let entity = pool.entity_id.to_string();
    let reporters = (jobs::repository_id, jobs::organization_id, jobs::enterprise_id, jobs::instance_id);
    let kept: Vec<(i64, String, Reporters)> = on!(&mut tx.conn, |c| {
        let waiting = jobs::table.filter(jobs::status.eq(JobStatus::Queued.as_str())).filter(jobs::matched_at.eq(0)).into_boxed();
        told_by!(waiting, kind, entity).order(jobs::id).select((jobs::id, jobs::labels, reporters)).load(c)
    })?;
    let mut fitting: Vec<(i64, Reporters)> = Vec::new();
    for (id, labels, reporters) in kept {
        if pool.fits(&columns::json::<Vec<String>>("labels", &labels)?) {
            fitting.push((id, reporters));
        }
    }
    for chunk in fitting.chunks(IDS_PER_QUERY) {
        let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
        let now = tx.now.as_micros();
        let these = jobs::table.filter(jobs::id.eq_any(&ids));
        let set = (jobs::matched_at.eq(now), jobs::updated_at.eq(now));
        on!(&mut tx.conn, |c| kept::update(these, set).execute(c))?;
    }
    for (id, reporters) in fitting {
        changed_for_all(tx, ChangeOp::Create, id, reporters)?;
    }
    Ok(())
}

/// Records a change of a job for each entity that reported it.
fn changed_for_all(tx: &mut Tx<'_>, op: ChangeOp, id: i64, reporters: Reporters) -> Result<(), Error> {
    let (repository, organization, enterprise, instance) = reporters;
    for reporter in [repository, organization, enterprise, instance].into_iter().flatten() {
        tx.changed(ChangeKind::Job, op, id, Some(columns::id("entity id", &reporter)?));
    }
    Ok(())
}

/// Whether the jobs of the entity are to be counted, now that this one is kept. Spread by the golden ratio: whatever numbers the jobs of an entity get
/// among those of others, its turn comes.
fn is_turn(job: i64) -> bool {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    job.unsigned_abs().wrapping_mul(GOLDEN) < u64::MAX / COUNTED_EACH
}

/// Makes room for the jobs that no pool of the entity fits, after this one was kept. Several go at once, so that this is rare.
pub(super) fn make_room(tx: &mut Tx<'_>, kept: i64, entity: EntityId, kind: EntityKind) -> Result<(), Error> {
    if !is_turn(kept) {
        return Ok(());
    }
    let entity = entity.to_string();
    // With the states, because the index has them.
    let is_any = JobStatus::ALL.iter().map(|status| status.as_str());
    let count: i64 = on!(&mut tx.conn, |c| {
        let kept = jobs::table.filter(jobs::matched_at.eq(0)).filter(jobs::status.eq_any(is_any.clone())).into_boxed();
        told_by!(kept, kind, &entity).count().get_result(c)
    })?;
    let mut surplus = if count < UNMATCHED_MAX { 0 } else { count - UNMATCHED_MAX + STEP };
    for status in [JobStatus::Completed, JobStatus::InProgress, JobStatus::Queued] {
        if surplus <= 0 {
            break;
        }
        let oldest: Vec<i64> = on!(&mut tx.conn, |c| {
            let kept = jobs::table.filter(jobs::matched_at.eq(0)).filter(jobs::status.eq(status.as_str())).into_boxed();
            told_by!(kept, kind, &entity).order((jobs::queued_at, jobs::id)).limit(surplus).select(jobs::id).load(c)
        })?;
        for chunk in oldest.chunks(IDS_PER_QUERY) {
            let gone = on!(&mut tx.conn, |c| diesel::delete(jobs::table.filter(jobs::id.eq_any(chunk))).execute(c))?;
            surplus -= i64::try_from(gone).unwrap_or(i64::MAX);
        }
    }
    Ok(())
}

impl Store {
    /// Deletes some of the jobs whose time is over. They are those that no pool has fitted for [`UNMATCHED_FOR`], and those that have been over for
    /// as long as `over_for` says. Answers whether there may be more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_jobs(&self, over_for: Duration) -> Result<bool, Error> {
        self.write(move |tx| {
            tx.be_alone()?;
            let before = |span: Duration| tx.now.before(span).as_micros();
            let (kept, over, ended) = (before(UNMATCHED_FOR), before(over_for), before(over_for.max(RUN_MAX)));
            // The index is of these rows alone, and the database sees that only from the text.
            let unmatched = jobs::table.filter(sql::<Bool>("matched_at = 0")).filter(jobs::created_at.lt(kept));
            let unmatched: Vec<i64> = on!(&mut tx.conn, |c| unmatched.order(jobs::created_at).limit(STEP).select(jobs::id).load(c))?;

            let is_over = jobs::status.eq(JobStatus::Completed.as_str()).or(jobs::updated_at.lt(ended));
            let old = jobs::table.filter(jobs::queued_at.lt(over)).filter(jobs::updated_at.lt(over)).filter(is_over);
            let old = old.filter(not(exists(runners::table.filter(runners::job_id.eq(jobs::id.nullable())))));
            let reporters = (jobs::repository_id, jobs::organization_id, jobs::enterprise_id, jobs::instance_id);
            let old = old.order((jobs::queued_at, jobs::id)).limit(STEP).select((jobs::id, jobs::status, reporters));
            let old: Vec<(i64, String, Reporters)> = on!(&mut tx.conn, |c| old.load(c))?;
            let old_ids: Vec<i64> = old.iter().map(|(id, ..)| *id).collect();
            let open_losses = job_losses::table.filter(job_losses::job_id.eq_any(&old_ids)).filter(job_losses::is_open);
            let open_losses: Vec<i64> = on!(&mut tx.conn, |c| open_losses.select(job_losses::job_id).load(c))?;
            for ids in [&unmatched, &old_ids] {
                on!(&mut tx.conn, |c| diesel::delete(jobs::table.filter(jobs::id.eq_any(ids))).execute(c))?;
            }
            for (id, status, reporters) in old {
                if status == JobStatus::Completed.as_str() && !open_losses.contains(&id) {
                    // No plan looks at a job that is over and was not lost.
                    tx.changed(ChangeKind::Job, ChangeOp::Delete, id, None);
                } else {
                    changed_for_all(tx, ChangeOp::Delete, id, reporters)?;
                }
            }
            machine_memory::forget_vanished(tx)?;
            let is_full = |ids: &[i64]| i64::try_from(ids.len()).is_ok_and(|count| count == STEP);
            Ok(is_full(&unmatched) || is_full(&old_ids))
        })
        .await
    }
}

/// The labels of each pool of an entity.
pub(super) fn labels_of_pools(tx: &mut Tx<'_>, entity: EntityId) -> Result<Vec<Vec<String>>, Error> {
    let of_entity = pool_tags::table.inner_join(pools::table).filter(pools::entity_id.eq(entity.to_string()));
    let tags = of_entity.order((pool_tags::pool_id, pool_tags::position)).select((pool_tags::pool_id, pool_tags::tag));
    let tags: Vec<(String, String)> = on!(&mut tx.conn, |c| tags.load(c))?;
    let by_pool = tags.chunk_by(|(one, _), (other, _)| one == other);
    Ok(by_pool.map(|tags| values::stored_labels(&tags.iter().map(|(_, tag)| tag.clone()).collect::<Vec<_>>())).collect())
}
