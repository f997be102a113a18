//! Creations that are killed at several moments, as when the server is killed.

use std::time::Duration;

use garm_provider_protocol::Command;

use super::creation;
use crate::kit::fixture::{Fixture, is_deleted};
use crate::kit::judgement::{Judged, Judgement, Verdict, settled};

/// When creations are killed, in quarters of the time that one takes.
const QUARTERS: [u32; 3] = [1, 2, 3];

/// No creation is killed sooner: before that, nothing has happened.
const SHORTEST: Duration = Duration::from_millis(5);

/// Kills creations and looks for leftovers. Then uses the name of the last creation again.
pub(super) async fn run(fixture: &mut Fixture, creation_takes: Duration) -> (Judgement, Judgement) {
    let name = fixture.name("cut");
    let mut interrupted = Judgement::pass();
    for quarter in QUARTERS {
        let moment = (creation_takes * quarter / 4).max(SHORTEST);
        interrupted = interrupted.and(settled(one(fixture, &name, moment).await));
        if interrupted.verdict == Verdict::Fail {
            return (interrupted, Judgement::skip("what was cut off is still in the way: see interrupted-creation"));
        }
    }
    (interrupted, settled(afterwards(fixture, &name).await))
}

/// Deleting by name leaves nothing of a creation that was killed.
async fn one(fixture: &mut Fixture, name: &str, moment: Duration) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let request = fixture.creation(&own_pool, name, None);
    fixture.probe.interrupt(request, moment).await;
    let killed = format!("killed after {} ms", moment.as_millis());
    let deletion = fixture.call(Command::DeleteInstance, &own_pool, Some(name)).await;
    let status = deletion.status()?;
    let (machines, response) = fixture.list_until(&own_pool, <[_]>::is_empty).await?;
    if let Some(first) = machines.first() {
        let detail = format!("{killed}; then DeleteInstance ended with exit status {status}, and {:?} is still listed", first.name);
        return Ok(Judgement::fail(detail, if is_deleted(status) { &response } else { &deletion }));
    }
    let response = fixture.call(Command::GetInstance, &own_pool, Some(name)).await;
    Ok(match response.status()? {
        0 => Judgement::fail(
            format!("{killed}; then DeleteInstance ended with exit status {status}, and GetInstance still finds it"),
            &response,
        ),
        _ => Judgement::pass(),
    })
}

async fn afterwards(fixture: &mut Fixture, name: &str) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let (_, judgement) = creation::create(fixture, name, None).await?;
    let deletion = fixture.call(Command::DeleteInstance, &own_pool, Some(name)).await;
    deletion.status()?;
    Ok(judgement)
}
