//! What servers share of the API budgets: the points of each set of credentials, and the runners registered for each entity.
//!
//! A row of `api_holds` says what one server has spent of a window of points, and how much more it may spend before it asks again. What all rows
//! of the credentials say together is never more than the limit. A server that is not alive any more may have spent all that it held just before its end:
//! so much counts as spent when another server notices. A server asks when its part runs low, so an idle one writes nothing.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::conn::on;
use super::schema::{api_holds, registered_runners, replicas};
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::model::{CredentialsId, EntityId, Hold, HoldRequest, ReplicaId, Slots, Window};
use crate::time::Timestamp;

/// How long registrations are kept, in seconds: the forge counts those of five minutes.
const REGISTERED_KEPT: i64 = 600;
/// The holder that stands for servers that are gone.
const GONE: &str = "";

type Row = (i64, String, i64, String);

impl Store {
    /// Notes what a server has spent of the points of these credentials, and gives it another part to spend.
    ///
    /// # Errors
    /// When the database fails, or the credentials are gone.
    pub async fn hold_points(&self, credentials: CredentialsId, server: ReplicaId, asked: HoldRequest) -> Result<Hold, Error> {
        let shared = self.is_shared();
        self.write(move |tx| {
            tx.be_alone()?;
            let (now, me) = (tx.now, server.to_string());
            let alive = alive(tx, shared, &me)?;
            let of_credentials = || api_holds::table.filter(api_holds::credentials_id.eq(credentials.0));
            let rows: Vec<Row> = on!(&mut tx.conn, |c| of_credentials().load(c))?;
            let (mut gone, mut others, mut elsewhere) = (Window::new(asked.rate), Slots::new(), 0_u32);
            let mut has_gone = false;
            for (_, holder, points, spent) in rows.into_iter().filter(|(_, holder, ..)| *holder != me) {
                let points = columns::count("points held", points)?;
                let spent: Slots = columns::json("points spent", &spent)?;
                if alive.contains(&holder) {
                    elsewhere = elsewhere.saturating_add(points);
                    add(&mut others, spent);
                    continue;
                }
                has_gone |= holder != GONE;
                let mut all = gone.slots(now);
                add(&mut all, spent);
                gone = Window::with(asked.rate, all);
                gone.spend(now, points);
                if holder != GONE {
                    let row = of_credentials().filter(api_holds::holder.eq(holder));
                    on!(&mut tx.conn, |c| diesel::delete(row).execute(c))?;
                }
            }
            if has_gone {
                set(tx, credentials, GONE, 0, &gone.slots(now))?;
            }
            add(&mut others, gone.slots(now));
            let hold = asked.grant(now, others, elsewhere, u32::try_from(alive.len()).unwrap_or(u32::MAX));
            set(tx, credentials, &me, hold.points, &asked.spent)?;
            Ok(hold)
        })
        .await
    }
}

/// The servers that are alive. Where only one process can use the database, that is this one.
fn alive(tx: &mut Tx<'_>, shared: bool, me: &str) -> Result<BTreeSet<String>, Error> {
    let mut alive = BTreeSet::from([me.to_owned()]);
    if shared {
        let now = tx.database_now()?.as_micros();
        let others: Vec<String> = on!(&mut tx.conn, |c| replicas::table.filter(replicas::expires_at.gt(now)).select(replicas::id).load(c))?;
        alive.extend(others);
    }
    Ok(alive)
}

fn add(all: &mut Slots, more: Slots) {
    for (end, amount) in more {
        let slot = all.entry(end).or_default();
        *slot = slot.saturating_add(amount);
    }
}

fn set(tx: &mut Tx<'_>, credentials: CredentialsId, holder: &str, held: u32, spent: &Slots) -> Result<(), Error> {
    let changed = (api_holds::held.eq(i64::from(held)), api_holds::spent.eq(columns::to_json(spent)));
    let values = (api_holds::credentials_id.eq(credentials.0), api_holds::holder.eq(holder), changed.clone());
    on!(&mut tx.conn, |c| {
        diesel::insert_into(api_holds::table)
            .values(values)
            .on_conflict((api_holds::credentials_id, api_holds::holder))
            .do_update()
            .set(changed)
            .execute(c)
    })?;
    Ok(())
}

/// Notes that a runner was registered for an entity, in the unit that keeps its registration.
pub(super) fn count_registration(tx: &mut Tx<'_>, entity: EntityId) -> Result<(), Error> {
    let second = tx.now.as_secs();
    let of_entity = registered_runners::table.filter(registered_runners::entity_id.eq(entity.to_string()));
    let old = of_entity.filter(registered_runners::second.lt(second - REGISTERED_KEPT));
    on!(&mut tx.conn, |c| diesel::delete(old).execute(c))?;
    let values =
        (registered_runners::entity_id.eq(entity.to_string()), registered_runners::second.eq(second), registered_runners::count.eq(1));
    on!(&mut tx.conn, |c| {
        diesel::insert_into(registered_runners::table)
            .values(values)
            .on_conflict((registered_runners::entity_id, registered_runners::second))
            .do_update()
            .set(registered_runners::count.eq(registered_runners::count + 1))
            .execute(c)
    })?;
    Ok(())
}

/// How many runners were registered for an entity lately, by the end of the second.
pub(super) fn registered(tx: &mut Tx<'_>, entity: EntityId) -> Result<Slots, Error> {
    let of_entity = registered_runners::table.filter(registered_runners::entity_id.eq(entity.to_string()));
    let rows: Vec<(i64, i64)> = on!(&mut tx.conn, |c| of_entity.select((registered_runners::second, registered_runners::count)).load(c))?;
    let read = |(second, count): (i64, i64)| {
        let end = Timestamp::from_micros(second.saturating_add(1).saturating_mul(1_000_000));
        Ok((end.as_micros(), columns::count("registered runners", count)?))
    };
    rows.into_iter().map(read).collect()
}
