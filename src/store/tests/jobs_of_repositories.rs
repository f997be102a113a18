//! A job belongs to its repository: no hook of another repository, and none of another organization, can end, hide or change it.

use super::*;

/// A fact about a job of a repository, as a hook of `entity` tells it.
fn told(entity: &Entity, status: JobStatus, repository: (Option<i64>, &str, &str)) -> JobFact {
    let (repository_number, owner, name) = repository;
    JobFact {
        repository_number,
        repository_owner: owner.into(),
        repository_name: name.into(),
        entity_kind: entity.at.kind,
        ..report(entity, status, "")
    }
}

async fn of_kind(store: &Store, kind: EntityKind, name: &str, like: &Entity) -> Entity {
    let credentials = store.find_credentials(like.credentials_id).await.expect("answers").expect("there");
    let at = EntityRef { kind, owner: String::new(), name: name.into() };
    let entity = store.create_entity(NewEntity { at, ..new_entity("", &credentials) }).await.expect("made");
    pool(store, &entity, 3).await;
    entity
}

async fn stored(store: &Store, fact: JobFact) -> Job {
    let recorded = store.record_job(fact).await.expect("answers");
    let Recorded::Stored(id) = recorded else { panic!("{recorded:?}") };
    store.find_job(id).await.expect("answers").expect("there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_ended_hidden_and_relabelled_by_no_other_repository() {
    on_each(async |store| {
        let (hello, evil) = (entity(&store, "hello").await, entity(&store, "evil").await);
        for own in [&hello, &evil] {
            pool(&store, own, 3).await;
        }
        let organization = of_kind(&store, EntityKind::Organization, "evil-corp", &hello).await;
        let (ours, theirs, corp) = ((Some(71), "octo", "hello"), (Some(72), "octo", "evil"), (Some(73), "evil-corp", "x"));
        let job = stored(&store, told(&hello, JobStatus::Queued, ours)).await;

        for status in [JobStatus::InProgress, JobStatus::Completed] {
            for (entity, repository) in
                [(&evil, theirs), (&evil, (None, "octo", "evil")), (&organization, corp), (&organization, (Some(71), "evil-corp", "x"))]
            {
                let answer = store.record_job(told(entity, status, repository)).await.expect("answers");
                assert_eq!(answer, Recorded::OfAnotherRepository, "{status} {repository:?}");
            }
        }
        let other_labels = JobFact { labels: vec!["self-hosted".into()], ..told(&evil, JobStatus::Queued, theirs) };
        let own = stored(&store, other_labels).await;
        assert!(own.id != job.id && own.repository_id == Some(evil.id), "a job of its own");
        assert_eq!(store.find_job(job.id).await.expect("answers").expect("there"), job, "nothing of all that has changed it");
        assert_eq!(stored(&store, told(&evil, JobStatus::Completed, theirs)).await.id, own.id, "it ends its own");
        assert_eq!(store.find_job(job.id).await.expect("answers").expect("there"), job);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_has_ended_in_advance_is_served_all_the_same() {
    on_each(async |store| {
        let (hello, evil) = (entity(&store, "hello").await, entity(&store, "evil").await);
        for own in [&hello, &evil] {
            pool(&store, own, 3).await;
        }
        let organization = of_kind(&store, EntityKind::Organization, "evil-corp", &hello).await;
        stored(&store, told(&evil, JobStatus::Completed, (Some(72), "octo", "evil"))).await;
        // The organization tells the number of a repository that is not its own; the forge gives that number to one repository alone.
        store.record_job(told(&organization, JobStatus::Queued, (Some(71), "evil-corp", "x"))).await.expect("answers");
        let job = stored(&store, told(&hello, JobStatus::Queued, (Some(71), "octo", "hello"))).await;
        assert_eq!((job.status, job.repository_id), (JobStatus::Queued, Some(hello.id)));
        let waiting = store.entity_view(hello.id).await.expect("answers").expect("there").jobs;
        assert_eq!(waiting.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id]);
        let over = stored(&store, told(&hello, JobStatus::Completed, (Some(71), "octo", "hello"))).await;
        assert_eq!((over.id, over.status), (job.id, JobStatus::Completed));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stays_one_when_its_repository_is_renamed_or_transferred_and_whoever_reports_it() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        pool(&store, &hello, 3).await;
        let organization = of_kind(&store, EntityKind::Organization, "octo", &hello).await;
        let enterprise = of_kind(&store, EntityKind::Enterprise, "octo-corp", &hello).await;
        let job = stored(&store, told(&hello, JobStatus::Queued, (None, "octo", "hello"))).await;
        let again = [
            (&organization, (Some(71), "Octo", "Hello")),
            (&hello, (Some(71), "octo", "world")),
            (&organization, (Some(71), "octo", "world")),
            (&enterprise, (Some(71), "apex", "world")),
            (&hello, (Some(71), "apex", "gadgets")),
            (&hello, (Some(71), "octo", "world")),
        ];
        for (entity, repository) in again {
            let known = stored(&store, told(entity, JobStatus::Queued, repository)).await;
            assert_eq!((known.id, known.repository_number, known.repository_name.as_str()), (job.id, Some(71), repository.2));
        }
        // What is given the old name is another repository.
        let evil = entity(&store, "evil").await;
        pool(&store, &evil, 3).await;
        let taken = told(&evil, JobStatus::Completed, (Some(80), "octo", "world"));
        assert_eq!(store.record_job(taken).await.expect("answers"), Recorded::OfAnotherRepository);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_labels_of_a_job_stay_as_they_were_told_first() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        pool(&store, &hello, 3).await;
        let repository = (Some(71), "octo", "hello");
        let job = stored(&store, told(&hello, JobStatus::Queued, repository)).await;
        let relabelled = JobFact { labels: vec!["nobodys".into()], ..told(&hello, JobStatus::Queued, repository) };
        assert_eq!(stored(&store, relabelled).await.labels, job.labels);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_delivery_about_a_job_that_is_not_known_needs_the_word_of_the_forge() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        pool(&store, &hello, 3).await;
        let now = Clock::System.now();
        let old = JobFact { at: now.before(JobFact::BELIEVED_FOR + Duration::from_mins(1)), ..report(&hello, JobStatus::Queued, "") };
        assert_eq!(store.record_job(old.clone()).await.expect("answers"), Recorded::NeedsProof);
        assert!(store.list_jobs(JobFilter::all()).await.expect("answers").is_empty());
        let job = stored(&store, JobFact { source: DemandSource::Answer, ..old.clone() }).await;
        assert_eq!(store.record_job(old).await.expect("answers"), Recorded::Stored(job.id), "it is known now");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_one_new_job_that_come_at_once_make_one_row() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        pool(&store, &hello, 3).await;
        for number in 1..=60 {
            // A list of jobs may be read before the number of the repository is known; deliveries bring it, and a doubled one comes twice.
            let about = |repository_number, status| JobFact {
                workflow_job_id: 4_000_000_000 + number,
                ..told(&hello, status, (repository_number, "octo", "hello"))
            };
            let (listed, delivered) = (about(None, JobStatus::Queued), about(Some(71), JobStatus::Queued));
            let doubled = delivered.clone();
            let (listed, delivered, doubled) =
                tokio::join!(store.record_job(listed), store.record_job(delivered), store.record_job(doubled));
            let Recorded::Stored(id) = listed.expect("answers") else { panic!("it is a job of a pool") };
            assert_eq!(delivered.expect("answers"), Recorded::Stored(id));
            assert_eq!(doubled.expect("answers"), Recorded::Stored(id));
            let over = store.record_job(about(Some(71), JobStatus::Completed)).await.expect("answers");
            assert_eq!(over, Recorded::Stored(id));
        }
        assert_eq!(store.entity_view(hello.id).await.expect("answers").expect("there").jobs, [], "all are over");
    })
    .await;
}
