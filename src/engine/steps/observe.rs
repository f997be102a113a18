//! Lists that are old are asked for again; soon when something is missing on them, rarely when there is nothing to see.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::engine::{Action, Draft, Named, Observed, PoolView, Snapshot, Target};
use crate::model::InstanceStatus;

/// A safety net under deliveries and callbacks, paid for sparingly: nothing polls what an event already told.
pub(crate) fn observe(snapshot: &Snapshot, draft: &mut Draft) {
    if snapshot.pools.is_empty() {
        return;
    }
    if snapshot.forge_is_open() {
        observe_forge(snapshot, draft);
    } else if let Some((until, _)) = &snapshot.forge.blocked {
        draft.wait(*until);
    }
    for view in snapshot.pools.iter().filter(|view| view.provider_configured) {
        observe_machines(snapshot, view, draft);
    }
}

fn observe_forge(snapshot: &Snapshot, draft: &mut Draft) {
    if !snapshot.in_flight.contains(&Target::Tools) {
        match snapshot.forge.tools_at.map(|at| at.after(snapshot.policy.tools_period)) {
            Some(due) if due > snapshot.now => draft.wait(due),
            _ => draft.act(Action::RefreshTools),
        }
    }
    let registered: Vec<&str> = snapshot
        .runners
        .iter()
        .filter(|runner| runner.status == InstanceStatus::Running && runner.agent_id.is_some() && !runner.runner_status.is_terminal())
        .map(|runner| runner.name.as_str())
        .collect();
    let ours = |runner: &&crate::model::ForgeRunner| runner.labels.contains(&snapshot.controller_label) && !runner.busy;
    let doubtful =
        snapshot.forge.runners.as_ref().is_some_and(|list| is_doubtful(snapshot, list, &registered, list.items.iter().filter(ours)));
    if snapshot.in_flight.contains(&Target::ForgeRunners) {
        return;
    }
    match snapshot.forge.runners.as_ref().map(|list| list.at.after(period(snapshot, registered.is_empty(), doubtful))) {
        Some(due) if due > snapshot.now => draft.wait(due),
        _ => draft.act(Action::ListForgeRunners),
    }
}

fn observe_machines(snapshot: &Snapshot, view: &PoolView, draft: &mut Draft) {
    let pool = view.pool.id;
    if snapshot.in_flight.contains(&Target::Machines(pool)) {
        return;
    }
    if let Some((until, _)) = view.machines_blocked.as_ref().filter(|(until, _)| *until > snapshot.now) {
        draft.wait(*until);
        return;
    }
    let of_pool = || snapshot.runners_of(pool);
    let interrupted = of_pool().any(|runner| runner.status == InstanceStatus::Creating && snapshot.is_free(runner.id));
    let running: Vec<&str> =
        of_pool().filter(|runner| runner.status == InstanceStatus::Running).map(|runner| runner.name.as_str()).collect();
    let doubtful = view.machines.as_ref().is_some_and(|list| is_doubtful(snapshot, list, &running, list.items.iter()));
    let nothing = running.is_empty() && !interrupted;
    match view.machines.as_ref().map(|list| list.at.after(period(snapshot, nothing, doubtful || interrupted))) {
        Some(due) if due > snapshot.now => draft.wait(due),
        _ => draft.act(Action::ListMachines { pool }),
    }
}

fn period(snapshot: &Snapshot, nothing_to_see: bool, doubtful: bool) -> Duration {
    let policy = &snapshot.policy;
    if doubtful {
        policy.observe_again
    } else if nothing_to_see {
        policy.observe_period_idle
    } else {
        policy.observe_period
    }
}

/// Whether the list lacks something that should be on it, or has something that should not: the next list decides.
fn is_doubtful<'a, T: Named + 'a>(
    snapshot: &Snapshot,
    list: &Observed<T>,
    expected: &[&str],
    mut listed: impl Iterator<Item = &'a T>,
) -> bool {
    let listed_names: BTreeSet<&str> = list.items.iter().map(Named::name).collect();
    let known: BTreeSet<&str> = snapshot.runners.iter().map(|runner| runner.name.as_str()).collect();
    let older = |name: &str| snapshot.runners.iter().any(|runner| runner.name.as_str() == name && runner.status_at < list.at);
    expected.iter().any(|name| !listed_names.contains(name) && older(name)) || listed.any(|item| !known.contains(item.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, actions_of};

    #[test]
    fn at_start_everything_is_asked_for_once() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.forge.tools_at = None;
        let pool = world.pool().id;
        assert_eq!(actions_of(&world, observe), [Action::RefreshTools, Action::ListForgeRunners, Action::ListMachines { pool }]);
    }

    #[test]
    fn an_idle_entity_costs_two_lists_an_hour() {
        let mut world = World::with_pool(2, 0);
        world.list_forge_runners(vec![]);
        world.list_no_machines();
        let plan = world.run(observe);
        assert!(plan.actions.is_empty());
        assert_eq!(plan.wake_at, Some(world.in_secs(40 * 60)), "the next thing is the refresh of the downloads");
    }

    #[test]
    fn something_missing_is_looked_for_again_soon() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        world.pass_secs(1);
        world.list_forge_runners(vec![]);
        world.list_machines_of_all_runners();
        let plan = world.run(observe);
        assert_eq!(plan.wake_at, Some(world.in_secs(5)));
    }

    #[test]
    fn an_entity_without_pools_asks_for_nothing() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.pools.clear();
        assert_eq!(world.run(observe), crate::engine::Plan::default());
    }

    #[test]
    fn while_the_forge_is_blocked_only_providers_are_asked() {
        let mut world = World::with_pool(2, 0);
        world.block_forge("rate limit");
        let pool = world.pool().id;
        assert_eq!(actions_of(&world, observe), [Action::ListMachines { pool }]);
    }
}
