//! A provider that never answers some of its calls, as a process: the jobs get other machines.

use std::time::Duration;

use crate::guests::Guests;
use crate::harness::{Installation, Plan};
use crate::slow_cloud::{Account, Event};

const SOON: Duration = Duration::from_millis(50);
/// Longer than the test lasts, and shorter than the bootstrap timeout of the pool.
const NEVER: Duration = Duration::from_mins(15);
/// How many creations hang.
const HANG: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_whose_creations_hang_get_other_machines() {
    let plan = Plan { slow_creates: vec![SOON], patience: Duration::from_mins(5), watch: false, ..Plan::default() };
    let garm = Installation::set_up(plan).await;
    garm.add_pool("slow", "hanging", 60, 0).await;
    let cloud = garm.slow_cloud();
    let _guests = Guests::start(garm.slow_cloud());
    let queue = |count: usize| (0..count).map(|number| garm.queue_job(&format!("job {number}"), "hanging")).collect::<Vec<i64>>();
    let begun = || cloud.log().iter().filter(|entry| entry.event == Event::CreateBegins).count();

    let mut jobs = queue(12);
    garm.jobs_succeed(&jobs).await;
    cloud.set_creates(&[NEVER]);
    jobs.extend(queue(HANG));
    garm.until("the creations have begun", async |_| (begun() == 12 + HANG).then_some(())).await;
    cloud.set_creates(&[SOON]);
    jobs.extend(queue(20));
    garm.jobs_succeed(&jobs).await;

    let account = Account::of(&cloud.log());
    assert_eq!((account.begun, account.created, account.doubled.len()), (jobs.len() + HANG, jobs.len(), 0), "{account:?}");
    garm.finish().await;
}
