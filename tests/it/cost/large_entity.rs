//! An entity with very many idle runners. The forge lets 1,500 register in five minutes, so all but one are copies: of its row, of its registration
//! and of its machine.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use garm::sim::{Operation, Scope};

use super::TAG;
use super::usage::Usage;
use crate::guests::Guests;
use crate::harness::{Installation, Plan};

/// A provider whose machines are those of the file `canned.json`.
pub(super) const CANNED: (&str, &str) = (
    "canned",
    "#!/bin/sh\ncase $GARM_COMMAND in\nGetVersion) echo v0.1.0 ;;\nGetSupportedInterfaceVersions) echo '[\"v0.1.0\"]' ;;\n\
     ListInstances) cat '@DIR@/canned.json' ;;\nDeleteInstance) ;;\n*) exit 1 ;;\nesac\n",
);

/// The runners on a page of the forge's list.
const PAGE: u32 = 100;

/// The label of the idle runners.
const WARM: &str = "warm";

/// A pool of so many idle runners, beside another that makes a runner for each job.
pub(super) async fn with_idle(plan: Plan, runners: u32) -> (Installation, Guests) {
    let database = plan.database.clone();
    let mut garm = Installation::set_up(plan).await;
    garm.forge.configure(|settings| settings.rate_limit = None);
    let guests = Guests::start(garm.slow_cloud());
    garm.add_pool_of("hello", "slow", WARM, |pool| (pool.max_runners, pool.min_idle_runners) = (runners, 1)).await;
    garm.add_pool_of("hello", "slow", TAG, |pool| pool.max_runners = 10).await;
    let first =
        garm.until("one is idle", async |garm| garm.instances().await.into_iter().find(|instance| instance.runner_status == "idle")).await;
    garm.kill_server().await;

    let names: Vec<String> = (1..runners).map(|number| format!("copy-{number}")).collect();
    let labels = garm.forge.runners().swap_remove(0).labels.into_iter().map(|label| label.name).collect::<Vec<_>>();
    let numbers = garm.forge.add_connected_runners(&Scope::repository("octo", "hello"), &names, &labels).expect("the names are free");
    let mut sql = format!("CREATE TEMPORARY TABLE copies AS SELECT * FROM runners WHERE name = '{}';\n", first.name);
    for (name, number) in names.iter().zip(&numbers) {
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        writeln!(sql, "UPDATE copies SET id = '{id}', name = '{name}', provider_id = '{name}', agent_id = {number};").expect("writing");
        sql += "INSERT INTO runners SELECT * FROM copies;\n";
    }
    sql += "UPDATE pools SET provider = 'canned', min_idle_runners = max_runners WHERE id IN (SELECT pool_id FROM runners);\n";
    sql += "UPDATE runners SET provider = 'canned';\nDROP TABLE copies;\n";
    database.execute(&garm, &format!("BEGIN;\n{sql}COMMIT;\n")).await;
    let machine = |name: &String| {
        format!(r#"{{"provider_id":"{name}","name":"{name}","os_type":"linux","os_name":"slow","os_version":"1","status":"running"}}"#)
    };
    let machines: Vec<String> = names.iter().chain([&first.name]).map(machine).collect();
    fs::write(garm.directory().join("canned.json"), format!("[{}]", machines.join(","))).expect("written");

    let before = garm.forge.calls(Operation::ListRunners);
    garm.start_server().await;
    // The first lists of forge and provider come in. Each runner is explained, and its version written down.
    let pages = u64::from(runners.div_ceil(PAGE));
    garm.until("the first list", async |garm| (garm.forge.calls(Operation::ListRunners) >= before + pages).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(15)).await;
    rests(&garm).await;
    let idle = garm.instances().await.iter().filter(|instance| instance.runner_status == "idle").count();
    assert_eq!(idle, runners as usize, "each copy stays");
    (garm, guests)
}

/// Waits until the server has little to do.
async fn rests(garm: &Installation) {
    const LOOK: Duration = Duration::from_secs(3);
    const LITTLE: f64 = 0.3;
    for _ in 0..100 {
        let before = Usage::of(garm.process()).cpu;
        tokio::time::sleep(LOOK).await;
        if Usage::of(garm.process()).cpu - before < LITTLE {
            return;
        }
    }
    panic!("the server does not come to rest");
}
