//! Pools and installations do not see each other's machines.

use garm_provider_protocol::Command;

use super::{Machine, creation};
use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::question::Place;

pub(super) async fn list_next_door(bench: &mut Bench, a: &Machine) -> Judged {
    let place = bench.next_door.clone();
    is_not_listed(bench, &place, a).await
}

pub(super) async fn list_abroad(bench: &mut Bench, a: &Machine) -> Judged {
    let place = bench.abroad.clone();
    is_not_listed(bench, &place, a).await
}

async fn is_not_listed(bench: &mut Bench, place: &Place, a: &Machine) -> Judged {
    let (machines, seen) = bench.list(place).await?;
    let ours = |name: &str, id: &str| name == a.name || (!a.id.is_empty() && id == a.id);
    Ok(if machines.iter().any(|machine| ours(&machine.name, &machine.provider_id)) {
        Judgement::fail(format!("it listed {}, which belongs elsewhere", a.name), &seen)
    } else {
        Judgement::pass()
    })
}

/// The server asks about its own machines only: finding others' is no harm by itself.
pub(super) async fn get_abroad(bench: &mut Bench, a: &Machine) -> Judged {
    let place = bench.abroad.clone();
    let seen = bench.ask(Command::GetInstance, &place, Some(&a.name)).await;
    Ok(match seen.status()? {
        0 => Judgement::warn(format!("it found {}, which belongs to another installation", a.name), &seen),
        _ => Judgement::pass(),
    })
}

/// Asks another installation to delete the machine, by name and by id, and looks whether it is still there. If not it is made again for the
/// checks that follow.
pub(super) async fn delete_abroad(bench: &mut Bench, a: &Machine) -> Judged {
    let (here, abroad) = (bench.here.clone(), bench.abroad.clone());
    let mut instances = vec![a.name.as_str()];
    if !a.id.is_empty() && a.id != a.name {
        instances.push(&a.id);
    }
    for instance in instances {
        let deletion = bench.ask(Command::DeleteInstance, &abroad, Some(instance)).await;
        deletion.status()?;
        let (machines, _) = bench.list(&here).await?;
        if !machines.iter().any(|machine| machine.name == a.name) {
            creation::create(bench, &a.name, None).await?;
            return Ok(Judgement::fail(format!("asked for {instance} it deleted a machine of another installation"), &deletion));
        }
    }
    Ok(Judgement::pass())
}

/// Asks for nothing to be deleted: an empty name must not become everything. If the machine is gone it is made again for the checks that follow.
pub(super) async fn delete_nameless(bench: &mut Bench, a: &Machine) -> Judged {
    let here = bench.here.clone();
    let deletion = bench.ask(Command::DeleteInstance, &here, Some("")).await;
    deletion.status()?;
    let (machines, _) = bench.list(&here).await?;
    if machines.iter().any(|machine| machine.name == a.name) {
        return Ok(Judgement::pass());
    }
    creation::create(bench, &a.name, None).await?;
    Ok(Judgement::fail("asked for no machine it deleted one", &deletion))
}
