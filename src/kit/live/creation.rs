//! Machines are made and looked at.

use garm_provider_protocol::{Command, InterfaceVersion, ProviderInstance, ProviderStatus, exit_code};

use super::Machine;
use crate::kit::answer;
use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::seen::Seen;

/// Makes a machine; an error when there is none to go on with.
pub(super) async fn create(bench: &mut Bench, name: &str, version: Option<InterfaceVersion>) -> Result<(Machine, Judgement), Judgement> {
    let here = bench.here.clone();
    let question = bench.creation(&here, name, version);
    let seen = bench.probe.ask(question).await;
    if seen.status()? != 0 {
        return Err(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let described = answer::machine(&seen, &mut bench.probe.conduct)?;
    let judgement = judge(&described, name, &seen);
    Ok((Machine { name: name.to_owned(), id: described.provider_id, took: seen.took }, judgement))
}

/// What `CreateInstance` says of a new machine. Keys that are missing are told of by `instance-json`.
fn judge(described: &ProviderInstance, name: &str, seen: &Seen) -> Judgement {
    if !described.name.is_empty() && described.name != name {
        return Judgement::fail(format!("it printed the name {:?}, asked for was {name:?}", described.name), seen);
    }
    match described.validate() {
        Ok(ProviderStatus::Running) | Err(_) => Judgement::pass(),
        Ok(status) => {
            Judgement::fail(format!("the new machine is {}: from a creation the server takes running, or a failure", status.as_str()), seen)
        }
    }
}

/// The same name again: status 31, or the machine that is there. A second machine is removed, so that only this check tells of it.
pub(super) async fn create_twice(bench: &mut Bench, a: &Machine) -> Judged {
    let here = bench.here.clone();
    let question = bench.creation(&here, &a.name, None);
    let seen = bench.probe.ask(question).await;
    let judgement = match seen.status()? {
        0 => {
            let again = answer::machine(&seen, &mut bench.probe.conduct)?;
            if again.provider_id == a.id || again.provider_id.is_empty() {
                Judgement::pass_with("the second time it printed the machine that was there")
            } else {
                Judgement::fail(format!("it printed the provider id {:?}, then {:?}", a.id, again.provider_id), &seen)
            }
        }
        status if status == i32::from(exit_code::DUPLICATE) => Judgement::pass(),
        status => Judgement::warn(
            format!("the second time it ended with exit status {status}: the server takes it for a failure and deletes the machine"),
            &seen,
        ),
    };
    let (machines, seen) = bench.list(&here).await?;
    Ok(judgement.and(match machines.len() {
        0 => Judgement::fail("then the machine was no longer listed", &seen),
        1 => Judgement::pass(),
        count => {
            for double in machines.iter().filter(|machine| machine.provider_id != a.id) {
                bench.ask(Command::DeleteInstance, &here, Some(&double.provider_id)).await;
            }
            Judgement::fail(format!("then {count} machines were listed instead of one"), &seen)
        }
    }))
}

/// Half a document, with a name in it.
pub(super) async fn truncated(bench: &mut Bench) -> Judged {
    let (here, name) = (bench.here.clone(), bench.name("half"));
    // Only for its name: what is made all the same is found at the end.
    drop(bench.creation(&here, &name, None));
    let mut stdin = bench.document(&here, &name);
    stdin.truncate(stdin.len() / 2);
    let question = bench.creation_with(&here, stdin);
    let seen = bench.probe.ask(question).await;
    if seen.status()? == 0 {
        bench.ask(Command::DeleteInstance, &here, Some(&name)).await;
        return Ok(Judgement::fail("it ended with exit status 0, as if the document were whole", &seen));
    }
    let (machines, seen) = bench.list(&here).await?;
    if machines.iter().any(|machine| machine.name == name) {
        bench.ask(Command::DeleteInstance, &here, Some(&name)).await;
        return Ok(Judgement::fail(format!("then there was {name:?}"), &seen));
    }
    Ok(Judgement::pass())
}

/// By its name or its id.
pub(super) async fn get(bench: &mut Bench, a: &Machine, instance: &str) -> Judged {
    if instance.is_empty() {
        return Ok(Judgement::skip("CreateInstance gave no provider id: see instance-json"));
    }
    let here = bench.here.clone();
    let seen = bench.ask(Command::GetInstance, &here, Some(instance)).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let found = answer::machine(&seen, &mut bench.probe.conduct)?;
    Ok(if found.name.is_empty() || found.name == a.name {
        Judgement::pass()
    } else {
        Judgement::fail(format!("it found {:?} instead of {:?}", found.name, a.name), &seen)
    })
}

/// Both machines and nothing else.
pub(super) async fn list(bench: &mut Bench, a: &Machine, b: Option<&Machine>) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::ListInstances, &here, None).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let listed = answer::machines(&seen, &mut bench.probe.conduct)?;
    let mut names: Vec<_> = listed.iter().map(|machine| machine.name.as_str()).collect();
    if names.contains(&"") {
        return Ok(Judgement::skip("machines are listed without names: see instance-json"));
    }
    names.sort_unstable();
    let mut expected: Vec<_> = [Some(a), b].into_iter().flatten().map(|machine| machine.name.as_str()).collect();
    expected.sort_unstable();
    let told = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Ok(if names == expected {
        Judgement::pass()
    } else {
        Judgement::fail(format!("it listed {}, there are {}", told(&names), told(&expected)), &seen)
    })
}

/// The ids of creation and list are the same, and those of two machines are not.
pub(super) async fn provider_ids(bench: &mut Bench, a: &Machine, b: Option<&Machine>) -> Judged {
    let here = bench.here.clone();
    let (listed, seen) = bench.list(&here).await?;
    for machine in [Some(a), b].into_iter().flatten() {
        let Some(found) = listed.iter().find(|found| found.name == machine.name) else {
            return Ok(Judgement::skip("not all machines are listed: see list-pool"));
        };
        if machine.id.is_empty() || found.provider_id.is_empty() {
            return Ok(Judgement::skip("there are machines without an id: see instance-json"));
        }
        if found.provider_id != machine.id {
            let detail = format!("{} was created with the id {:?} and is listed with {:?}", machine.name, machine.id, found.provider_id);
            return Ok(Judgement::fail(detail, &seen));
        }
    }
    match b {
        Some(b) if a.id == b.id => Ok(Judgement::fail(format!("two machines have the id {:?}", a.id), &seen)),
        Some(_) => Ok(Judgement::pass()),
        None => Ok(Judgement::skip("there is no second machine to compare with")),
    }
}
