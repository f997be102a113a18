//! A planner that is kept plans as a new one does, whatever happened between two plans.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use uuid::Uuid;

use super::arbitrary::worlds;
use super::for_all;
use crate::engine::roster::Roster;
use crate::engine::{Snapshot, plan};
use crate::model::{ForgeRunner, InstanceStatus, ProviderMachine, Runner, RunnerId, RunnerName, RunnerSetId, RunnerStatus, RunnerVersion};

/// Worlds of a few hundred rows would show no more: each of them has rows, lists and settings that another one has not.
const HISTORIES: u32 = 3000;

/// A runner that is idle and well: for how many seconds, and whether and how it differs from others.
type Idle = (u16, u8);

fn idle() -> impl Strategy<Value = Vec<Idle>> {
    vec((0..2000_u16, any::<u8>()), 1..9)
}

/// Adds idle runners that forge and providers know to an arbitrary world.
fn add_idle(snapshot: &mut Snapshot, idle: &[Idle]) {
    let numbers: Vec<i64> = snapshot.jobs.iter().map(|job| job.workflow_job_id).collect();
    let sets: Vec<RunnerSetId> = snapshot.sets.iter().map(|view| view.set.id).collect();
    for (index, (secs, kind)) in idle.iter().enumerate() {
        let Some(view) = snapshot.sets.get_mut(index % sets.len().max(1)) else { return };
        let agent_id = 100_000 + i64::try_from(index).expect("few");
        let since = snapshot.now.before(Duration::from_secs((*secs).into()));
        // Neither ages nor names have the order in which they are added.
        let name = RunnerName(format!("idle-{}", kind.reverse_bits()) + &index.to_string());
        let mut runner = Runner::new(RunnerId(Uuid::from_u128(9_000 + index as u128)), name, &view.set, since);
        (runner.status, runner.status_at) = (InstanceStatus::Running, since);
        (runner.runner_status, runner.runner_status_at) = (RunnerStatus::Idle, since);
        (runner.agent_id, runner.proven, runner.generation) = (Some(agent_id), kind & 1 == 0, i64::from(kind & 2));
        runner.made_for = numbers.get(usize::from(kind / 4)).copied();
        runner.reported = RunnerVersion::parse(if kind & 8 > 0 { "2.300.0" } else { "" });
        let at_forge = ForgeRunner {
            agent_id,
            name: runner.name.clone(),
            online: true,
            busy: false,
            labels: vec![snapshot.controller_label.clone()],
            version: None,
        };
        let machine = ProviderMachine {
            provider_id: runner.name.to_string(),
            name: runner.name.clone(),
            status: InstanceStatus::Running,
            os_name: String::new(),
            os_version: String::new(),
            addresses: Vec::new(),
        };
        view.machines = view.machines.take().map(|list| list.with(&[machine]));
        snapshot.forge.runners = snapshot.forge.runners.take().map(|list| list.with(&[at_forge]));
        let rows = Arc::make_mut(&mut snapshot.runners);
        rows.insert(index.min(rows.len()), Arc::new(runner));
    }
}

/// Each plan is made both ways, with runners that rest and without.
#[test]
fn a_plan_does_not_depend_on_which_runners_rest() {
    let rested = Cell::new(0);
    for_all(2 * HISTORIES, &(worlds(), idle()), |(case, idle)| {
        let mut snapshot = case.snapshot();
        add_idle(&mut snapshot, &idle);
        rested.set(rested.get() + Roster::of(&snapshot).resting());
        drop(plan(&snapshot));
    });
    assert!(rested.get() > 10_000, "{rested:?} runners rested");
}

#[test]
fn a_roster_that_is_kept_is_as_a_new_one() {
    let (rested, woke) = (Cell::new(0), Cell::new(0));
    for_all(HISTORIES, &[(worlds(), idle()), (worlds(), idle()), (worlds(), idle())], |history| {
        let mut kept = Roster::default();
        for (case, idle) in &history {
            let mut snapshot = case.snapshot();
            add_idle(&mut snapshot, idle);
            let before = kept.resting();
            kept.follow(&snapshot);
            assert_eq!(kept.contents(), Roster::of(&snapshot).contents());
            rested.set(rested.get() + kept.resting());
            woke.set(woke.get() + before.saturating_sub(kept.resting()));
            kept.follow(&snapshot);
            assert_eq!(kept.contents(), Roster::of(&snapshot).contents(), "nothing has changed");
        }
    });
    assert!(rested.get() > 5000 && woke.get() > 1000, "{rested:?} runners rested, and {woke:?} woke");
}

/// One row or one list changes at a time, as in the server.
#[test]
fn a_roster_that_is_kept_follows_each_single_change() {
    for_all(HISTORIES / 3, &[(worlds(), idle()), (worlds(), idle())], |[(first, some), (second, others)]| {
        let (mut snapshot, mut other) = (first.snapshot(), second.snapshot());
        add_idle(&mut snapshot, &some);
        add_idle(&mut other, &others);
        let mut kept = Roster::of(&snapshot);
        let mut is_as_new = |snapshot: &_| {
            kept.follow(snapshot);
            assert_eq!(kept.contents(), Roster::of(snapshot).contents());
        };
        for row in other.runners.iter() {
            match Arc::make_mut(&mut snapshot.runners).iter_mut().find(|known| known.id == row.id) {
                Some(known) => known.clone_from(row),
                None => Arc::make_mut(&mut snapshot.runners).push(row.clone()),
            }
            is_as_new(&snapshot);
        }
        snapshot.forge.runners.clone_from(&other.forge.runners);
        is_as_new(&snapshot);
        for (view, other) in snapshot.sets.clone().iter().zip(&other.sets) {
            let known = snapshot.sets.iter_mut().find(|known| known.set.id == view.set.id).expect("there");
            known.machines.clone_from(&other.machines);
            known.provider_configured = other.provider_configured;
            is_as_new(&snapshot);
        }
        while !snapshot.runners.is_empty() {
            let rows = Arc::make_mut(&mut snapshot.runners);
            rows.remove(rows.len() / 2);
            is_as_new(&snapshot);
        }
        while snapshot.sets.pop().is_some() {
            is_as_new(&snapshot);
        }
    });
}
