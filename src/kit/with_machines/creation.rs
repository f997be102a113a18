//! Machines are made and looked at.

use garm_provider_protocol::{Command, InterfaceVersion, ProviderInstance, ProviderStatus, exit_code};

use super::machine::Machine;
use crate::kit::answer;
use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::response::Response;

/// Makes a machine. The error is the judgement when the other checks have no machine to go on with.
pub(super) async fn create(
    fixture: &mut Fixture,
    name: &str,
    version: Option<InterfaceVersion>,
) -> Result<(Machine, Judgement), Judgement> {
    let own_pool = fixture.own_pool.clone();
    let request = fixture.creation(&own_pool, name, version);
    let response = fixture.probe.send(request).await;
    if response.status()? != 0 {
        return Err(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let described = answer::machine(&response, &mut fixture.probe.conduct)?;
    let judgement = judge(&described, name, &response);
    Ok((Machine { name: name.to_owned(), id: described.provider_id, took: response.took }, judgement))
}

/// Judges the description of a new machine. The check `instance-json` reports missing keys.
fn judge(described: &ProviderInstance, name: &str, response: &Response) -> Judgement {
    if !described.name.is_empty() && described.name != name {
        return Judgement::fail(format!("it printed the name {:?}, asked for was {name:?}", described.name), response);
    }
    match described.validate() {
        Ok(ProviderStatus::Running) | Err(_) => Judgement::pass(),
        Ok(status) => Judgement::fail(
            format!("the new machine is {}: from a creation the server takes running, or a failure", status.as_str()),
            response,
        ),
    }
}

/// The same name again: status 31, or the machine that is there. A second machine is removed, so that no other check reports it.
pub(super) async fn create_twice(fixture: &mut Fixture, a: &Machine) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let request = fixture.creation(&own_pool, &a.name, None);
    let response = fixture.probe.send(request).await;
    let judgement = match response.status()? {
        0 => {
            let again = answer::machine(&response, &mut fixture.probe.conduct)?;
            if again.provider_id == a.id || again.provider_id.is_empty() {
                Judgement::pass_with("the second time it printed the machine that was there")
            } else {
                Judgement::fail(format!("it printed the provider id {:?}, then {:?}", a.id, again.provider_id), &response)
            }
        }
        status if status == i32::from(exit_code::DUPLICATE) => Judgement::pass(),
        status => Judgement::warn(
            format!("the second time it ended with exit status {status}: the server takes it for a failure and deletes the machine"),
            &response,
        ),
    };
    let (machines, response) = fixture.list(&own_pool).await?;
    Ok(judgement.and(match machines.len() {
        0 => Judgement::fail("then the machine was no longer listed", &response),
        1 => Judgement::pass(),
        count => {
            for double in machines.iter().filter(|machine| machine.provider_id != a.id) {
                fixture.call(Command::DeleteInstance, &own_pool, Some(&double.provider_id)).await;
            }
            Judgement::fail(format!("then {count} machines were listed instead of one"), &response)
        }
    }))
}

/// Half a document, with a name in it.
pub(super) async fn truncated(fixture: &mut Fixture) -> Judged {
    let (own_pool, name) = (fixture.own_pool.clone(), fixture.name("half"));
    // Called for the name alone: the clean-up looks for a machine that was made all the same.
    drop(fixture.creation(&own_pool, &name, None));
    let mut stdin = fixture.document(&own_pool, &name);
    stdin.truncate(stdin.len() / 2);
    let request = fixture.creation_with(&own_pool, stdin);
    let response = fixture.probe.send(request).await;
    if response.status()? == 0 {
        fixture.call(Command::DeleteInstance, &own_pool, Some(&name)).await;
        return Ok(Judgement::fail("it ended with exit status 0, as if the document were whole", &response));
    }
    let (machines, response) = fixture.list(&own_pool).await?;
    if machines.iter().any(|machine| machine.name == name) {
        fixture.call(Command::DeleteInstance, &own_pool, Some(&name)).await;
        return Ok(Judgement::fail(format!("then there was {name:?}"), &response));
    }
    Ok(Judgement::pass())
}

/// By its name or its id.
pub(super) async fn get(fixture: &mut Fixture, a: &Machine, instance: &str) -> Judged {
    if instance.is_empty() {
        return Ok(Judgement::skip("CreateInstance gave no provider id: see instance-json"));
    }
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::GetInstance, &own_pool, Some(instance)).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let found = answer::machine(&response, &mut fixture.probe.conduct)?;
    Ok(if found.name.is_empty() || found.name == a.name {
        Judgement::pass()
    } else {
        Judgement::fail(format!("it found {:?} instead of {:?}", found.name, a.name), &response)
    })
}

/// Both machines and nothing else.
pub(super) async fn list(fixture: &mut Fixture, a: &Machine, b: Option<&Machine>) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::ListInstances, &own_pool, None).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let listed = answer::machines(&response, &mut fixture.probe.conduct)?;
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
        Judgement::fail(format!("it listed {}, there are {}", told(&names), told(&expected)), &response)
    })
}

/// The ids of creation and list are the same, and those of two machines are not.
pub(super) async fn provider_ids(fixture: &mut Fixture, a: &Machine, b: Option<&Machine>) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let (listed, response) = fixture.list(&own_pool).await?;
    for machine in [Some(a), b].into_iter().flatten() {
        let Some(found) = listed.iter().find(|found| found.name == machine.name) else {
            return Ok(Judgement::skip("not all machines are listed: see list-pool"));
        };
        if machine.id.is_empty() || found.provider_id.is_empty() {
            return Ok(Judgement::skip("there are machines without an id: see instance-json"));
        }
        if found.provider_id != machine.id {
            let detail = format!("{} was created with the id {:?} and is listed with {:?}", machine.name, machine.id, found.provider_id);
            return Ok(Judgement::fail(detail, &response));
        }
    }
    match b {
        Some(b) if a.id == b.id => Ok(Judgement::fail(format!("two machines have the id {:?}", a.id), &response)),
        Some(_) => Ok(Judgement::pass()),
        None => Ok(Judgement::skip("there is no second machine to compare with")),
    }
}
