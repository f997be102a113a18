//! Creations that are killed at several moments, as those of a server that is killed.

use std::time::Duration;

use garm_provider_protocol::Command;

use super::creation;
use crate::kit::bench::{Bench, is_deleted};
use crate::kit::judgement::{Judged, Judgement, Verdict, settled};

/// When creations are killed, in quarters of the time that one takes.
const QUARTERS: [u32; 3] = [1, 2, 3];

/// No creation is killed sooner: before that, nothing has happened.
const SHORTEST: Duration = Duration::from_millis(5);

/// Kills creations and looks what is left; then uses the name of the last one again.
pub(super) async fn run(bench: &mut Bench, creation_takes: Duration) -> (Judgement, Judgement) {
    let name = bench.name("cut");
    let mut interrupted = Judgement::pass();
    for quarter in QUARTERS {
        let moment = (creation_takes * quarter / 4).max(SHORTEST);
        interrupted = interrupted.and(settled(one(bench, &name, moment).await));
        if interrupted.verdict == Verdict::Fail {
            return (interrupted, Judgement::skip("what was cut off is still in the way: see interrupted-creation"));
        }
    }
    (interrupted, settled(afterwards(bench, &name).await))
}

/// Deleting by name leaves nothing of a creation that was killed.
async fn one(bench: &mut Bench, name: &str, moment: Duration) -> Judged {
    let here = bench.here.clone();
    let question = bench.creation(&here, name, None);
    bench.probe.interrupt(question, moment).await;
    let killed = format!("killed after {} ms", moment.as_millis());
    let deletion = bench.ask(Command::DeleteInstance, &here, Some(name)).await;
    let status = deletion.status()?;
    let (machines, seen) = bench.list_until(&here, <[_]>::is_empty).await?;
    if let Some(first) = machines.first() {
        let detail = format!("{killed}; then DeleteInstance ended with exit status {status}, and {:?} is still listed", first.name);
        return Ok(Judgement::fail(detail, if is_deleted(status) { &seen } else { &deletion }));
    }
    let seen = bench.ask(Command::GetInstance, &here, Some(name)).await;
    Ok(match seen.status()? {
        0 => {
            Judgement::fail(format!("{killed}; then DeleteInstance ended with exit status {status}, and GetInstance still finds it"), &seen)
        }
        _ => Judgement::pass(),
    })
}

async fn afterwards(bench: &mut Bench, name: &str) -> Judged {
    let here = bench.here.clone();
    let (_, judgement) = creation::create(bench, name, None).await?;
    let deletion = bench.ask(Command::DeleteInstance, &here, Some(name)).await;
    deletion.status()?;
    Ok(judgement)
}
