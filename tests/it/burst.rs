//! Many jobs at once, on machines that take their time, with servers that are killed again and again.
//!
//! What counts is at the end and outside of the server: every job has succeeded, nothing is left anywhere, and the provider's own log says
//! that there were never too many machines and none twice. The moments of the kills are chance; the seed is printed and `GARM_TEST_SEED` sets it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use garm::client::Removal;
use garm::clock::Clock;
use garm::model::JobStatus;
use garm::sim::{Conclusion, Operation};
use garm::time::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::guests::Guests;
use crate::harness::{Database, Installation, Plan, databases};
use crate::slow_cloud::{Account, Entry};

/// How many jobs are queued at once.
const JOBS: usize = 300;
const TAG: &str = "burst";
/// So soon after a replica was killed the other one acts.
const TAKE_OVER_MAX: Duration = Duration::from_secs(10);
/// How long a creation may take, in minutes: also how long a machine is waited for that nobody may ever have asked the provider for.
const BOOTSTRAP_TIMEOUT: u64 = 1;

/// A burst and what happens to it.
struct Burst {
    plan: Plan,
    max_runners: u32,
}

/// A burst under way.
struct Scene {
    garm: Installation,
    guests: Guests,
    jobs: Vec<i64>,
    max_runners: u32,
    begun_at: Timestamp,
    chance: StdRng,
    kills: Vec<Kill>,
}

/// A server that was killed.
struct Kill {
    at: Timestamp,
    replica: usize,
    done_before: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_jobs_survives_a_server_that_is_killed_again_and_again() {
    let creates = Duration::from_millis(100);
    killed_again_and_again(Burst { max_runners: 40, plan: one_server(creates) }, Duration::from_millis(600)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_jobs_on_a_slow_cloud_survives_a_server_that_is_killed_again_and_again() {
    let creates = Duration::from_secs(15);
    killed_again_and_again(Burst { max_runners: 100, plan: one_server(creates) }, Duration::from_secs(6)).await;
}

fn one_server(creates: Duration) -> Plan {
    Plan { slow_creates: vec![creates], patience: Duration::from_mins(8), watch: false, ..Plan::default() }
}

/// Ten kills, up to twice the mean apart.
async fn killed_again_and_again(burst: Burst, mean: Duration) {
    let mut scene = burst.begin().await;
    for _ in 0..10 {
        scene.pass(Duration::ZERO, mean * 2).await;
        scene.kill(0).await;
        scene.garm.start_server().await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_on_one_database_share_a_burst_and_each_may_be_killed() {
    // Only where there is a database for it; otherwise that it is left out has been said.
    let postgres = databases().await.into_iter().find(|database| matches!(database, Database::Postgres { .. }));
    let Some(database) = postgres else { return };
    let mut creates = vec![Duration::from_millis(100); 4];
    creates.push(Duration::from_secs(2));
    let plan = Plan { database, servers: 2, slow_creates: creates, patience: Duration::from_mins(8), watch: false, ..Plan::default() };
    let mut scene = Burst { max_runners: 40, plan }.begin().await;
    let mut take_overs = Vec::new();
    while !scene.is_late() {
        scene.pass(Duration::from_millis(500), Duration::from_secs(2)).await;
        let Some(replica) = scene.acting() else { continue };
        if scene.done() == JOBS {
            break;
        }
        scene.kill(replica).await;
        take_overs.extend(scene.taken_over().await);
        scene.garm.start_replica(replica).await;
    }
    assert!(take_overs.len() >= 3, "the other one took over {} times", take_overs.len());
    let account = scene.end().await;
    assert!(account.handovers >= take_overs.len(), "{} changes of who calls", account.handovers);
}

impl Burst {
    /// Sets everything up and queues the jobs.
    async fn begin(self) -> Scene {
        let seed = seed();
        say(&format!("seed {seed}"));
        let garm = Installation::set_up(self.plan).await;
        // With limits the burst would wait for the next minutes.
        garm.forge.configure(|settings| settings.rate_limit = None);
        garm.add_pool_with("slow", TAG, |pool| {
            pool.max_runners = self.max_runners;
            pool.runner_bootstrap_timeout = BOOTSTRAP_TIMEOUT;
        })
        .await;
        let guests = Guests::start(garm.slow_cloud());
        let begun_at = Clock::System.now();
        let jobs = (0..JOBS).map(|number| garm.queue_job(&format!("job-{number}"), TAG)).collect();
        let chance = StdRng::seed_from_u64(seed);
        Scene { garm, guests, jobs, max_runners: self.max_runners, begun_at, chance, kills: Vec::new() }
    }
}

impl Scene {
    /// Lets some time pass, by chance.
    async fn pass(&mut self, at_least: Duration, at_most: Duration) {
        tokio::time::sleep(self.chance.random_range(at_least..=at_most)).await;
    }

    async fn kill(&mut self, replica: usize) {
        self.kills.push(Kill { at: Clock::System.now(), replica, done_before: self.done() });
        self.garm.kill_replica(replica).await;
    }

    /// How many jobs are over.
    fn done(&self) -> usize {
        self.garm.forge.read(|state| state.jobs().filter(|job| job.status == JobStatus::Completed).count())
    }

    fn is_late(&self) -> bool {
        Clock::System.now().since(self.begun_at) > Duration::from_mins(3)
    }

    /// Waits for the end of everything, and checks it.
    async fn end(self) -> Account {
        let surplus = self.settle().await;
        let account = Account::of(&self.garm.slow_cloud().log());
        self.print_summary(&account, surplus);
        assert_eq!(account.doubled, Vec::<String>::new(), "created a second time without a deletion in between");
        let most = self.max_runners as usize;
        assert!(account.peak <= most, "{} machines where {most} are allowed", account.peak);
        assert!(account.peak_with_begun <= most, "{} machines, made or being made, where {most} are allowed", account.peak_with_begun);
        assert!(account.left.is_empty(), "left at the cloud: {:?}", account.left);
        let removals = self.garm.forge.calls(Operation::RemoveRunner);
        assert!(removals < 2 * JOBS as u64, "{removals} removals at the forge, although a runner is gone there after its job");
        self.garm.finish().await;
        account
    }

    fn print_summary(&self, account: &Account, surplus: usize) {
        let all_gone = Clock::System.now().since(self.begun_at).as_secs_f64();
        let last = self.garm.forge.read(|state| state.jobs().filter_map(|job| job.completed_at).max()).unwrap_or(self.begun_at);
        let jobs_done = last.since(self.begun_at).as_secs_f64();
        let kills: Vec<usize> = self.kills.iter().map(|kill| kill.done_before).collect();
        let failures = self.guests.failures();
        let calls = [Operation::GenerateJitConfig, Operation::RemoveRunner, Operation::ListRunners]
            .map(|operation| self.garm.forge.calls(operation));
        let Account { begun, created, deleted, absent, handovers, peak, peak_with_begun, .. } = account;
        say(&format!("time: {JOBS} jobs done after {jobs_done:.1} s, nothing left after {all_gone:.1} s"));
        say(&format!("kills: {}, when so many jobs were done: {kills:?}", kills.len()));
        say(&format!(
            "machines: {begun} begun, {created} made, {deleted} deleted, {absent} times there was none to delete, {surplus} idle at the end"
        ));
        say(&format!("at a time: at most {peak}, with those being made {peak_with_begun}, of {}", self.max_runners));
        say(&format!("calls of the provider changed from one server to another {handovers} times"));
        say(&format!("calls of the forge: {} registrations, {} removals, {} lists", calls[0], calls[1], calls[2]));
        say(&format!("machines without a job: {}{}", failures.len(), tally(&failures)));
    }

    /// Waits until all jobs have succeeded and nothing is left anywhere; answers how many idle runners had to be removed for that: one
    /// that was made for a job another runner took would be kept for minutes.
    async fn settle(&self) -> usize {
        let within = tokio::time::timeout(Duration::from_mins(6), async {
            while self.done() < JOBS {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.garm.jobs_succeed(&self.jobs).await;
            while self.garm.jobs().await.iter().filter(|job| job.status == "completed").count() < JOBS {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let mut surplus = 0;
            loop {
                let known = self.garm.instances().await;
                for idle in known.iter().filter(|instance| instance.status == "running" && instance.runner_status == "idle") {
                    // It may have gone by itself meanwhile.
                    surplus += usize::from(self.garm.client().instances().delete(&idle.name, Removal::default()).await.is_ok());
                }
                if known.is_empty() && self.garm.forge.runners().is_empty() && self.garm.leftovers().is_empty() {
                    return surplus;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        match within.await {
            Ok(surplus) => surplus,
            Err(late) => panic!("{late}: it comes to an end\n{}", self.describe().await),
        }
    }

    /// Everything that could tell why it does not end.
    async fn describe(&self) -> String {
        let instances = self.garm.client().instances().list().await.unwrap_or_default();
        let jobs = self.garm.client().jobs().list(&garm::client::JobFilter::default()).await.unwrap_or_default();
        let open = self.garm.forge.jobs().into_iter().filter(|job| job.conclusion != Some(Conclusion::Success));
        let open: Vec<String> = open
            .map(|job| {
                let known = jobs.iter().find(|known| known.workflow_job_id == job.id);
                let told = known.map_or_else(|| "not known to the server".to_owned(), |known| format!("{}: {}", known.status, known.why));
                format!("{} {:?} {:?} {:?}; server: {told}", job.name, job.status, job.conclusion, job.runner.map(|runner| runner.name))
            })
            .collect();
        let over = jobs.iter().filter(|job| job.status == "completed").count();
        let unended = jobs.iter().filter(|job| job.status != "completed");
        let unended: Vec<String> = unended.map(|job| format!("{} {}: {}", job.workflow_job_id, job.status, job.why)).collect();
        let instances: Vec<String> = instances
            .into_iter()
            .map(|instance| {
                format!("{} {} {} {} {}", instance.name, instance.status, instance.runner_status, instance.updated_at, instance.why)
            })
            .collect();
        let runners: Vec<String> = self
            .garm
            .forge
            .runners()
            .into_iter()
            .map(|runner| format!("{} online={} job={:?}", runner.name, runner.online(), runner.job))
            .collect();
        format!(
            "{} jobs done, {over} as the server knows; jobs without success: {open:#?}\nnot over for the server: {unended:#?}\ninstances: {instances:#?}\nrunners at the forge: {runners:#?}\nleftovers: {:#?}\nguests: {:#?}",
            self.done(),
            self.garm.leftovers(),
            self.guests.failures()
        )
    }

    /// Who called the provider last.
    fn acting(&self) -> Option<usize> {
        self.garm.slow_cloud().log().iter().rev().find(|entry| entry.event.begins_call()).map(|entry| entry.replica)
    }

    /// Waits until the other replica calls the provider after a kill, and tells how long that took; nothing when all jobs were done before.
    async fn taken_over(&self) -> Option<Duration> {
        let kill = self.kills.last()?;
        let begun_by_other = |entry: &Entry| entry.at > kill.at && entry.replica != kill.replica && entry.event.begins_call();
        let found = tokio::time::timeout(TAKE_OVER_MAX, async {
            loop {
                if let Some(entry) = self.garm.slow_cloud().log().iter().find(|entry| begun_by_other(entry)) {
                    return Some(entry.at.since(kill.at));
                }
                if self.done() == JOBS {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let took = match found.await {
            Ok(took) => took?,
            Err(late) => panic!("{late}: the other replica takes over\n{}", self.describe().await),
        };
        say(&format!("replica {} killed after {} jobs, the other acts {} ms later", kill.replica, kill.done_before, took.as_millis()));
        Some(took)
    }
}

/// How often each fault occurs, without names and numbers.
fn tally(failures: &[String]) -> String {
    let (mut kinds, mut text) = (BTreeMap::<String, usize>::new(), String::new());
    for failure in failures {
        let kind: String =
            failure.split_once(": ").map_or("", |(_, fault)| fault).chars().filter(|c| !c.is_ascii_digit()).take(160).collect();
        *kinds.entry(kind).or_default() += 1;
    }
    for (kind, count) in kinds {
        write!(text, "\n  {count} x {kind}").expect("writing to a string");
    }
    text
}

fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a run is repeated with the seed in the environment")]
    let given = std::env::var("GARM_TEST_SEED").ok();
    given.map_or_else(garm::crypto::random::seed, |seed| seed.parse().expect("GARM_TEST_SEED is a number"))
}

/// Tells whoever runs the test what came of it.
#[expect(clippy::print_stderr, reason = "the numbers of a run are a part of its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
