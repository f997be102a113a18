//! Commands about pools and machines that do not exist.

use garm_provider_protocol::{Command, exit_code};

use crate::crypto::random;
use crate::kit::answer;
use crate::kit::bench::{Bench, is_deleted};
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::seen::Seen;

/// Both kinds of names a machine may be asked for by: the runner's name, and what a cloud would call it.
fn nobody(bench: &Bench) -> [String; 2] {
    [bench.name("absent"), random::uuid().to_string()]
}

pub(in crate::kit) async fn list(bench: &mut Bench) -> Judged {
    let place = bench.here.clone();
    let seen = bench.ask(Command::ListInstances, &place, None).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let machines = answer::machines(&seen, &mut bench.probe.conduct)?;
    Ok(match machines.len() {
        0 => Judgement::pass(),
        count => Judgement::fail(format!("it listed {count} although the pool cannot have any"), &seen),
    })
}

/// Asks about machines that do not exist, by both kinds of names; the worst answer counts.
async fn ask_about_nobody(bench: &mut Bench, command: Command, times: usize, judge: impl Fn(i32, &Seen) -> Judgement) -> Judged {
    let place = bench.here.clone();
    let mut all = Judgement::pass();
    for instance in nobody(bench) {
        for _ in 0..times {
            let seen = bench.ask(command, &place, Some(&instance)).await;
            all = all.and(judge(seen.status()?, &seen));
        }
    }
    Ok(all)
}

pub(in crate::kit) async fn get(bench: &mut Bench) -> Judged {
    ask_about_nobody(bench, Command::GetInstance, 1, judge_absence).await
}

/// What `GetInstance` should say when there is no machine.
pub(in crate::kit) fn judge_absence(status: i32, seen: &Seen) -> Judgement {
    match status {
        0 => Judgement::fail("it ended with exit status 0, as if there were one", seen),
        status if status == i32::from(exit_code::NOT_FOUND) => Judgement::pass(),
        status => {
            Judgement::warn(format!("it ended with exit status {status}: the server cannot tell this from a cloud that is down"), seen)
        }
    }
}

/// Twice, because the first may leave something behind.
pub(in crate::kit) async fn delete(bench: &mut Bench) -> Judged {
    ask_about_nobody(bench, Command::DeleteInstance, 2, |status, seen| {
        if is_deleted(status) {
            return Judgement::pass();
        }
        Judgement::fail(format!("it ended with exit status {status}: the server would try again for ever"), seen)
    })
    .await
}

pub(in crate::kit) async fn start_or_stop(bench: &mut Bench, command: Command) -> Judged {
    ask_about_nobody(bench, command, 1, |status, seen| match status {
        0 => Judgement::fail("it ended with exit status 0, as if there were one", seen),
        _ => Judgement::pass(),
    })
    .await
}
