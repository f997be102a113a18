//! The record of deliveries: what came in, and what became of it.
//!
//! A delivery that is sent again has the same GUID and the same row, which counts how often it came. The deliveries of several hooks for one event
//! share a GUID, so the hook belongs to the key. The GUID is not signed. So it decides nothing:
//! a copy is taken in as any other delivery, and changes nothing because facts are idempotent.
//!
//! # Bounds
//! Signed deliveries: [`SIGNED_KEPT`] of them, about 15 MB, none longer than [`KEPT_FOR`]. GitHub's own log goes back three days, so an older row has
//! nothing to be compared with. Refused ones: [`REFUSED_KEPT`], because strangers send them; the receiver samples them before they come here.

use std::time::Duration;

use diesel::prelude::*;

use super::conn::on;
use super::kept;
use super::schema::deliveries;
use super::unit::Tx;
use super::{Error, Recorded, Store, columns, jobs, lower};
use crate::model::{Delivery, DeliveryHead, DeliveryVerdict, EntityId, JobFact, ReceivedDelivery};
use crate::time::Timestamp;

/// How many signed deliveries are kept, and up to [`PRUNE_EVERY`] more.
pub const SIGNED_KEPT: i64 = 50_000;

/// How many refused deliveries are kept.
const REFUSED_KEPT: i64 = 1_000;

/// How long deliveries are kept.
const KEPT_FOR: Duration = Duration::from_hours(96);

/// The number of the hook where the forge does not tell one.
const NO_HOOK: i64 = 0;

/// Signed deliveries that are too many or too old are removed each time this many came.
const PRUNE_EVERY: i64 = 500;

#[derive(Queryable, Selectable)]
#[diesel(table_name = deliveries)]
struct Row {
    id: i64,
    #[diesel(embed)]
    values: Values,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = deliveries)]
struct Values {
    guid: Option<String>,
    signed: bool,
    hook_id: i64,
    target: String,
    target_id: Option<i64>,
    event: String,
    action: String,
    job: Option<i64>,
    entity_id: Option<String>,
    entity: String,
    verdict: String,
    reason: String,
    copies: i64,
    received_at: i64,
    last_at: i64,
}

/// Which deliveries are listed; what is `None` or empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Of the entity with this id or path, without regard to case.
    pub entity: String,
    /// With this verdict.
    pub verdict: Option<DeliveryVerdict>,
    /// Of this event.
    pub event: String,
    /// That came in at this time or later.
    pub since: Option<Timestamp>,
    /// About the job with this number at the forge.
    pub job: Option<i64>,
    /// Before the one with this row number.
    pub before: Option<i64>,
}

impl Store {
    /// Takes in what a delivery says about a job, and records the delivery, in one transaction. Where only the forge can say whether the job still
    /// waits, nothing is recorded yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_delivered_job(&self, fact: JobFact, received: ReceivedDelivery) -> Result<Recorded, Error> {
        let told = jobs::Told::new(fact);
        self.write(move |tx| take_in(tx, &told, received)).await
    }

    /// Records a delivery that tells nothing about a job. `signed` = its signature holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_delivery(
        &self,
        received: ReceivedDelivery,
        signed: bool,
        verdict: DeliveryVerdict,
        reason: String,
    ) -> Result<(), Error> {
        self.write(move |tx| note(tx, received, signed, verdict, &reason)).await
    }

    /// The deliveries that fit, the latest first, at most `limit` of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_deliveries(&self, filter: DeliveryFilter, limit: u32) -> Result<Vec<Delivery>, Error> {
        self.read(move |tx| {
            let entity = columns::name(&filter.entity).to_lowercase();
            let since = filter.since.into_iter().fold(tx.now.before(KEPT_FOR), Timestamp::max);
            let rows: Vec<Row> = on!(&mut tx.conn, |c| {
                let mut query = deliveries::table.filter(deliveries::last_at.ge(since.as_micros())).into_boxed();
                if !entity.is_empty() {
                    query = query.filter(deliveries::entity_id.eq(&entity).or(lower(deliveries::entity).eq(&entity)));
                }
                if let Some(verdict) = filter.verdict {
                    query = query.filter(deliveries::verdict.eq(verdict.as_str()));
                }
                if !filter.event.is_empty() {
                    query = query.filter(deliveries::event.eq(columns::name(&filter.event)));
                }
                if let Some(job) = filter.job {
                    query = query.filter(deliveries::job.eq(job));
                }
                if let Some(before) = filter.before {
                    query = query.filter(deliveries::id.lt(before));
                }
                query.order(deliveries::id.desc()).limit(i64::from(limit)).select(Row::as_select()).load(c)
            })?;
            rows.into_iter().map(to_delivery).collect()
        })
        .await
    }
}

// Called by itself, so that `benches/intake` can count the instructions in it.
#[inline(never)]
fn take_in(tx: &mut Tx<'_>, told: &jobs::Told, received: ReceivedDelivery) -> Result<Recorded, Error> {
    let recorded = jobs::record(tx, told)?;
    let (verdict, reason) = match &recorded {
        Recorded::Stored(_) => (DeliveryVerdict::Taken, ""),
        Recorded::Late(_) => (DeliveryVerdict::Late, "the job was further on already"),
        Recorded::Unmatched(_) => (DeliveryVerdict::NotWanted, "no pool of the entity has the job's labels; the job is kept"),
        Recorded::Unfit(why) => (DeliveryVerdict::NotWanted, why.as_str()),
        Recorded::OfAnotherRepository => (DeliveryVerdict::Refused, "another repository has a job of that number"),
        Recorded::NeedsProof => return Ok(recorded),
    };
    note(tx, received, true, verdict, reason)?;
    Ok(recorded)
}

/// Writes the row of a delivery, or counts another copy in its row. A delivery can concern several entities: of one receipt the verdict that
/// counts most stays.
fn note(tx: &mut Tx<'_>, received: ReceivedDelivery, signed: bool, verdict: DeliveryVerdict, reason: &str) -> Result<(), Error> {
    let values = Values {
        guid: received.head.guid.map(|guid| columns::name(&guid)),
        signed,
        hook_id: received.head.hook_id.unwrap_or(NO_HOOK),
        target: columns::name(&received.head.target),
        target_id: received.head.target_id,
        event: columns::name(&received.head.event),
        action: columns::name(&received.action),
        job: received.job,
        entity_id: received.entity.map(|id| id.to_string()),
        entity: columns::name(&received.place),
        verdict: verdict.to_string(),
        reason: columns::name(reason),
        copies: 1,
        received_at: received.at.as_micros(),
        last_at: received.at.as_micros(),
    };
    let inserted: Option<i64> = on!(&mut tx.conn, |c| {
        diesel::insert_into(deliveries::table)
            .values(&values)
            .on_conflict((deliveries::guid, deliveries::hook_id, deliveries::signed))
            .do_nothing()
            .returning(deliveries::id)
            .get_result(c)
            .optional()
    })?;
    match inserted {
        Some(id) if !signed || id % PRUNE_EVERY == 0 => prune(tx, signed),
        Some(_) => Ok(()),
        None => count_copy(tx, &values, verdict),
    }
}

fn count_copy(tx: &mut Tx<'_>, copy: &Values, verdict: DeliveryVerdict) -> Result<(), Error> {
    let same = deliveries::table
        .filter(deliveries::guid.eq(&copy.guid))
        .filter(deliveries::signed.eq(copy.signed))
        .filter(deliveries::hook_id.eq(copy.hook_id));
    let found: Option<Row> = on!(&mut tx.conn, |c| same.select(Row::as_select()).first(c).optional())?;
    let Some(Row { id, values: known }) = found else { return Ok(()) };
    let is_same_receipt = known.last_at == copy.last_at;
    let known_verdict = columns::word("verdict on a delivery", &known.verdict, DeliveryVerdict::from_word)?;
    let row = deliveries::table.find(id);
    if is_same_receipt && weight(known_verdict) <= weight(verdict) {
        return Ok(());
    }
    let set = (
        deliveries::action.eq(&copy.action),
        deliveries::job.eq(copy.job),
        deliveries::entity_id.eq(&copy.entity_id),
        deliveries::entity.eq(&copy.entity),
        deliveries::verdict.eq(&copy.verdict),
        deliveries::reason.eq(&copy.reason),
        deliveries::copies.eq(known.copies + i64::from(!is_same_receipt)),
        deliveries::last_at.eq(copy.last_at),
    );
    on!(&mut tx.conn, |c| kept::update(row, set).execute(c))?;
    Ok(())
}

/// The less, the more a verdict counts.
fn weight(verdict: DeliveryVerdict) -> usize {
    DeliveryVerdict::ALL.iter().position(|known| *known == verdict).unwrap_or(usize::MAX)
}

/// Removes the rows of one kind that are too many or too old.
fn prune(tx: &mut Tx<'_>, signed: bool) -> Result<(), Error> {
    let kept = if signed { SIGNED_KEPT } else { REFUSED_KEPT };
    let same = || deliveries::table.filter(deliveries::signed.eq(signed));
    let first_gone: Option<i64> =
        on!(&mut tx.conn, |c| same().order(deliveries::id.desc()).offset(kept).limit(1).select(deliveries::id).first(c).optional())?;
    if let Some(first_gone) = first_gone {
        on!(&mut tx.conn, |c| diesel::delete(same().filter(deliveries::id.le(first_gone))).execute(c))?;
    }
    let too_old = tx.now.before(KEPT_FOR).as_micros();
    on!(&mut tx.conn, |c| diesel::delete(same().filter(deliveries::last_at.lt(too_old))).execute(c))?;
    Ok(())
}

fn to_delivery(Row { id, values }: Row) -> Result<Delivery, Error> {
    Ok(Delivery {
        id,
        received: ReceivedDelivery {
            head: DeliveryHead {
                guid: values.guid,
                hook_id: Some(values.hook_id).filter(|id| *id != NO_HOOK),
                target: values.target,
                target_id: values.target_id,
                event: values.event,
            },
            action: values.action,
            job: values.job,
            entity: columns::optional_id::<EntityId>("entity id", values.entity_id.as_deref())?,
            place: values.entity,
            at: columns::time(values.last_at),
        },
        verdict: columns::word("verdict on a delivery", &values.verdict, DeliveryVerdict::from_word)?,
        reason: values.reason,
        copies: columns::count("copies of a delivery", values.copies)?,
        first_at: columns::time(values.received_at),
    })
}
