//! Scale sets as rows, their runners, and what is kept of both, on each database.

use super::*;
use crate::model::{
    Cause, EntityId, Job, JobFact, LeasedTask, ReplicaId, RunnerSetId, ScaleSet, ScaleSetId, ScaleSetState, ServiceJob, ServiceScaleSetId,
};

async fn scale_set(store: &Store, entity: &Entity, name: &str) -> ScaleSet {
    store.create_scale_set(new_scale_set(entity, name)).await.expect("made")
}

async fn read(store: &Store, id: ScaleSetId) -> ScaleSet {
    store.find_scale_set(id).await.expect("answers").expect("there")
}

fn runner_of(set: &ScaleSet) -> Runner {
    let name = RunnerName(format!("garm-{}", random::alphanumeric(12)));
    Runner::new(RunnerId(random::uuid()), name, &set.into(), Timestamp::EPOCH).wanted(None, Reason::ForMinimumIdle)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_set_has_a_number_its_labels_in_order_and_a_name_of_its_own_in_its_group() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let made = scale_set(&store, &repository, "linux").await;
        assert_eq!((made.state, made.generation, made.rotate_below), (ScaleSetState::PendingCreate, 0, 0), "that is set here");
        let known = read(&store, made.id).await;
        assert_eq!((known.id, known.labels.as_slice()), (made.id, ["gpu".to_owned(), "Big".to_owned()].as_slice()));
        assert_eq!((known.created_at, known.pseudo_pool_id), (made.created_at, format!("linux-{}", repository.id)));
        let again = store.create_scale_set(new_scale_set(&repository, "LINUX")).await.expect_err("the name is taken").to_string();
        assert_eq!(again, "scale set LINUX of runner group Default exists already");
        let other = store.create_scale_set(ScaleSet { runner_group: "gpu".into(), ..new_scale_set(&repository, "linux") }).await;
        let other = other.expect("another group");
        assert_eq!(other.pseudo_pool_id, format!("linux-2-{}", repository.id), "providers must not mix up their machines");
        let rename = |set: &mut ScaleSet| {
            (set.name, set.pseudo_pool_id, set.labels) = ("arm".into(), "nonsense".into(), vec!["small".into()]);
            Ok(())
        };
        let renamed = store.update_scale_set(made.id, rename).await.expect("changed");
        assert_eq!((renamed.name.as_str(), renamed.pseudo_pool_id), ("arm", made.pseudo_pool_id), "providers list machines by it");
        let third = scale_set(&store, &repository, "linux").await;
        assert_eq!(third.pseudo_pool_id, format!("linux-3-{}", repository.id));
        let listed = store.list_scale_sets(Some(repository.id)).await.expect("answers");
        let listed: Vec<_> = listed.iter().map(|set| (set.name.as_str(), set.labels.len())).collect();
        assert_eq!(listed, [("arm", 1), ("linux", 2), ("linux", 2)]);
        let elsewhere = entity(&store, "elsewhere").await;
        assert!(store.list_scale_sets(Some(elsewhere.id)).await.expect("answers").is_empty());
        let nowhere = ScaleSet { entity_id: EntityId(random::uuid()), ..new_scale_set(&repository, "x") };
        assert!(matches!(store.create_scale_set(nowhere).await, Err(Error::NotFound { what: "entity", .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_shape_runners_raise_the_generation_and_a_rotation_begins_one() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let id = scale_set(&store, &repository, "linux").await.id;
        let after = async |change: fn(&mut ScaleSet)| {
            let change = move |set: &mut ScaleSet| {
                change(set);
                Ok(())
            };
            store.update_scale_set(id, change).await.expect("changed").generation
        };
        let generations = [
            after(|set| set.max_runners = 9).await,
            after(|set| set.name = "other".into()).await,
            after(|set| set.image = "newer".into()).await,
            after(|set| set.runner_group = "gpu".into()).await,
            after(|set| set.extra_specs = serde_json::from_str("{\"key\": 1}").ok()).await,
            after(|set| set.extra_specs = serde_json::from_str("{\"key\": 1}").ok()).await,
        ];
        assert_eq!(generations, [0, 0, 1, 2, 3, 3]);
        let rotated = store.rotate_scale_set(id).await.expect("rotated");
        assert_eq!((rotated.generation, rotated.rotate_below), (4, 4));
        let known = read(&store, id).await;
        assert_eq!((known.generation, known.rotate_below, known.extra_specs.expect("kept").get()), (4, 4, "{\"key\": 1}"));
        let refused = |_: &mut ScaleSet| Err(Error::Invalid("no".into()));
        assert!(store.update_scale_set(id, refused).await.is_err());
        assert!(matches!(store.rotate_scale_set(ScaleSetId(999)).await, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_of_a_scale_set_are_counted_listed_and_keep_it_and_its_entity() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let (set, pool) = (scale_set(&store, &repository, "linux").await, pool(&store, &repository, 9).await);
        let changed = |set: &mut ScaleSet| {
            set.flavor = "larger".into();
            Ok(())
        };
        let set = store.update_scale_set(set.id, changed).await.expect("changed");
        let (first, second, third) = (runner_of(&set), runner_of(&set), runner_of(&set));
        assert!(store.insert_runner(runner(&pool), None).await.expect("of the pool"));
        assert!(store.insert_runner(first.clone(), None).await.expect("room for two"));
        assert!(store.insert_runner(second.clone(), None).await.expect("room for two"));
        assert!(matches!(store.insert_runner(third.clone(), None).await, Err(Error::Full { max: 2, .. })));
        let known = store.find_runner(first.id).await.expect("answers").expect("there");
        assert_eq!((known.set_id, known.generation), (RunnerSetId::ScaleSet(set.id), 1), "generations are stored");
        let listed = async |set: Option<RunnerSetId>| {
            store.list_runners(RunnerFilter { entity: Some(repository.id), set }).await.expect("answers").len()
        };
        assert_eq!((listed(None).await, listed(Some(set.id.into())).await, listed(Some(pool.id.into())).await), (3, 2, 1));

        let group = |set: &mut ScaleSet| {
            set.runner_group = "gpu".into();
            Ok(())
        };
        store.update_scale_set(set.id, group).await.expect("changed");
        let known = store.find_runner(first.id).await.expect("answers").expect("there");
        assert_eq!(known.runner_group, "gpu", "one that is not registered yet");

        let in_use = store.begin_scale_set_removal(set.id, true).await.expect_err("it has runners").to_string();
        assert!(in_use.contains("2 runners"), "{in_use}");
        assert!(matches!(store.delete_scale_set(set.id).await, Err(Error::InUse { .. })));
        store.delete_runner(first.id).await.expect("goes");
        store.delete_runner(second.id).await.expect("goes");
        let enabled = store.begin_scale_set_removal(set.id, false).await.expect_err("it is enabled").to_string();
        assert_eq!(enabled, "scale set is enabled; disable it first");
        let disabled = |set: &mut ScaleSet| {
            set.enabled = false;
            Ok(())
        };
        store.update_scale_set(set.id, disabled).await.expect("changed");
        let before = store.begin_scale_set_removal(set.id, false).await.expect("begins").expect("there");
        assert_eq!((before.state, read(&store, set.id).await.state), (ScaleSetState::PendingCreate, ScaleSetState::PendingDelete));
        assert!(!store.insert_runner(third, None).await.expect("answers"), "one that is being removed gets no runner");
        let refused = store.update_scale_set(set.id, disabled).await.expect_err("and no change").to_string();
        assert!(refused.contains("is being removed"), "{refused}");
        let of_pool = store.list_runners(RunnerFilter::default()).await.expect("answers").remove(0).id;
        store.delete_runner(of_pool).await.expect("goes");
        store.delete_pool(pool.id).await.expect("goes");
        let in_use = store.delete_entity(repository.id).await.expect_err("it has a scale set").to_string();
        assert!(in_use.ends_with("is in use by 1 scale set (linux)"), "{in_use}");
        store.delete_scale_set(set.id).await.expect("goes");
        store.delete_scale_set(set.id).await.expect("one that is gone is removed");
        assert!(store.begin_scale_set_removal(set.id, false).await.expect("answers").is_none());
        store.delete_entity(repository.id).await.expect("goes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_scale_sets_of_an_entity_are_one_at_the_service() {
    on_each(async |store| {
        let (here, there) = (entity(&store, "here").await, entity(&store, "there").await);
        let (one, other) = (scale_set(&store, &here, "one").await, scale_set(&store, &here, "other").await);
        let elsewhere = scale_set(&store, &there, "one").await;
        let is = async |id, number| {
            let number = Some(ServiceScaleSetId(number));
            store.set_scale_set_state(id, ScaleSetState::Created, number, String::new()).await
        };
        let known = is(one.id, 8).await.expect("stored").expect("there");
        assert_eq!((known.state, known.service_id), (ScaleSetState::Created, Some(ServiceScaleSetId(8))));
        is(elsewhere.id, 8).await.expect("numbers are those of an entity");
        let taken = is(other.id, 8).await.expect_err("two rows for one").to_string();
        assert!(taken.contains("number 8 at its service"), "{taken}");
        let words = "the service said\0no".to_owned();
        store.set_scale_set_state(other.id, ScaleSetState::Error, None, words).await.expect("stored");
        assert_eq!(read(&store, other.id).await.extended_state, "the service said\u{fffd}no");
        assert!(is(ScaleSetId(999), 1).await.expect("answers").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_a_scale_set_uses_stays() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let new = NewTemplate {
            name: "mine".into(),
            description: String::new(),
            os_type: OsType::Linux,
            forge: ForgeKind::Github,
            data: "#!/bin/sh".into(),
        };
        let template = store.create_template(new, "admin".into()).await.expect("made").id;
        let set = store.create_scale_set(ScaleSet { template_id: Some(template), ..new_scale_set(&repository, "linux") }).await;
        let set = set.expect("made");
        let in_use = store.delete_template(template).await.expect_err("in use").to_string();
        assert!(in_use.contains("1 scale set (linux)"), "{in_use}");
        store.delete_scale_set(set.id).await.expect("goes");
        store.delete_template(template).await.expect("goes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_set_remembers_its_machines_and_what_is_kept_of_them_goes_with_it() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let (set, pool) = (scale_set(&store, &repository, "linux").await, pool(&store, &repository, 9).await);
        for _ in 0..3 {
            let failing = runner_of(&set);
            assert!(store.insert_runner(failing.clone(), None).await.expect("room"));
            store.update_runner(failing.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
            store.update_runner(failing.id, |runner| runner.machine_found(None)).await.expect("made");
            let failed = |runner: Runner| runner.reported(Some(RunnerStatus::Failed), None, "No space left on device");
            let said = "No space left on device".to_owned();
            store.report_status(failing.id, EventKind::Status, EventLevel::Error, said, failed).await.expect("reported");
            store.update_runner(failing.id, |runner| runner.marked_for_deletion(Reason::RunnerFailed)).await.expect("marked");
            store.delete_runner(failing.id).await.expect("gone");
        }
        let memory = read(&store, set.id).await.memory;
        assert_eq!((memory.made, memory.in_vain.in_a_row, memory.causes.get(&Cause::DiskFull)), (3, 3, Some(&3)));
        assert_eq!(store.find_pool(pool.id).await.expect("answers").expect("there").memory, PoolMemory::default());
        let told = store.list_entity_events(repository.id).await.expect("answers");
        assert!(told.iter().any(|event| event.message.starts_with(&format!("scale set {} makes a pause", set.id))), "{told:?}");
        let kept = async |of: RunnerSetId| store.list_autopsies(AutopsyFilter { entity: None, set: Some(of) }).await.expect("answers");
        let of_set = kept(set.id.into()).await;
        assert_eq!((of_set.len(), of_set[0].set_id, kept(pool.id.into()).await.len()), (3, RunnerSetId::ScaleSet(set.id), 0));
        let changed = |set: &mut ScaleSet| {
            (set.image, set.enabled) = ("mended".into(), false);
            Ok(())
        };
        let changed = store.update_scale_set(set.id, changed).await.expect("changed");
        assert_eq!((changed.memory.in_vain.in_a_row, changed.memory.made), (0, 3), "a person has changed it");
        store.delete_scale_set(set.id).await.expect("goes");
        assert!(kept(set.id.into()).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_of_a_scale_set_that_vanished_is_given_back_when_the_forge_names_it() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        let ready = runner_of(&set);
        assert!(store.insert_runner(ready.clone(), None).await.expect("room"));
        store.update_runner(ready.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
        store.update_runner(ready.id, |runner| runner.machine_found(None)).await.expect("made");
        store.update_runner(ready.id, |runner| runner.reported(Some(RunnerStatus::Idle), None, "")).await.expect("ready");
        store.update_runner(ready.id, |runner| runner.marked_for_deletion(Reason::GoneAtForge)).await.expect("marked");
        store.delete_runner(ready.id).await.expect("gone");
        assert_eq!(read(&store, set.id).await.memory.served, 0);
        let mut feed = store.feed_from(None).await.expect("answers");
        let began = told(&set, &repository, "a", JobStatus::InProgress, ready.name.as_str(), Timestamp::EPOCH);
        take_in(&store, &set, vec![began], 1).await;
        assert_eq!(read(&store, set.id).await.memory.served, 1, "it had a job");
        let told = feed.next().await.expect("reads");
        assert!(told.iter().any(|change| (change.kind, change.op) == (ChangeKind::ScaleSet, ChangeOp::Update)), "{told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_of_scale_sets_and_a_kept_view_has_them_as_they_are() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let (mut view, _) = store.refresh_view(repository.id, None, Refresh::Changed).await.expect("answers").expect("there");
        let mut feed = store.feed_from(None).await.expect("answers");
        let set = scale_set(&store, &repository, "linux").await;
        store.set_scale_set_state(set.id, ScaleSetState::Created, Some(ServiceScaleSetId(8)), String::new()).await.expect("stored");
        let runner = runner_of(&set);
        store.insert_runner(runner.clone(), None).await.expect("room");
        store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
        store.update_runner(runner.id, |runner| runner.machine_found(None)).await.expect("made");
        for how in [Refresh::Changed, Refresh::Compared] {
            let (refreshed, wrong) = store.refresh_view(repository.id, Some(view), how).await.expect("answers").expect("there");
            assert_eq!(wrong, None);
            view = refreshed;
        }
        let (rows, id) = (view.rows(), RunnerSetId::ScaleSet(set.id));
        assert_eq!((rows.scale_sets.len(), rows.scale_sets[0].memory.made, rows.runners.len()), (1, 1, 1));
        assert_eq!(rows.shape(id).expect("there").provider_pool, set.pseudo_pool_id);
        assert_eq!((rows.runner_set(id).expect("there").id, rows.runner_sets().collect::<Vec<_>>()), (id, vec![id]));
        store.delete_runner(runner.id).await.expect("goes");
        store.delete_scale_set(set.id).await.expect("goes");
        let (view, wrong) = store.refresh_view(repository.id, Some(view), Refresh::Compared).await.expect("answers").expect("there");
        assert_eq!((view.rows().scale_sets.len(), wrong), (0, None));
        let mut told = Vec::new();
        while told.last() != Some(&ChangeOp::Delete) {
            let of_sets = feed.next().await.expect("reads").into_iter().filter(|change| change.kind == ChangeKind::ScaleSet);
            told.extend(of_sets.inspect(|change| assert_eq!(change.entity, Some(repository.id))).map(|change| change.op));
        }
        assert_eq!(told, [ChangeOp::Create, ChangeOp::Update, ChangeOp::Delete]);
    })
    .await;
}

/// What a service tells of its job `id`.
fn told(set: &ScaleSet, repository: &Entity, id: &str, status: JobStatus, runner: &str, at: Timestamp) -> (JobFact, ServiceJob) {
    let job = ServiceJob { scale_set: set.id, id: id.into() };
    let is_over = status == JobStatus::Completed;
    let fact = JobFact {
        source: DemandSource::Session,
        at,
        workflow_job_id: job.number(),
        conclusion: if is_over { "succeeded".into() } else { String::new() },
        completed_at: is_over.then_some(at),
        ..report(repository, status, runner)
    };
    (fact, job)
}

async fn take_in(store: &Store, set: &ScaleSet, facts: Vec<(JobFact, ServiceJob)>, assigned: u32) {
    for (fact, job) in facts {
        store.record_assigned(fact, job).await.expect("recorded");
    }
    let news = SessionNews { aside: Vec::new(), assigned: Some(assigned) };
    store.take_in_message(set.id, news).await.expect("taken in");
}

async fn only_job(store: &Store) -> Job {
    let mut jobs = store.list_jobs(JobFilter::all()).await.expect("listed");
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_tells_is_taken_in_once_and_moves_job_and_runner_on() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        let at = |secs| Timestamp::EPOCH.after(Duration::from_secs(secs));
        for _ in 0..2 {
            take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::Queued, "", at(1))], 1).await;
        }
        let job = only_job(&store).await;
        assert_eq!(
            (job.status, job.service.as_ref().map(|it| it.id.as_str()), job.matched_at.is_some()),
            (JobStatus::Queued, Some("a"), true)
        );
        assert!(job.workflow_job_id < 0, "the forge's number is not known");
        let demand = read(&store, set.id).await.demand;
        assert_eq!((demand.assigned, demand.is_current), (1, false), "the session has not said that it works");

        let runner = runner_of(&set);
        assert!(store.insert_runner(runner.clone(), None).await.expect("made"));
        let name = runner.name.as_str();
        take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::InProgress, name, at(2))], 1).await;
        take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::Queued, "", at(1))], 1).await;
        assert_eq!(only_job(&store).await.status, JobStatus::InProgress, "a message that comes again is late");
        let works = store.find_runner(runner.id).await.expect("found").expect("there");
        assert_eq!((works.is_busy(), works.job_id), (true, Some(job.id)));
        take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::Completed, name, at(3))], 0).await;
        let over = only_job(&store).await;
        assert_eq!((over.status, over.conclusion.as_str()), (JobStatus::Completed, "succeeded"));
        assert!(store.find_runner(runner.id).await.expect("found").expect("there").status.is_leaving());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_taken_back_is_assigned_again_and_one_that_the_service_counts_no_more_is_over() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        let at = |secs| Timestamp::EPOCH.after(Duration::from_secs(secs));
        let one = |status, secs| vec![told(&set, &repository, "a", status, "", at(secs))];
        take_in(&store, &set, one(JobStatus::Queued, 1), 1).await;
        take_in(&store, &set, one(JobStatus::Completed, 300), 1).await;
        take_in(&store, &set, one(JobStatus::Queued, 1), 1).await;
        assert_eq!(only_job(&store).await.status, JobStatus::Completed, "a message that comes again is late");
        take_in(&store, &set, one(JobStatus::Queued, 301), 1).await;
        let again = only_job(&store).await;
        assert_eq!((again.status, again.conclusion.as_str(), again.completed_at), (JobStatus::Queued, "", None));
        take_in(&store, &set, Vec::new(), 0).await;
        assert_eq!(only_job(&store).await.status, JobStatus::Completed, "its end was told to a session that is lost");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_kept_and_the_count_of_one_that_changes_hands_is_doubted() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        let row = async || store.session_of(set.id).await.expect("read").expect("there");
        assert_eq!((row().await.kept, row().await.standing), (None, None));
        store.keep_session(set.id, "{\"session\":null}".into(), Some(ServiceScaleSetId(31))).await.expect("kept");
        store.set_standing(set.id, "{}".into(), true).await.expect("told");
        store.promise_runners(set.id, 2).await.expect("promised");
        let known = row().await;
        assert_eq!((known.scale_set.service_id, known.scale_set.state), (Some(ServiceScaleSetId(31)), ScaleSetState::Created));
        assert_eq!((known.kept.as_deref(), known.standing.as_deref()), (Some("{\"session\":null}"), Some("{}")));
        assert_eq!((known.scale_set.demand.is_current, known.scale_set.demand.capacity), (true, 2));
        assert_eq!(store.standings().await.expect("read").into_keys().collect::<Vec<_>>(), [set.id]);

        let held = store.hold_leases(ReplicaId(random::uuid()), Duration::from_mins(1)).await.expect("held");
        assert!(held.contains_key(&LeasedTask::Listen(set.id)));
        assert!(!row().await.scale_set.demand.is_current, "the server that takes it knows nothing of it");
        store.begin_scale_set_removal(set.id, true).await.expect_err("it is enabled");
        store
            .update_scale_set(set.id, |set| {
                set.enabled = false;
                Ok(())
            })
            .await
            .expect("changed");
        store.delete_scale_set(set.id).await.expect("removed");
        assert!(store.session_of(set.id).await.expect("read").is_none());
        assert_eq!(store.find_lease(LeasedTask::Listen(set.id)).await.expect("read"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_of_a_scale_set_that_was_made_again_go_unless_they_have_a_job() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = store.create_scale_set(ScaleSet { max_runners: 9, ..new_scale_set(&repository, "linux") }).await.expect("made");
        store.keep_session(set.id, "{}".into(), Some(ServiceScaleSetId(31))).await.expect("kept");
        let (idle, works, new) = (runner_of(&set), runner_of(&set), runner_of(&set));
        for runner in [&idle, &works, &new] {
            assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
        }
        for (runner, agent) in [(&idle, 41), (&works, 42)] {
            let registered = move |runner: Runner| runner.registered(agent);
            store.update_runner(runner.id, registered).await.expect("registered");
        }
        take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::InProgress, works.name.as_str(), Timestamp::EPOCH)], 1).await;
        store.keep_session(set.id, "{}".into(), Some(ServiceScaleSetId(31))).await.expect("kept");
        let standing = async || {
            let mut of = Vec::new();
            for runner in [&idle, &works, &new] {
                let row = store.find_runner(runner.id).await.expect("found").expect("there");
                of.push((row.status.is_leaving(), row.reason.clone()));
            }
            of
        };
        assert!(standing().await.iter().all(|(leaves, _)| !leaves), "it is the same");
        store.keep_session(set.id, "{}".into(), None).await.expect("kept");
        let row = read(&store, set.id).await;
        assert_eq!((row.service_id, row.state), (None, ScaleSetState::PendingCreate), "it is to be made");
        store.keep_session(set.id, "{}".into(), Some(ServiceScaleSetId(32))).await.expect("kept");
        let after = standing().await;
        assert_eq!(after[0], (true, Some(Reason::Outdated)));
        assert!(!after[1].0 && !after[2].0, "{after:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_a_delivery_about_one_job_make_one_row_whoever_is_first() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        for is_delivery_first in [true, false] {
            let runner = runner_of(&set);
            assert!(store.insert_runner(runner.clone(), None).await.expect("made"));
            let (name, id) = (runner.name.as_str(), if is_delivery_first { "a" } else { "b" });
            let number = if is_delivery_first { 71 } else { 72 };
            let delivered = async |status, runner: &str| {
                let fact = JobFact { workflow_job_id: number, labels: vec!["linux".into()], ..report(&repository, status, runner) };
                store.record_job(fact).await.expect("recorded")
            };
            assert!(matches!(delivered(JobStatus::Queued, "").await, Recorded::Unmatched(_)));
            take_in(&store, &set, vec![told(&set, &repository, id, JobStatus::Queued, "", Timestamp::EPOCH)], 1).await;
            let began = vec![told(&set, &repository, id, JobStatus::InProgress, name, Timestamp::EPOCH)];
            if is_delivery_first {
                delivered(JobStatus::InProgress, name).await;
                take_in(&store, &set, began, 1).await;
            } else {
                take_in(&store, &set, began, 1).await;
                delivered(JobStatus::InProgress, name).await;
            }
            // Copies change nothing, also of what is late.
            delivered(JobStatus::InProgress, name).await;
            take_in(&store, &set, vec![told(&set, &repository, id, JobStatus::Queued, "", Timestamp::EPOCH)], 1).await;
            let rows = store.list_jobs(JobFilter { number: Some(number), ..JobFilter::all() }).await.expect("listed");
            assert_eq!(rows.len(), 1, "{rows:?}");
            assert_eq!(rows[0].service.as_ref().map(|service| service.id.as_str()), Some(id));
            let works = store.find_runner(runner.id).await.expect("found").expect("there");
            assert_eq!(works.job_id, Some(rows[0].id));
            delivered(JobStatus::Completed, name).await;
            let over = store.find_job(rows[0].id).await.expect("found").expect("there");
            assert_eq!(over.status, JobStatus::Completed);
        }
        assert_eq!(store.list_jobs(JobFilter::all()).await.expect("listed").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_that_makes_one_row_of_two_leaves_the_runner_its_job_and_the_feed_tells() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = scale_set(&store, &repository, "linux").await;
        let runner = runner_of(&set);
        assert!(store.insert_runner(runner.clone(), None).await.expect("made"));
        let name = runner.name.as_str();
        // The session told that the job was over on a runner that is gone: the service runs it again. The delivery names the new runner.
        take_in(&store, &set, vec![told(&set, &repository, "a", JobStatus::Completed, "", Timestamp::EPOCH)], 0).await;
        let began = JobFact { workflow_job_id: 71, labels: vec!["linux".into()], ..report(&repository, JobStatus::InProgress, name) };
        assert!(matches!(store.record_job(began).await.expect("recorded"), Recorded::Stored(_)));
        let (kept, _) = store.refresh_view(repository.id, None, Refresh::Changed).await.expect("read").expect("there");
        let late = told(&set, &repository, "a", JobStatus::InProgress, name, Timestamp::EPOCH);
        take_in(&store, &set, vec![late], 0).await;
        let rows = store.list_jobs(JobFilter::all()).await.expect("listed");
        assert_eq!(rows.len(), 1, "{rows:?}");
        let works = store.find_runner(runner.id).await.expect("found").expect("there");
        assert_eq!(works.job_id, Some(rows[0].id));
        let (_, wrong) = store.refresh_view(repository.id, Some(kept), Refresh::Compared).await.expect("read").expect("there");
        assert_eq!(wrong, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_deliveries_about_the_same_jobs_at_once_all_end() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let set = store.create_scale_set(ScaleSet { max_runners: 100, ..new_scale_set(&repository, "linux") }).await.expect("made");
        for number in 1..=40 {
            let runner = runner_of(&set);
            assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
            let (id, name) = (format!("job-{number}"), runner.name.as_str());
            let message =
                |status| told(&set, &repository, &id, status, if status == JobStatus::Queued { "" } else { name }, Timestamp::EPOCH);
            let delivery = |status, runner: &str| JobFact {
                workflow_job_id: number,
                labels: vec!["linux".into()],
                ..report(&repository, status, runner)
            };
            let tell = async |(fact, job): (JobFact, ServiceJob)| store.record_assigned(fact, job).await.expect("recorded");
            let deliver = async |fact| store.record_job(fact).await.map(drop).expect("recorded");
            tell(message(JobStatus::Queued)).await;
            deliver(delivery(JobStatus::Queued, "")).await;
            let news = SessionNews { aside: vec!["words".into()], assigned: Some(1) };
            let ((), (), took) = tokio::join!(
                tell(message(JobStatus::InProgress)),
                deliver(delivery(JobStatus::InProgress, name)),
                store.take_in_message(set.id, news),
            );
            took.expect("taken in");
            tokio::join!(tell(message(JobStatus::Completed)), deliver(delivery(JobStatus::Completed, name)));
            let over = store.list_jobs(JobFilter { number: Some(number), ..JobFilter::all() }).await.expect("listed");
            assert_eq!(over.iter().map(|job| job.status).collect::<Vec<_>>(), [JobStatus::Completed]);
        }
    })
    .await;
}
