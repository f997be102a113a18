//! Machines are stopped and started.

use garm_provider_protocol::Command;

use super::Machine;
use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement};

pub(super) async fn stop(bench: &mut Bench, a: &Machine) -> Judged {
    becomes(bench, a, Command::StopInstance, "stopped").await
}

/// Only of a machine that was seen to be stopped: starting one that runs is an error to some clouds.
pub(super) async fn start(bench: &mut Bench, a: &Machine) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(Command::GetInstance, &here, Some(&a.name)).await;
    if seen.status()? == 0 {
        let machine = crate::kit::answer::machine(&seen, &mut bench.probe.conduct)?;
        if machine.status == "running" {
            return Ok(Judgement::skip("the machine was not stopped: see stop"));
        }
    }
    becomes(bench, a, Command::StartInstance, "running").await
}

async fn becomes(bench: &mut Bench, a: &Machine, command: Command, status: &str) -> Judged {
    let here = bench.here.clone();
    let seen = bench.ask(command, &here, Some(&a.name)).await;
    if seen.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", seen.ending()), &seen));
    }
    let (machine, seen) = bench.status_until(&a.name, status).await?;
    Ok(if machine.validate().is_err() {
        Judgement::skip("the status cannot be seen: see instance-json")
    } else if machine.status == status {
        Judgement::pass()
    } else {
        let seconds = bench.probe.time_limit.as_secs_f32();
        Judgement::fail(format!("the machine is {} instead of {status}, even after {seconds} s", machine.status), &seen)
    })
}
