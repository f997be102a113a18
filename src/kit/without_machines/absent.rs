//! Commands about pools and machines that do not exist.

use garm_provider_protocol::{Command, exit_code};

use crate::crypto::random;
use crate::kit::answer;
use crate::kit::fixture::{Fixture, is_deleted};
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::response::Response;

/// Two machines that do not exist: one by a runner's name and one by an id as clouds give them.
fn absent_machines(fixture: &Fixture) -> [String; 2] {
    [fixture.name("absent"), random::uuid().to_string()]
}

pub(in crate::kit) async fn list(fixture: &mut Fixture) -> Judged {
    let scope = fixture.own_pool.clone();
    let response = fixture.call(Command::ListInstances, &scope, None).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let machines = answer::machines(&response, &mut fixture.probe.conduct)?;
    Ok(match machines.len() {
        0 => Judgement::pass(),
        count => Judgement::fail(format!("it listed {count} although the pool cannot have any"), &response),
    })
}

/// Asks about machines that do not exist, by both kinds of names; the worst answer counts.
async fn ask_about_absent(fixture: &mut Fixture, command: Command, times: usize, judge: impl Fn(i32, &Response) -> Judgement) -> Judged {
    let scope = fixture.own_pool.clone();
    let mut all = Judgement::pass();
    for instance in absent_machines(fixture) {
        for _ in 0..times {
            let response = fixture.call(command, &scope, Some(&instance)).await;
            all = all.and(judge(response.status()?, &response));
        }
    }
    Ok(all)
}

pub(in crate::kit) async fn get(fixture: &mut Fixture) -> Judged {
    ask_about_absent(fixture, Command::GetInstance, 1, judge_absence).await
}

/// Judges the status of `GetInstance` for a machine that does not exist.
pub(in crate::kit) fn judge_absence(status: i32, response: &Response) -> Judgement {
    match status {
        0 => Judgement::fail("it ended with exit status 0, as if there were one", response),
        status if status == i32::from(exit_code::NOT_FOUND) => Judgement::pass(),
        status => {
            Judgement::warn(format!("it ended with exit status {status}: the server cannot tell this from a cloud that is down"), response)
        }
    }
}

/// Deletes twice, because the first deletion may leave something behind.
pub(in crate::kit) async fn delete(fixture: &mut Fixture) -> Judged {
    ask_about_absent(fixture, Command::DeleteInstance, 2, |status, response| {
        if is_deleted(status) {
            return Judgement::pass();
        }
        Judgement::fail(format!("it ended with exit status {status}: the server would try again for ever"), response)
    })
    .await
}

pub(in crate::kit) async fn start_or_stop(fixture: &mut Fixture, command: Command) -> Judged {
    ask_about_absent(fixture, command, 1, |status, response| match status {
        0 => Judgement::fail("it ended with exit status 0, as if there were one", response),
        _ => Judgement::pass(),
    })
    .await
}
