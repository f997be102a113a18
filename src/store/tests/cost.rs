//! What recording a delivery costs, for a counter of instructions: `benches/intake` counts and judges.

use diesel::prelude::*;

use super::*;
use crate::model::{DeliveryHead, ReceivedDelivery};
use crate::store::conn::on;
use crate::store::schema::users;
use crate::store::unit::Tx;

/// How many deliveries are recorded, and how many rows the yardstick writes.
const COUNT: i64 = 100;

async fn store() -> Store {
    Store::open(Database::Memory, sealer(), Clock::System, first_endpoints()).await.expect("opens")
}

#[tokio::test]
#[ignore = "benches/intake counts it"]
async fn deliveries_are_recorded() {
    let store = store().await;
    let hello = entity(&store, "hello").await;
    pool(&store, &hello, 1).await;
    for number in 1..=COUNT {
        let fact = JobFact { workflow_job_id: number, run_id: number, ..report(&hello, JobStatus::Queued, "") };
        let head = DeliveryHead { guid: Some(format!("guid {number}")), event: "workflow_job".into(), ..DeliveryHead::default() };
        let received = ReceivedDelivery {
            head,
            action: "queued".into(),
            job: Some(number),
            entity: Some(hello.id),
            place: "octo/hello".into(),
            at: Clock::System.now(),
        };
        let recorded = store.record_delivered_job(fact, received).await.expect("recorded");
        assert!(matches!(recorded, Recorded::Stored(_)), "{recorded:?}");
    }
}

/// The yardstick: a row of ten columns is written.
#[inline(never)]
fn write_row(tx: &mut Tx<'_>, number: i64) -> Result<(), Error> {
    let name = format!("user-{number}");
    let values = (
        users::id.eq(&name),
        users::username.eq(&name),
        users::email.eq(&name),
        users::full_name.eq(&name),
        users::password_hash.eq(&name),
        users::generation.eq(number),
        users::is_admin.eq(false),
        users::enabled.eq(false),
        users::created_at.eq(number),
        users::updated_at.eq(number),
    );
    on!(&mut tx.conn, |c| diesel::insert_into(users::table).values(values).execute(c))?;
    Ok(())
}

#[tokio::test]
#[ignore = "benches/intake counts it"]
async fn rows_are_written() {
    let store = store().await;
    for number in 0..COUNT {
        store.write(move |tx| write_row(tx, number)).await.expect("written");
    }
}
