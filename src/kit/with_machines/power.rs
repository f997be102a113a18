//! Machines are stopped and started.

use garm_provider_protocol::Command;

use super::machine::Machine;
use crate::kit::answer;
use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement};

pub(super) async fn stop(fixture: &mut Fixture, a: &Machine) -> Judged {
    becomes(fixture, a, Command::StopInstance, "stopped").await
}

/// Starts a machine that was seen to be stopped. For some clouds, starting a running machine is an error.
pub(super) async fn start(fixture: &mut Fixture, a: &Machine) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(Command::GetInstance, &own_pool, Some(&a.name)).await;
    if response.status()? == 0 {
        let machine = answer::machine(&response, &mut fixture.probe.conduct)?;
        if machine.status == "running" {
            return Ok(Judgement::skip("the machine was not stopped: see stop"));
        }
    }
    becomes(fixture, a, Command::StartInstance, "running").await
}

async fn becomes(fixture: &mut Fixture, a: &Machine, command: Command, status: &str) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.call(command, &own_pool, Some(&a.name)).await;
    if response.status()? != 0 {
        return Ok(Judgement::fail(format!("it ended with {}", response.ending()), &response));
    }
    let (machine, response) = fixture.status_until(&a.name, status).await?;
    Ok(if machine.validate().is_err() {
        Judgement::skip("the status cannot be seen: see instance-json")
    } else if machine.status == status {
        Judgement::pass()
    } else {
        let seconds = fixture.probe.time_limit.as_secs_f32();
        Judgement::fail(format!("the machine is {} instead of {status}, even after {seconds} s", machine.status), &response)
    })
}
