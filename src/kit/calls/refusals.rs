//! Creations that must fail before anything is made: nothing that is sent here has a name in it.

use garm_provider_protocol::Command;

use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement};
use crate::model::{SecretString, expose};

/// The end of a document, as a shell would send it whose variable was empty.
fn garbage(token: &SecretString) -> Vec<u8> {
    format!("this is not JSON, \"instance-token\":\"{}\"}}", expose(token)).into_bytes()
}

pub(in crate::kit) async fn empty(bench: &mut Bench) -> Judged {
    refused(bench, Vec::new()).await
}

pub(in crate::kit) async fn not_json(bench: &mut Bench) -> Judged {
    let stdin = garbage(&bench.token);
    refused(bench, stdin).await
}

pub(in crate::kit) async fn nameless(bench: &mut Bench) -> Judged {
    let here = bench.here.clone();
    let stdin = bench.document(&here, "");
    refused(bench, stdin).await
}

/// It fails, and what it prints is no machine.
async fn refused(bench: &mut Bench, stdin: Vec<u8>) -> Judged {
    let here = bench.here.clone();
    let question = bench.creation_with(&here, stdin);
    let seen = bench.probe.ask(question).await;
    if seen.status()? == 0 {
        return Ok(Judgement::fail("it ended with exit status 0, as if it had made a machine", &seen));
    }
    let printed_a_machine = serde_json::from_slice::<serde_json::Value>(&seen.stdout).is_ok_and(|value| value.get("provider_id").is_some());
    Ok(if printed_a_machine {
        Judgement::fail(format!("it ended with {} and printed a machine", seen.ending()), &seen)
    } else {
        Judgement::pass()
    })
}

/// The pool is as empty as before. What is there now, and was not when `was_empty`, is removed.
pub(in crate::kit) async fn left_nothing(bench: &mut Bench, was_empty: bool) -> Judged {
    let here = bench.here.clone();
    let (machines, seen) = bench.list(&here).await?;
    let Some(first) = machines.first() else { return Ok(Judgement::pass()) };
    if !was_empty {
        return Ok(Judgement::skip("the list was not empty before: see list-unknown-pool"));
    }
    for machine in &machines {
        bench.ask(Command::DeleteInstance, &here, Some(&machine.provider_id)).await;
    }
    Ok(Judgement::fail(format!("then there was {:?} (provider id {:?})", first.name, first.provider_id), &seen))
}
