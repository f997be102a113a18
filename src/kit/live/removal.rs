//! Machines are removed.

use garm_provider_protocol::Command;

use super::Machine;
use crate::crypto::random;
use crate::kit::answer;
use crate::kit::bench::{Bench, is_deleted};
use crate::kit::calls::absent::judge_absence;
use crate::kit::judgement::{Judged, Judgement, settled};
use crate::kit::question::Place;

/// Deletes a machine, by name or id, and waits until it is not listed any more.
pub(super) async fn delete(bench: &mut Bench, name: &str, instance: &str) -> Judged {
    if instance.is_empty() {
        return Ok(Judgement::skip("CreateInstance gave no provider id: see instance-json"));
    }
    let judged = try_to_delete(bench, name, instance).await;
    // By whatever other means, so that the checks that follow are not about a machine that is still there.
    let here = bench.here.clone();
    bench.remove(&here, name).await;
    judged
}

async fn try_to_delete(bench: &mut Bench, name: &str, instance: &str) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::DeleteInstance, &here, Some(instance)).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let (machines, seen) = bench.list_until(&here, |machines| !machines.iter().any(|machine| machine.name == name)).await?;
    Ok(if machines.iter().any(|machine| machine.name == name) {
        Judgement::fail(format!("{name} is still listed after {} s", bench.probe.time_limit.as_secs_f32()), &seen)
    } else {
        Judgement::pass()
    })
}

pub(super) async fn delete_again(bench: &mut Bench, a: &Machine) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::DeleteInstance, &here, Some(&a.name)).await;
    let status = seen.status()?;
    Ok(if is_deleted(status) {
        Judgement::pass()
    } else {
        Judgement::fail(format!("it ended with exit status {status}: the server would try again for ever"), &seen)
    })
}

pub(super) async fn get_deleted(bench: &mut Bench, a: &Machine) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::GetInstance, &here, Some(&a.name)).await;
    Ok(judge_absence(seen.status()?, &seen))
}

pub(super) async fn list_empty(bench: &mut Bench) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::ListInstances, &here, None).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let machines = answer::machines(&seen, &mut bench.probe.conduct)?;
    Ok(match machines.first() {
        None => Judgement::pass(),
        Some(first) => Judgement::fail(format!("it listed {:?}", first.name), &seen),
    })
}

/// Makes two machines at the same time, in two pools of a throw-away installation, and has all its machines removed: those are gone, and
/// another installation's is not. The first judgement is about the creations.
pub(super) async fn remove_all(bench: &mut Bench, a: &Machine) -> (Judgement, Judgement) {
    let controller = random::uuid().to_string();
    let places = [bench.here.pool.clone(), bench.next_door.pool.clone()].map(|pool| Place { controller: controller.clone(), pool });
    let names = [bench.name("c"), bench.name("d")];
    let (created, removed) = match concurrently(bench, &places, &names).await {
        Ok(created) if bench.apart => (created, settled(remove_from(bench, &places, a).await)),
        Ok(created) => {
            let reason = "it might remove machines of others: see list-other-controller and delete-other-controller";
            (created, Judgement::skip(reason))
        }
        Err(judgement) => (judgement, Judgement::skip("there were no machines to remove: see create-concurrent")),
    };
    for (place, name) in places.iter().zip(&names) {
        bench.remove(place, name).await;
    }
    (created, removed)
}

async fn concurrently(bench: &mut Bench, places: &[Place; 2], names: &[String; 2]) -> Judged {
    let questions = [bench.creation(&places[0], &names[0], None), bench.creation(&places[1], &names[1], None)];
    for seen in bench.probe.ask_both(questions).await {
        if seen.status()? != 0 {
            return Err(Judgement::fail(format!("one of two ended with {}", seen.ending()), &seen));
        }
        answer::machine(&seen, &mut bench.probe.conduct)?;
    }
    for (place, name) in places.iter().zip(names) {
        let (machines, seen) = bench.list(place).await?;
        if machines.iter().filter(|machine| machine.name == *name || machine.name.is_empty()).count() != 1 {
            return Err(Judgement::fail(format!("{name} was made and is not listed once"), &seen));
        }
    }
    Ok(Judgement::pass())
}

async fn remove_from(bench: &mut Bench, places: &[Place; 2], a: &Machine) -> Judged {
    let seen = bench.ask(Command::RemoveAllInstances, &places[0], None).await;
    if seen.status()? != 0 {
        return Ok(Judgement::warn(format!("it ended with {}; the server lists and deletes instead", seen.ending()), &seen));
    }
    let here = bench.here.clone();
    let (machines, _) = bench.list(&here).await?;
    if !machines.iter().any(|machine| machine.name == a.name || machine.name.is_empty()) {
        return Ok(Judgement::fail(format!("it removed {}, which belongs to another installation", a.name), &seen));
    }
    for place in places {
        let (machines, _) = bench.list_until(place, <[_]>::is_empty).await?;
        if !machines.is_empty() {
            return Ok(Judgement::warn("it ended with exit status 0 and not all are gone; the server lists and deletes instead", &seen));
        }
    }
    Ok(Judgement::pass())
}
