//! Thirteen faults of the service and of sessions, over real sockets: how soon jobs are assigned again, and how often the service is called.

use std::time::Duration;

use garm::api::UpdateScaleSetParams;
use garm::clock::Clock;
use garm::model::JobStatus;
use garm::sim::{FaultEnd, FaultKind, ServiceCall, ServiceFault};

use super::{add_scale_set, listens, queue};
use crate::cost::usage::print_row;
use crate::harness::{Installation, Plan};

/// How long a fault lasts.
const BROKEN: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    OwnSessionLeftBehind,
    SessionOfAnother,
    SessionGone,
    EmptyQueueUrl,
    StormOf500,
    ScaleSetRemoved,
    ScaleSetRenamed,
    Outdated,
    CutAnswers,
    EndOfSessionHangs,
    Disabled,
    AssignedAgain,
    ShortTokens,
}

impl Fault {
    const ALL: [Self; 13] = [
        Self::OwnSessionLeftBehind,
        Self::SessionOfAnother,
        Self::SessionGone,
        Self::EmptyQueueUrl,
        Self::StormOf500,
        Self::ScaleSetRemoved,
        Self::ScaleSetRenamed,
        Self::Outdated,
        Self::CutAnswers,
        Self::EndOfSessionHangs,
        Self::Disabled,
        Self::AssignedAgain,
        Self::ShortTokens,
    ];

    /// So soon after its end a job must be assigned.
    const fn recovery(self) -> Duration {
        match self {
            // Its number is denied twice and its name is looked for before it is made again: the tries stand on the grid of a service that fails.
            Self::ScaleSetRemoved => Duration::from_secs(40),
            _ => Duration::from_secs(10),
        }
    }

    /// Lets the fault strike, and end.
    async fn strike(self, garm: &mut Installation, here: i64, there: i64) {
        let forge = garm.forge.clone();
        let fault = |call, kind, end| forge.break_service(ServiceFault { call, kind, end });
        let lasts = || tokio::time::sleep(BROKEN);
        let enable = async |garm: &Installation, enabled| {
            let params = UpdateScaleSetParams { enabled: Some(enabled), ..UpdateScaleSetParams::default() };
            garm.client().scale_sets().update(here, &params).await.expect("changed");
        };
        match self {
            Self::OwnSessionLeftBehind => {
                garm.kill_server().await;
                garm.start_server().await;
            }
            Self::SessionOfAnother => {
                forge.take_message_session(there, "somebody else").expect("there is a scale set");
                lasts().await;
                forge.end_message_session(there);
            }
            Self::SessionGone => forge.end_message_session(there),
            Self::EmptyQueueUrl => {
                fault(Some(ServiceCall::CreateSession), FaultKind::EmptyQueueUrl, FaultEnd::AfterCalls(1));
                forge.end_message_session(there);
                garm.forge.wait_until(|state| state.scale_sets().any(|set| set.sessions > 1)).await;
            }
            Self::StormOf500 => {
                fault(None, FaultKind::Status(500), FaultEnd::WhenHealed);
                lasts().await;
                forge.heal_service();
            }
            Self::ScaleSetRemoved => forge.remove_scale_set(there),
            Self::ScaleSetRenamed => forge.rename_scale_set(there, "another-name"),
            Self::Outdated => {
                forge.mark_scale_set(there, Some("Outdated"));
                lasts().await;
                forge.mark_scale_set(there, None);
            }
            Self::CutAnswers => fault(Some(ServiceCall::Poll), FaultKind::Cut(5), FaultEnd::AfterCalls(2)),
            Self::EndOfSessionHangs => {
                garm.kill_server().await;
                fault(Some(ServiceCall::DeleteSession), FaultKind::Hangs, FaultEnd::AfterCalls(1));
                garm.start_server().await;
                // The server gives the call up by itself.
                garm.forge.wait_until(|state| state.scale_sets().any(|set| set.sessions > 1)).await;
            }
            Self::Disabled => {
                enable(garm, false).await;
                lasts().await;
                enable(garm, true).await;
            }
            Self::AssignedAgain => {
                forge.configure(|settings| settings.scale_sets.pickup_timeout = Duration::from_secs(1));
                fault(Some(ServiceCall::GenerateJitConfig), FaultKind::Status(500), FaultEnd::At(Clock::System.now().after(BROKEN)));
                let job = queue(garm, "taken back", "linux-x64");
                lasts().await;
                forge.configure(|settings| settings.scale_sets.pickup_timeout = Duration::from_mins(5));
                garm.jobs_succeed(&[job]).await;
            }
            Self::ShortTokens => {
                forge.configure(|settings| {
                    settings.scale_sets.queue_token_lifetime = Duration::from_secs(2);
                    settings.scale_sets.admin_token_lifetime = Duration::from_secs(2);
                });
                forge.end_message_session(there);
                lasts().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; it measures a table of docs/scale-sets.md"]
async fn jobs_are_assigned_again_soon_after_the_end_of_each_of_thirteen_faults() {
    let mut late = Vec::new();
    for fault in Fault::ALL {
        let mut garm = Installation::set_up(Plan { watch: false, ..Plan::default() }).await;
        let set = add_scale_set(&garm, "linux-x64", 3, 0).await;
        listens(&garm, &set, 3).await;
        let there = garm.forge.scale_sets()[0].id;
        fault.strike(&mut garm, set.id, there).await;
        let over_at = Clock::System.now();
        let job = queue(&garm, "afterwards", "linux-x64");
        garm.until("the job is assigned", async |garm| {
            garm.forge.read(|state| state.claim(job).is_some() || is_over(state, job)).then_some(())
        })
        .await;
        let assigned = Clock::System.now().since(over_at);
        garm.jobs_succeed(&[job]).await;
        garm.all_gone().await;
        garm.until("the messages are handled", async |garm| {
            let jobs = super::jobs_of_sessions(garm).await;
            assert!(jobs.len() <= 2, "{fault:?}: {jobs:?}");
            jobs.iter().all(|job| job.status == "completed").then_some(())
        })
        .await;
        let calls = u32::try_from(garm.forge.busiest_minute(|_| true)).expect("few");
        let of_sessions = u32::try_from(garm.forge.busiest_minute(|called| called.call == ServiceCall::CreateSession)).expect("few");
        print_row(
            &format!("{fault:?}"),
            "SQLite",
            &[("assigned_s", assigned.as_secs_f64()), ("calls_in_a_minute", calls.into()), ("sessions_in_a_minute", of_sessions.into())],
        );
        late.extend((assigned > fault.recovery()).then_some((fault, assigned)));
        garm.finish().await;
    }
    assert!(late.is_empty(), "{late:?}");
}

fn is_over(state: &garm::sim::State, job: i64) -> bool {
    state.find_job(job).is_some_and(|job| job.status == JobStatus::Completed)
}
