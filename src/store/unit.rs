//! A unit of work on the database, and the changes it leaves for the feed.

use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use uuid::Uuid;

use super::conn::{Conn, on};
use super::schema::changes;
use super::{Error, postgres};
use crate::clock::Clock;
use crate::crypto;
use crate::crypto::seal::Sealer;
use crate::model::{ChangeKind, ChangeOp, EntityId, SecretString, expose};
use crate::time::Timestamp;

/// How many changes are kept for slow readers, about 10 MB.
const KEPT: i64 = 100_000;

/// Old changes are thrown away each time this many were written.
const PRUNE_EVERY: i64 = 1000;

/// How many changes one statement writes: PostgreSQL takes 65,535 values.
const ROWS_PER_STATEMENT: usize = 1000;

/// Any number, the same in every replica: the holder of this lock does the work that must happen once.
const ONCE_LOCK: i64 = 0x6761_726d_0003;

/// Any number, the same in every replica: the holder of this lock numbers changes.
const FEED_LOCK: i64 = 0x6761_726d_0002;

/// Any number, the same in every replica: the first half of the locks that stand for the numbers of jobs.
const JOB_LOCKS: i32 = 0x6761_726d;

/// A change to be recorded with the unit that made it.
pub(super) struct Made {
    pub(super) kind: ChangeKind,
    pub(super) op: ChangeOp,
    pub(super) key: String,
    pub(super) entity: Option<EntityId>,
}

/// The means of a unit beside its connection.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) sealer: &'a Sealer,
    pub(super) now: Timestamp,
    pub(super) database_clock: &'a Clock,
    /// How commits tell other processes whose they are.
    pub(super) announced_as: Uuid,
}

/// One unit of work on the database: everything in it happens or nothing does.
pub(super) struct Tx<'a> {
    pub(super) conn: Conn<'a>,
    pub(super) sealer: &'a Sealer,
    pub(super) now: Timestamp,
    /// The clock of a database that is part of this process.
    pub(super) database_clock: &'a Clock,
    announced_as: Uuid,
    pub(super) made: Vec<Made>,
}

impl Tx<'_> {
    /// Records a change for the feed.
    pub(super) fn changed(&mut self, kind: ChangeKind, op: ChangeOp, key: impl fmt::Display, entity: Option<EntityId>) {
        self.made.push(Made { kind, op, key: key.to_string(), entity });
    }

    /// Waits until no other unit that called this runs, here or in another replica: for work that must happen once.
    pub(super) fn be_alone(&mut self) -> Result<(), Error> {
        if let Conn::Postgres(c) = &mut self.conn {
            c.batch_execute(&format!("SELECT pg_advisory_xact_lock({ONCE_LOCK})"))?;
        }
        Ok(())
    }

    /// Waits until no other unit writes of a job with this number at a forge. A job without a row has nothing else that could be locked, and two
    /// units that tell of such a job at once would make two rows of it.
    pub(super) fn be_alone_with_job(&mut self, workflow_job_id: i64) -> Result<(), Error> {
        if let Conn::Postgres(c) = &mut self.conn {
            // Of two numbers with one lock, one waits without need.
            let low = workflow_job_id & i64::from(i32::MAX);
            c.batch_execute(&format!("SELECT pg_advisory_xact_lock({JOB_LOCKS}, {low})"))?;
        }
        Ok(())
    }

    /// The same without a wait: for a unit that holds rows already. Answers whether no other one runs.
    pub(super) fn is_alone_with_job(&mut self, workflow_job_id: i64) -> Result<bool, Error> {
        let Conn::Postgres(c) = &mut self.conn else { return Ok(true) };
        let low = workflow_job_id & i64::from(i32::MAX);
        let alone = format!("pg_try_advisory_xact_lock({JOB_LOCKS}, {low})");
        Ok(diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(&alone)).get_result(&mut **c)?)
    }

    /// The time by the clock that all users of the database share.
    pub(super) fn database_now(&mut self) -> Result<Timestamp, Error> {
        match &mut self.conn {
            Conn::Sqlite(_) => Ok(self.database_clock.now()),
            Conn::Postgres(c) => {
                let now = diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)");
                Ok(Timestamp::from_micros(diesel::select(now).get_result(&mut **c)?))
            }
        }
    }

    /// Seals a secret text for its place.
    pub(super) fn seal(&self, secret: &SecretString, place: &str) -> Vec<u8> {
        self.sealer.seal(expose(secret).as_bytes(), place)
    }

    /// Opens the sealed column at a place.
    pub(super) fn open(&self, sealed: &[u8], place: &str) -> Result<SecretString, Error> {
        self.sealer.open_text(sealed, place).map_err(|source| Error::Sealed { place: place.to_owned(), source })
    }

    /// Opens the sealed column at a place that holds JSON.
    pub(super) fn open_json<T: serde::de::DeserializeOwned>(&self, sealed: &[u8], place: &str) -> Result<T, Error> {
        let text = self.open(sealed, place)?;
        // The parser's own words could repeat a part of the secret.
        let source = crypto::Error::Damaged("its text is not what the program writes");
        serde_json::from_str(expose(&text)).map_err(|_| Error::Sealed { place: place.to_owned(), source })
    }

    /// Runs one unit inside its own transaction or savepoint; its changes become part of it.
    ///
    /// Answers the unit's value, and the number of the last of its changes; `None` = it changed nothing.
    pub(super) fn unit<T>(
        conn: Conn<'_>,
        context: Context<'_>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<(T, Option<i64>), Error> {
        let Context { sealer, now, database_clock, announced_as } = context;
        let mut tx = Tx { conn, sealer, now, database_clock, announced_as, made: Vec::new() };
        tx.conn.begin()?;
        match work(&mut tx).and_then(|value| Ok((value, record(&mut tx)?))) {
            Ok(done) => {
                tx.conn.commit()?;
                Ok(done)
            }
            Err(error) => {
                tx.conn.roll_back()?;
                Err(error)
            }
        }
    }

    /// Runs a single query.
    pub(super) fn query<T>(conn: Conn<'_>, context: Context<'_>, work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let Context { sealer, now, database_clock, announced_as } = context;
        work(&mut Tx { conn, sealer, now, database_clock, announced_as, made: Vec::new() })
    }

    /// Runs queries that see one state of the database.
    pub(super) fn snapshot<T>(
        conn: Conn<'_>,
        context: Context<'_>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Context { sealer, now, database_clock, announced_as } = context;
        let mut tx = Tx { conn, sealer, now, database_clock, announced_as, made: Vec::new() };
        tx.conn.begin_snapshot()?;
        let result = work(&mut tx);
        tx.conn.end_snapshot()?;
        result
    }
}

#[derive(Insertable)]
#[diesel(table_name = changes)]
struct NewChangeRow {
    kind: &'static str,
    op: &'static str,
    key: String,
    entity_id: Option<String>,
}

/// Writes the changes of a unit. Answers the number of the last one.
fn record(tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
    if tx.made.is_empty() {
        return Ok(None);
    }
    if let Conn::Postgres(c) = &mut tx.conn {
        c.batch_execute(&format!("SELECT pg_advisory_xact_lock({FEED_LOCK}); NOTIFY {}, '{}'", postgres::CHANNEL, tx.announced_as))?;
    }
    let row = |change: &Made| NewChangeRow {
        kind: change.kind.as_str(),
        op: change.op.as_str(),
        key: change.key.clone(),
        entity_id: change.entity.map(|id| id.to_string()),
    };
    let rows: Vec<NewChangeRow> = tx.made.iter().map(row).collect();
    let numbers: Vec<i64> = match &mut tx.conn {
        // In one statement: each is a way to the server and back.
        Conn::Postgres(c) => {
            let mut insert = |rows| diesel::insert_into(changes::table).values(rows).returning(changes::seq).get_results(&mut **c);
            rows.chunks(ROWS_PER_STATEMENT).map(&mut insert).collect::<Result<Vec<Vec<i64>>, _>>()?.concat()
        }
        Conn::Sqlite(c) => {
            let mut insert = |row| diesel::insert_into(changes::table).values(row).returning(changes::seq).get_result(&mut **c);
            rows.iter().map(&mut insert).collect::<Result<_, _>>()?
        }
    };
    for seq in numbers.iter().filter(|seq| *seq % PRUNE_EVERY == 0) {
        on!(&mut tx.conn, |c| diesel::delete(changes::table.filter(changes::seq.le(seq - KEPT))).execute(c))?;
    }
    Ok(numbers.into_iter().max())
}
