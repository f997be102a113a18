//! Repositories and organizations that are renamed at the forge, while a real server serves them.

use garm::model::{EntityKind, JobStatus};
use garm::sim::{NewJob, Scope};

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan, databases};

/// Queues a job of a repository.
fn queue(garm: &Installation, owner: &str, repo: &str, tag: &str) -> i64 {
    let (labels, steps) = (vec!["self-hosted".into(), tag.into()], vec!["echo \"on $RUNNER_NAME\"".into()]);
    garm.forge.queue_job(NewJob { owner: owner.into(), repo: repo.into(), name: "build".into(), labels, steps })
}

/// The messages of an entity's events, where it has this name now.
async fn events(garm: &Installation, kind: EntityKind, name: &str) -> Vec<String> {
    let entities = garm.client().entities(kind);
    let listed = entities.list(&garm::client::EntityFilter::default()).await.expect("listed");
    let Some(found) = listed.into_iter().find(|entity| entity.name == name) else { return Vec::new() };
    let shown = entities.get(&found.id).await.expect("shown");
    shown.events.into_iter().map(|event| event.message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_renamed_while_jobs_wait_is_served_under_its_new_name() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        garm.add_pool("local", "fast", 2, 0).await;
        let first = garm.queue_job("before", "fast");
        garm.jobs_succeed(&[first]).await;

        let waiting = garm.queue_job("waits", "fast");
        garm.forge.rename_repository(("octo", "hello"), ("octo", "greeter"));
        let after = queue(&garm, "octo", "greeter", "fast");
        garm.jobs_succeed(&[waiting, after]).await;
        let told = garm
            .until("the new name is known", async |garm| {
                let told = events(garm, EntityKind::Repository, "greeter").await;
                told.contains(&"renamed from octo/hello to octo/greeter at the forge".to_owned()).then_some(told)
            })
            .await;
        assert_eq!(told.iter().filter(|message| message.starts_with("renamed")).count(), 1, "{told:?}");

        // A transfer to another owner, and something else under the old name.
        garm.forge.rename_repository(("octo", "greeter"), ("other", "moved"));
        garm.forge.add_repository("octo", "greeter");
        let stranger = queue(&garm, "octo", "greeter", "fast");
        let moved = queue(&garm, "other", "moved", "fast");
        garm.jobs_succeed(&[moved]).await;
        let entity =
            garm.until("the transfer is known", async |garm| garm.repositories().await.into_iter().find(|own| own.name == "moved")).await;
        assert_eq!(entity.owner, "other");
        assert_eq!(garm.forge.job(stranger).map(|job| job.status), Some(JobStatus::Queued), "it is not ours");
        garm.all_gone().await;

        // The repository that has the old name now is an entity of its own.
        garm.add_repository("greeter").await;
        assert_eq!(garm.repositories().await.len(), 2);
        let again = queue(&garm, "other", "moved", "fast");
        garm.jobs_succeed(&[again]).await;
        assert_eq!(garm.forge.job(stranger).map(|job| job.status), Some(JobStatus::Queued), "it has no pool");
        garm.all_gone().await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_move_on_from_one_repository_to_the_next_are_not_mixed_up() {
    let garm = set_up(Plan::default()).await;
    garm.add_repository("next").await;
    garm.add_pool("local", "fast", 2, 0).await;
    let known = async |garm: &Installation| {
        let (ours, theirs) = (queue(garm, "octo", "hello", "fast"), queue(garm, "octo", "next", "slow"));
        garm.jobs_succeed(&[ours]).await;
        assert_eq!(garm.forge.job(theirs).map(|job| job.status), Some(JobStatus::Queued));
        garm.forge.cancel_job(theirs).expect("it waits");
    };
    known(&garm).await;
    garm.forge.rename_repository(("octo", "hello"), ("octo", "legacy"));
    garm.forge.rename_repository(("octo", "next"), ("octo", "hello"));
    let (ours, theirs) = (queue(&garm, "octo", "legacy", "fast"), queue(&garm, "octo", "hello", "fast"));
    garm.jobs_succeed(&[ours]).await;
    garm.until("both new names are known", async |garm| {
        let mut names: Vec<String> = garm.repositories().await.into_iter().map(|entity| entity.name).collect();
        names.sort();
        (names == ["hello", "legacy"]).then_some(())
    })
    .await;
    assert_eq!(garm.forge.job(theirs).map(|job| job.status), Some(JobStatus::Queued), "the other repository has no pool");
    let (code, shown, told) = run(&garm, &["pool", "list", "--repo", "octo/legacy"]);
    assert!(code == Some(0) && shown.contains("fast"), "{shown} {told}");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_organization_is_served_under_its_new_name() {
    let garm = set_up(Plan::default()).await;
    let told = run(&garm, &["org", "add", "--name", "acme", "--credentials", "pat", "--webhook-secret", "a-secret-of-the-organization"]);
    assert_eq!(told.0, Some(0), "{told:?}");
    let url = garm.client().controller().await.expect("shown").webhook_url;
    garm.forge.add_hook(Scope::organization("acme"), &url, garm::model::SecretString::from("a-secret-of-the-organization"));
    let pool = ["pool", "add", "--org", "acme", "--provider-name", "local", "--image", "i", "--flavor", "f", "--tags", "self-hosted,org"];
    let told = run(&garm, &[&pool[..], &["--max-runners", "2", "--min-idle-runners", "0", "--enabled"]].concat());
    assert_eq!(told.0, Some(0), "{told:?}");
    let first = queue(&garm, "acme", "app", "org");
    garm.jobs_succeed(&[first]).await;
    garm.forge.rename_organization("acme", "apex");
    let jobs = [queue(&garm, "apex", "app", "org"), queue(&garm, "apex", "tool", "org")];
    garm.jobs_succeed(&jobs).await;
    let told = events(&garm, EntityKind::Organization, "apex").await;
    assert!(told.contains(&"renamed from acme to apex at the forge".to_owned()), "{told:?}");
    garm.all_gone().await;
    garm.finish().await;
}
