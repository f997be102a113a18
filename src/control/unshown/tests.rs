//! Jobs that the forge does not show: that is no fault of their entity, and a person reads the forge's words.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::super::effects::{self, EffectContext, Outcome};
use super::super::tests::Scene;
use super::super::{Delivered, Heard, Services, take_in};
use crate::engine::Effect;
use crate::forge::{Error, Forge, Forges, JitRequest, Registered, Words};
use crate::model::{
    Credentials, CredentialsId, DeliveryHead, DeliveryVerdict, Endpoint, EntityRef, ForgeJob, ForgeRun, ForgeRunner, InstanceStatus,
    JobFact, JobId, JobStatus, Loss, LossKind, Pool, RateLimit, ReceivedDelivery, Rerun, RunnerStatus, RunnerTool, SecretString,
};
use crate::store::tests::{report, runner, with};
use crate::store::{DeliveryFilter, Recorded};

/// The forge's answers about jobs.
#[derive(Clone, Debug, Default)]
struct Answers(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    /// Why it shows no job.
    job: Option<Error>,
    /// Why it runs none again.
    rerun: Option<Error>,
}

impl Forges for Answers {
    fn get(&self, _: &Endpoint, _: &Credentials) -> Result<Arc<dyn Forge>, Error> {
        Ok(Arc::new(self.clone()))
    }

    fn rate_limit(&self, _: CredentialsId) -> Option<RateLimit> {
        None
    }
}

fn never<T: Send + 'static>() -> BoxFuture<'static, Result<T, Error>> {
    Box::pin(async { Err(Error::Unusable("nothing of this test asks for it".into())) })
}

impl Forge for Answers {
    fn register_jit<'a>(&'a self, _: &'a EntityRef, _: JitRequest) -> BoxFuture<'a, Result<Registered, Error>> {
        never()
    }

    fn registration_token<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>> {
        never()
    }

    fn list_runners<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>> {
        never()
    }

    fn remove_runner<'a>(&'a self, _: &'a EntityRef, _: i64) -> BoxFuture<'a, Result<(), Error>> {
        never()
    }

    fn find_job<'a>(&'a self, _: &'a str, _: &'a str, _: i64) -> BoxFuture<'a, Result<ForgeJob, Error>> {
        Box::pin(async {
            let fault = self.0.lock().expect("no panic").job.clone();
            let now = crate::clock::Clock::System.now();
            let shown = ForgeJob {
                status: JobStatus::Completed,
                held_back: false,
                conclusion: "failure".into(),
                failed_step: false,
                runner_id: 0,
                runner_name: String::new(),
                runner_group_id: 0,
                runner_group_name: String::new(),
                started_at: Some(now),
                completed_at: Some(now),
            };
            fault.map_or(Ok(shown), Err)
        })
    }

    fn find_run<'a>(&'a self, _: &'a str, _: &'a str, _: i64) -> BoxFuture<'a, Result<ForgeRun, Error>> {
        Box::pin(async {
            let fault = self.0.lock().expect("no panic").job.clone();
            fault.map_or_else(|| Ok(ForgeRun { attempt: 1, is_over: true, conclusion: "failure".into() }), Err)
        })
    }

    fn rerun_job<'a>(&'a self, _: &'a str, _: &'a str, _: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { self.0.lock().expect("no panic").rerun.clone().map_or(Ok(()), Err) })
    }

    fn list_tools<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>> {
        never()
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        None
    }
}

fn words(text: &str) -> Words {
    Words::of(0, text.as_bytes(), &[])
}

/// The faults that calls about one job can have although the forge answers about others, each with a part of its words and whether it may pass.
fn faults_of_one() -> Vec<(Error, &'static str, bool)> {
    let what = "look at a job";
    let redirected = Error::Redirected { what, status: 301, target: "elsewhere.test".into(), why: "another host", words: words("Moved") };
    vec![
        (
            Error::Forbidden { credentials: "token".into(), what, words: words("Resource not accessible by integration") },
            "403 Resource not accessible by integration",
            false,
        ),
        (Error::NotFound { what: "job 7".into(), words: words("Not Found") }, "404 Not Found", false),
        (redirected, "301 Moved", false),
        (Error::Refused { what, status: 451, words: words("Repository access blocked") }, "451 Repository access blocked", false),
        (Error::Server { what, status: 502, words: words("Bad Gateway") }, "502 Bad Gateway", true),
        (Error::Garbled("it is no JSON: Log in".into()), "Log in", true),
    ]
}

/// The faults that all calls have.
fn faults_of_all() -> Vec<Error> {
    vec![
        Error::Unauthorized { credentials: "token".into(), status: 401, words: Words::default() },
        Error::RateLimited { status: 429, wait: Duration::from_mins(1), words: Words::default() },
        Error::Unreachable { host: "forge.test".into(), fault: "no route".into() },
        Error::Unusable("the key is no key".into()),
    ]
}

struct Here {
    scene: Scene,
    services: Services,
    answers: Answers,
}

impl Here {
    async fn new() -> Self {
        let scene = Scene::set_up(false).await;
        // The time 0 stands for none in rows.
        tokio::time::advance(Duration::from_secs(1)).await;
        let again = |pool: &mut Pool| {
            pool.rerun_lost = Some(1);
            Ok(())
        };
        scene.database.update_pool(scene.pool, again).await.expect("changed");
        let answers = Answers::default();
        let mut services = scene.services.clone();
        services.forges = Arc::new(answers.clone());
        Self { scene, services, answers }
    }

    fn fact(&self, number: i64, status: JobStatus, runner: &str) -> JobFact {
        let queued_at = Some(self.services.clock.now());
        JobFact { workflow_job_id: number, run_id: number, queued_at, ..report(&self.scene.entity, status, runner) }
    }

    async fn record(&self, fact: JobFact) -> JobId {
        match self.scene.database.record_job(fact).await.expect("recorded") {
            Recorded::Stored(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// A job that is over and whose machine was lost.
    async fn lost_job(&self, number: i64) -> JobId {
        let pool = self.scene.database.find_pool(self.scene.pool).await.expect("answers").expect("there");
        let row = with(&runner(&pool), |row| (row.status, row.runner_status) = (InstanceStatus::Running, RunnerStatus::Idle));
        self.scene.database.insert_runner(row.clone(), None).await.expect("room");
        self.record(self.fact(number, JobStatus::Queued, "")).await;
        let id = self.record(self.fact(number, JobStatus::InProgress, row.name.as_str())).await;
        let loss = Loss {
            kind: LossKind::Gone,
            at: self.services.clock.now(),
            runner: row.name.clone(),
            set: pool.id.into(),
            provider: pool.provider.clone(),
            rerun: Rerun::Waits,
            tries: 0,
            not_before: None,
            waits_for: String::new(),
        };
        self.scene.database.note_loss(id, self.scene.entity.id, loss).await.expect("noted");
        self.record(JobFact { conclusion: "failure".into(), ..self.fact(number, JobStatus::Completed, row.name.as_str()) }).await
    }

    async fn run(&self, effect: Effect) -> Outcome {
        let view = self.scene.database.entity_view(self.scene.entity.id).await.expect("answers").expect("there");
        let context = EffectContext { services: self.services.clone(), view: Arc::new(view) };
        effects::run(&context, effect).await.expect("recorded")
    }

    async fn rerun(&self, job: JobId) -> (Outcome, Loss) {
        let outcome = self.run(Effect::RerunJob { job, retry_after: Duration::from_secs(15) }).await;
        let (lost, _) = self.scene.database.find_lost_job(job, self.scene.entity.id).await.expect("answers").expect("open");
        (outcome, lost.loss)
    }

    async fn fault_of_the_entity(&self) -> Option<String> {
        self.scene.database.entity_view(self.scene.entity.id).await.expect("answers").expect("there").entity.failure.clone()
    }

    async fn events(&self) -> Vec<String> {
        let events = self.scene.database.list_entity_events(self.scene.entity.id).await.expect("answers");
        events.into_iter().map(|event| event.message).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_the_forge_does_not_show_is_no_fault_of_the_entity_and_its_words_are_kept() {
    for (fault, said, may_pass) in faults_of_one() {
        let here = Here::new().await;
        let job = here.record(here.fact(7, JobStatus::Queued, "")).await;
        here.answers.0.lock().expect("no panic").job = Some(fault.clone());
        let outcome = here.run(Effect::CheckJob { job }).await;
        let Outcome::JobChecked { answer: Err(unshown), .. } = outcome else { panic!("{fault}: {outcome:?}") };
        assert!(unshown.said.contains(said), "{unshown:?}");
        assert_eq!((unshown.may_pass, here.fault_of_the_entity().await), (may_pass, None), "{fault}");
        let events = here.events().await;
        assert!(events.len() == 1 && events[0].contains(said), "{events:?}");
    }
    for fault in faults_of_all() {
        let here = Here::new().await;
        let job = here.record(here.fact(7, JobStatus::Queued, "")).await;
        here.answers.0.lock().expect("no panic").job = Some(fault.clone());
        let outcome = here.run(Effect::CheckJob { job }).await;
        assert!(matches!(outcome, Outcome::ForgeBlocked { .. }) && here.fault_of_the_entity().await.is_some(), "{fault}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_words_about_many_jobs_are_one_event_and_words_without_end_are_few() {
    let here = Here::new().await;
    let check = async |number: i64, text: &str| {
        let job = here.record(here.fact(number, JobStatus::Queued, "")).await;
        let fault = Error::Forbidden { credentials: "token".into(), what: "look at a job", words: words(text) };
        here.answers.0.lock().expect("no panic").job = Some(fault);
        here.run(Effect::CheckJob { job }).await
    };
    tokio::join!(check(1, "Not for you"), check(2, "Not for you"), check(3, "Not for you"));
    check(1, "Not for you").await;
    assert_eq!(here.events().await.len(), 1);
    check(2, "The App is suspended").await;
    let events = here.events().await;
    assert!(events.len() == 2 && events[0].contains("403 Not for you") && events[1].contains("403 The App is suspended"), "{events:?}");
    for number in 0..100 {
        check(number + 1, &format!("request {number}")).await;
    }
    assert_eq!(here.events().await.len(), 5, "the other events stay");
}

#[tokio::test(start_paused = true)]
async fn a_lost_job_that_the_forge_does_not_show_or_run_again_waits_by_itself() {
    for (fault, said, may_pass) in faults_of_one() {
        let here = Here::new().await;
        let job = here.lost_job(7).await;
        here.answers.0.lock().expect("no panic").job = Some(fault.clone());
        let (outcome, loss) = here.rerun(job).await;
        assert!(matches!(outcome, Outcome::InRows) && here.fault_of_the_entity().await.is_none(), "{fault}: {outcome:?}");
        assert!(loss.waits_for.contains(said) && loss.tries == 1 && loss.not_before.is_some(), "{loss:?}");

        *here.answers.0.lock().expect("no panic") = Script { job: None, rerun: Some(fault.clone()) };
        let (outcome, loss) = here.rerun(job).await;
        assert!(matches!(outcome, Outcome::InRows) && here.fault_of_the_entity().await.is_none(), "{fault}: {outcome:?}");
        let status = said.split(' ').next().expect("a word");
        assert!(loss.waits_for.contains(status) && loss.tries == 2, "{loss:?}");
        // What may have been heard is not asked for twice.
        assert_eq!(matches!(loss.rerun, Rerun::Asked { .. }), may_pass, "{fault}: {loss:?}");
    }
    for fault in faults_of_all() {
        let here = Here::new().await;
        let job = here.lost_job(7).await;
        here.answers.0.lock().expect("no panic").job = Some(fault.clone());
        let (outcome, _) = here.rerun(job).await;
        assert!(matches!(outcome, Outcome::ForgeBlocked { .. }), "{fault}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_record_of_an_old_delivery_has_the_words_of_the_forge() {
    for (fault, said, _) in faults_of_one() {
        let here = Here::new().await;
        tokio::time::advance(JobFact::BELIEVED_FOR * 2).await;
        here.answers.0.lock().expect("no panic").job = Some(fault.clone());
        let at = here.scene.entity.at.clone();
        let fact = JobFact { at: crate::time::Timestamp::EPOCH, ..here.fact(7, JobStatus::Queued, "") };
        let received = ReceivedDelivery {
            head: DeliveryHead::default(),
            action: "queued".into(),
            job: Some(7),
            entity: None,
            place: String::new(),
            at: here.services.clock.now(),
        };
        let delivered = Delivered { fact, told: (&at, None), known: (&at, None), received };
        let heard = take_in(&here.services, delivered, |_| true).await.expect("answers");
        assert!(matches!(heard, Heard::Old), "{heard:?}");
        let rows = here.scene.database.list_deliveries(DeliveryFilter::default(), 9).await.expect("listed");
        assert!(rows[0].verdict == DeliveryVerdict::Old && rows[0].reason.contains(said), "{fault}: {rows:?}");
        assert_eq!(here.events().await.len(), 1);
    }
}
