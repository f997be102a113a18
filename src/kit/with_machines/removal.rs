//! Machines are removed.

use garm_provider_protocol::Command;

use super::machine::Machine;
use crate::crypto::random;
use crate::kit::answer;
use crate::kit::fixture::{Fixture, is_deleted};
use crate::kit::judgement::{Judged, Judgement, settled};
use crate::kit::request::Scope;
use crate::kit::without_machines::absent::judge_absence;

/// Deletes a machine, by name or id, and waits until it is not listed any more.
pub(super) async fn delete(fixture: &mut Fixture, name: &str, instance: &str) -> Judged {
    if instance.is_empty() {
        return Ok(Judgement::skip("CreateInstance gave no provider id: see instance-json"));
    }
    let judged = try_to_delete(fixture, name, instance).await;
    // The machine must be gone for the checks that follow.
    let own_pool = fixture.own_pool.clone();
    fixture.remove(&own_pool, name).await;
    judged
}

async fn try_to_delete(fixture: &mut Fixture, name: &str, instance: &str) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::DeleteInstance, &own_pool, Some(instance)).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let (machines, response) = fixture.list_until(&own_pool, |machines| !machines.iter().any(|machine| machine.name == name)).await?;
    Ok(if machines.iter().any(|machine| machine.name == name) {
        Judgement::fail(format!("{name} is still listed after {} s", fixture.probe.time_limit.as_secs_f32()), &response)
    } else {
        Judgement::pass()
    })
}

pub(super) async fn delete_again(fixture: &mut Fixture, a: &Machine) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::DeleteInstance, &own_pool, Some(&a.name)).await;
    let status = response.status()?;
    Ok(if is_deleted(status) {
        Judgement::pass()
    } else {
        Judgement::fail(format!("it ended with exit status {status}: the server would try again for ever"), &response)
    })
}

pub(super) async fn get_deleted(fixture: &mut Fixture, a: &Machine) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::GetInstance, &own_pool, Some(&a.name)).await;
    Ok(judge_absence(response.status()?, &response))
}

pub(super) async fn list_empty(fixture: &mut Fixture) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::ListInstances, &own_pool, None).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let machines = answer::machines(&response, &mut fixture.probe.conduct)?;
    Ok(match machines.first() {
        None => Judgement::pass(),
        Some(first) => Judgement::fail(format!("it listed {:?}", first.name), &response),
    })
}

/// Makes two machines at the same time, in two pools of a throw-away installation, and has all its machines removed. These must be gone,
/// and another installation's must not. The first judgement is about the creations.
pub(super) async fn remove_all(fixture: &mut Fixture, a: &Machine) -> (Judgement, Judgement) {
    let controller = random::uuid().to_string();
    let scopes =
        [fixture.own_pool.pool.clone(), fixture.other_pool.pool.clone()].map(|pool| Scope { controller: controller.clone(), pool });
    let names = [fixture.name("c"), fixture.name("d")];
    let (created, removed) = match concurrently(fixture, &scopes, &names).await {
        Ok(created) if fixture.apart => (created, settled(remove_from(fixture, &scopes, a).await)),
        Ok(created) => {
            let reason = "it might remove machines of others: see list-other-controller and delete-other-controller";
            (created, Judgement::skip(reason))
        }
        Err(judgement) => (judgement, Judgement::skip("there were no machines to remove: see create-concurrent")),
    };
    for (scope, name) in scopes.iter().zip(&names) {
        fixture.remove(scope, name).await;
    }
    (created, removed)
}

async fn concurrently(fixture: &mut Fixture, scopes: &[Scope; 2], names: &[String; 2]) -> Judged {
    let requests = [fixture.creation(&scopes[0], &names[0], None), fixture.creation(&scopes[1], &names[1], None)];
    for response in fixture.probe.send_both(requests).await {
        if response.status()? != 0 {
            return Err(Judgement::fail(format!("one of two ended with {}", response.ending()), &response));
        }
        answer::machine(&response, &mut fixture.probe.conduct)?;
    }
    for (scope, name) in scopes.iter().zip(names) {
        let (machines, response) = fixture.list(scope).await?;
        if machines.iter().filter(|machine| machine.name == *name || machine.name.is_empty()).count() != 1 {
            return Err(Judgement::fail(format!("{name} was made and is not listed once"), &response));
        }
    }
    Ok(Judgement::pass())
}

async fn remove_from(fixture: &mut Fixture, scopes: &[Scope; 2], a: &Machine) -> Judged {
    let response = fixture.call(Command::RemoveAllInstances, &scopes[0], None).await;
    if response.status()? != 0 {
        return Ok(Judgement::warn(format!("it ended with {}; the server lists and deletes instead", response.ending()), &response));
    }
    let own_pool = fixture.own_pool.clone();
    let (machines, _) = fixture.list(&own_pool).await?;
    if !machines.iter().any(|machine| machine.name == a.name || machine.name.is_empty()) {
        return Ok(Judgement::fail(format!("it removed {}, which belongs to another installation", a.name), &response));
    }
    for scope in scopes {
        let (machines, _) = fixture.list_until(scope, <[_]>::is_empty).await?;
        if !machines.is_empty() {
            return Ok(Judgement::warn(
                "it ended with exit status 0 and not all are gone; the server lists and deletes instead",
                &response,
            ));
        }
    }
    Ok(Judgement::pass())
}
