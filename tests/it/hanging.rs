//! A provider that never answers some of its calls, as a process: the jobs get other machines.

use std::time::Duration;

use crate::guests::Guests;
use crate::harness::{Installation, Plan};
use crate::slow_cloud::Account;

const JOBS: usize = 40;
/// Longer than the test lasts, and shorter than the bootstrap timeout of the pool.
const NEVER: Duration = Duration::from_mins(15);

#[tokio::test(flavor = "multi_thread")]
async fn jobs_whose_creations_hang_get_other_machines() {
    let mut creates = vec![Duration::from_millis(50); 9];
    creates.push(NEVER);
    let plan = Plan { slow_creates: creates, patience: Duration::from_mins(8), watch: false, ..Plan::default() };
    let garm = Installation::set_up(plan).await;
    garm.add_pool("slow", "hanging", 60, 0).await;
    let _guests = Guests::start(garm.slow_cloud());
    let jobs: Vec<i64> = (0..JOBS).map(|number| garm.queue_job(&format!("job {number}"), "hanging")).collect();
    garm.jobs_succeed(&jobs).await;
    let account = Account::of(&garm.slow_cloud().log());
    assert_eq!((account.created, account.doubled.len()), (JOBS, 0), "each job has one machine: {account:?}");
    assert!(account.begun > JOBS, "some creations hang");
    garm.finish().await;
}
