//! Pools and installations do not see each other's machines.

use garm_provider_protocol::Command;

use super::creation;
use super::machine::Machine;
use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::request::Scope;

pub(super) async fn list_other_pool(fixture: &mut Fixture, a: &Machine) -> Judged {
    let scope = fixture.other_pool.clone();
    is_not_listed(fixture, &scope, a).await
}

pub(super) async fn list_other_controller(fixture: &mut Fixture, a: &Machine) -> Judged {
    let scope = fixture.other_controller.clone();
    is_not_listed(fixture, &scope, a).await
}

async fn is_not_listed(fixture: &mut Fixture, scope: &Scope, a: &Machine) -> Judged {
    let (machines, response) = fixture.list(scope).await?;
    let ours = |name: &str, id: &str| name == a.name || (!a.id.is_empty() && id == a.id);
    Ok(if machines.iter().any(|machine| ours(&machine.name, &machine.provider_id)) {
        Judgement::fail(format!("it listed {}, which belongs elsewhere", a.name), &response)
    } else {
        Judgement::pass()
    })
}

/// The server asks about its own machines only. So a provider that finds others' machines gets a warning, not a failure.
pub(super) async fn get_other_controller(fixture: &mut Fixture, a: &Machine) -> Judged {
    let scope = fixture.other_controller.clone();
    let response = fixture.call(Command::GetInstance, &scope, Some(&a.name)).await;
    Ok(match response.status()? {
        0 => Judgement::warn(format!("it found {}, which belongs to another installation", a.name), &response),
        _ => Judgement::pass(),
    })
}

/// Asks another installation to delete the machine, by name and by id, and looks whether it is still there. A deleted machine is made
/// again for the checks that follow.
pub(super) async fn delete_other_controller(fixture: &mut Fixture, a: &Machine) -> Judged {
    let (own_pool, other) = (fixture.own_pool.clone(), fixture.other_controller.clone());
    let mut instances = vec![a.name.as_str()];
    if !a.id.is_empty() && a.id != a.name {
        instances.push(&a.id);
    }
    for instance in instances {
        let deletion = fixture.call(Command::DeleteInstance, &other, Some(instance)).await;
        deletion.status()?;
        let (machines, _) = fixture.list(&own_pool).await?;
        if !machines.iter().any(|machine| machine.name == a.name) {
            creation::create(fixture, &a.name, None).await?;
            return Ok(Judgement::fail(format!("asked for {instance} it deleted a machine of another installation"), &deletion));
        }
    }
    Ok(Judgement::pass())
}

/// Deletes with an empty name: that must not delete every machine. A deleted machine is made again for the checks that follow.
pub(super) async fn delete_nameless(fixture: &mut Fixture, a: &Machine) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let deletion = fixture.call(Command::DeleteInstance, &own_pool, Some("")).await;
    deletion.status()?;
    let (machines, _) = fixture.list(&own_pool).await?;
    if machines.iter().any(|machine| machine.name == a.name) {
        return Ok(Judgement::pass());
    }
    creation::create(fixture, &a.name, None).await?;
    Ok(Judgement::fail("asked for no machine it deleted one", &deletion))
}
