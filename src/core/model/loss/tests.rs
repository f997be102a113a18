//! The table of evidence and verdicts.

use super::RerunVerdict::{Ask, Done, Leave, Wait};
use super::*;
use crate::engine::testing::World;

/// One line of the table: everything that decides, as it is when a job is to be run again.
struct Case {
    lost: LostJob,
    job: Option<ForgeJob>,
    run: Option<ForgeRun>,
    past: RerunPast,
    limits: RerunLimits,
    now: Timestamp,
}

fn at(secs: u64) -> Timestamp {
    Timestamp::EPOCH.after(Duration::from_secs(secs))
}

impl Case {
    fn new() -> Self {
        let mut world = World::with_pool(1, 0);
        let id = world.queue_job(&["linux"]);
        let job = world.job(id).clone();
        let loss = Loss {
            kind: LossKind::Gone,
            at: at(100),
            runner: "garm-1".into(),
            set: RunnerSetId::Pool(crate::model::PoolId(uuid::Uuid::from_u128(1))),
            provider: "cloud".into(),
            rerun: Rerun::Waits,
            tries: 0,
            not_before: None,
            waits_for: String::new(),
        };
        let told = ForgeJob {
            status: JobStatus::Completed,
            held_back: false,
            conclusion: "failure".into(),
            failed_step: false,
            runner_id: 1,
            runner_name: "garm-1".into(),
            runner_group_id: 1,
            runner_group_name: String::new(),
            started_at: Some(at(10)),
            completed_at: Some(at(700)),
        };
        Self {
            lost: LostJob { job: Job { status: JobStatus::Completed, run_attempt: 1, ..job }, loss },
            job: Some(told),
            run: Some(ForgeRun { attempt: 1, is_over: true, conclusion: "failure".into() }),
            past: RerunPast::default(),
            limits: RerunLimits { per_run: 1, per_day: 10 },
            now: at(701),
        }
    }

    fn decide(&self) -> RerunVerdict {
        let (job, run) = (self.job.as_ref(), self.run.as_ref());
        RerunEvidence { lost: &self.lost, job, run, past: self.past, limits: self.limits, now: self.now }.decide()
    }

    fn job(&mut self) -> &mut ForgeJob {
        self.job.as_mut().expect("shown")
    }

    fn run(&mut self) -> &mut ForgeRun {
        self.run.as_mut().expect("shown")
    }
}

type Change = fn(&mut Case);

/// What differs from a job that is to be run again, and the verdict then.
const TABLE: &[(&str, Change, RerunVerdict)] = &[
    ("lost", |_| {}, Ask { attempt: 1 }),
    ("its machine stopped", |it| it.lost.loss.kind = LossKind::Stopped, Ask { attempt: 1 }),
    ("the loss was noticed after the forge's verdict", |it| it.lost.loss.at = at(705), Ask { attempt: 1 }),
    ("a failed test", |it| it.job().failed_step = true, Leave(LeftBecause::StepFailed)),
    ("it succeeded", |it| it.job().conclusion = "success".into(), Leave(LeftBecause::Ended)),
    ("it timed out", |it| it.job().conclusion = "timed_out".into(), Leave(LeftBecause::Ended)),
    ("it was skipped", |it| it.job().conclusion = "skipped".into(), Leave(LeftBecause::Ended)),
    (
        "the runner reported a cancelled job when its machine was taken away",
        |it| it.job().conclusion = "cancelled".into(),
        Ask { attempt: 1 },
    ),
    (
        "cancelled, and its machine went afterwards",
        |it| (it.job().conclusion, it.job().completed_at) = ("cancelled".into(), Some(at(99))),
        Leave(LeftBecause::Cancelled),
    ),
    (
        "cancelled, nobody knows when",
        |it| (it.job().conclusion, it.job().completed_at) = ("cancelled".into(), None),
        Leave(LeftBecause::Cancelled),
    ),
    ("the run was cancelled", |it| it.run().conclusion = "cancelled".into(), Leave(LeftBecause::Cancelled)),
    (
        "the run goes on",
        |it| (it.run().is_over, it.run().conclusion) = (false, String::new()),
        Wait("the end of its run: other jobs of it still run"),
    ),
    ("the job goes on", |it| it.job().status = JobStatus::InProgress, Wait("the end of the job at the forge")),
    ("a person had the run run again", |it| it.run().attempt = 2, Leave(LeftBecause::RerunElsewhere)),
    ("another job of the run was run again here", |it| (it.run().attempt, it.past.attempt) = (2, 2), Ask { attempt: 2 }),
    ("a person did after that", |it| (it.run().attempt, it.past.attempt) = (3, 2), Leave(LeftBecause::RerunElsewhere)),
    (
        "asked, and the forge did it",
        |it| (it.run().attempt, it.lost.loss.rerun) = (2, Rerun::Asked { at: at(702), attempt: 1 }),
        Done { attempt: 2 },
    ),
    (
        "asked, and switched off meanwhile",
        |it| (it.run().attempt, it.lost.loss.rerun, it.limits.per_run) = (2, Rerun::Asked { at: at(702), attempt: 1 }, 0),
        Done { attempt: 2 },
    ),
    (
        "asked, switched off meanwhile, and the run is not shown now",
        |it| (it.run, it.lost.loss.rerun, it.limits.per_run) = (None, Rerun::Asked { at: at(702), attempt: 1 }, 0),
        Wait("the forge to show the job and its run; the credentials need the permission Actions, read and write"),
    ),
    ("asked, and the forge did not hear", |it| it.lost.loss.rerun = Rerun::Asked { at: at(702), attempt: 1 }, Ask { attempt: 1 }),
    ("switched off", |it| it.limits.per_run = 0, Leave(LeftBecause::Off)),
    ("once already", |it| it.past.of_run = 1, Leave(LeftBecause::LimitOfRun)),
    ("once already of two", |it| (it.past.of_run, it.limits.per_run) = (1, 2), Ask { attempt: 1 }),
    ("enough for today", |it| it.past.of_day = 10, Leave(LeftBecause::LimitOfDay)),
    ("long ago", |it| it.now = at(100 + 24 * 3600 + 1), Leave(LeftBecause::TooLate)),
    (
        "not shown",
        |it| it.job = None,
        Wait("the forge to show the job and its run; the credentials need the permission Actions, read and write"),
    ),
    (
        "its run is not shown",
        |it| it.run = None,
        Wait("the forge to show the job and its run; the credentials need the permission Actions, read and write"),
    ),
];

#[test]
fn what_the_infrastructure_lost_is_run_again_once_and_nothing_else() {
    for (what, change, verdict) in TABLE {
        let mut case = Case::new();
        change(&mut case);
        assert_eq!(case.decide(), *verdict, "{what}");
    }
}

#[test]
fn a_loss_tells_its_evidence_and_what_came_of_it() {
    let loss = Case::new().lost.loss;
    assert!(loss.to_string().starts_with("provider cloud no longer has the machine of garm-1, which ran the job (known since "), "{loss}");
    assert!(loss.to_string().ends_with("; the forge has not ended the job yet"), "{loss}");
    let waits = loss.clone().later(at(900), "the end of its run".into());
    assert!(waits.to_string().ends_with("; running it again waits for the end of its run") && waits.is_open(), "{waits}");
    let done = loss.clone().asked(at(901), 1, at(960)).ended(Rerun::Done { at: at(902), attempt: 2 });
    assert!(done.to_string().contains("; it is run again as attempt 2 of its run") && !done.is_open(), "{done}");
    for because in LeftBecause::ALL {
        let left = loss.clone().ended(Rerun::Left { at: at(903), because: *because });
        assert!(left.to_string().ends_with(&format!("; it is not run again: {}", because.explained())), "{left}");
    }
}
