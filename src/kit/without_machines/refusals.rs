//! Creations that must fail before anything is made: no document here has a name in it.

use garm_provider_protocol::Command;

use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement};
use crate::model::{SecretString, expose};

/// The end of a document, as a shell would send it whose variable was empty.
fn garbage(token: &SecretString) -> Vec<u8> {
    format!("this is not JSON, \"instance-token\":\"{}\"}}", expose(token)).into_bytes()
}

pub(in crate::kit) async fn empty(fixture: &mut Fixture) -> Judged {
    refused(fixture, Vec::new()).await
}

pub(in crate::kit) async fn not_json(fixture: &mut Fixture) -> Judged {
    let stdin = garbage(&fixture.token);
    refused(fixture, stdin).await
}

pub(in crate::kit) async fn nameless(fixture: &mut Fixture) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let stdin = fixture.document(&own_pool, "");
    refused(fixture, stdin).await
}

/// The creation fails and prints no machine.
async fn refused(fixture: &mut Fixture, stdin: Vec<u8>) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let request = fixture.creation_with(&own_pool, stdin);
    let response = fixture.probe.send(request).await;
    if response.status()? == 0 {
        return Ok(Judgement::fail("it ended with exit status 0, as if it had made a machine", &response));
    }
    let printed_a_machine =
        serde_json::from_slice::<serde_json::Value>(&response.stdout).is_ok_and(|value| value.get("provider_id").is_some());
    Ok(if printed_a_machine {
        Judgement::fail(format!("it ended with {} and printed a machine", response.ending()), &response)
    } else {
        Judgement::pass()
    })
}

/// The pool is as empty as before. With `was_empty`, machines that are there now are removed.
pub(in crate::kit) async fn left_nothing(fixture: &mut Fixture, was_empty: bool) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let (machines, response) = fixture.list(&own_pool).await?;
    let Some(first) = machines.first() else { return Ok(Judgement::pass()) };
    if !was_empty {
        return Ok(Judgement::skip("the list was not empty before: see list-unknown-pool"));
    }
    for machine in &machines {
        fixture.call(Command::DeleteInstance, &own_pool, Some(&machine.provider_id)).await;
    }
    Ok(Judgement::fail(format!("then there was {:?} (provider id {:?})", first.name, first.provider_id), &response))
}
