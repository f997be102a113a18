//! Faults of providers and forges: each is shown where people look, and hurts nothing else.

use std::time::Duration;

use garm::api::{
    CreateCredentialsParams, Instance, PatParams, Secret, UpdateCredentialsParams, UpdateEntityParams, UpdatePoolParams, paths,
};
use garm::client::Removal;
use garm::model::{EntityKind, SecretString};

use crate::access::KEEPS;
use crate::cli;
use crate::harness::{Database, Installation, PAT, Plan, databases};

const CRASHES: &str = "#!/bin/sh\necho 'no quota left in region x' >&2\nexit 1\n";
const GARBAGE: &str = "#!/bin/sh\ncat >/dev/null\necho 'this is no JSON'\n";
/// Ignores being asked to end, and has a child that does, too.
const HANGS: &str = "#!/bin/sh\ntrap '' TERM\necho $$ >>@DIR@/hanging\nsleep 1000 &\nwhile :; do sleep 1; done\n";
/// Shows what it was told, token and all.
const CHATTERS: &str = "#!/bin/sh\ncat >&2\nexit 1\n";

/// Can neither make nor remove a machine, and says another thing about each. The first line is in red.
const NO_CLOUD: &str = "#!/bin/sh\n\
    case $GARM_COMMAND in\n\
    CreateInstance) cat >/dev/null; printf 'cannot sign in\\n\\033[5mproject \\302\\233 is closed\\033[0m\\n' >&2; exit 1 ;;\n\
    DeleteInstance) echo \"try $(echo x >>@DIR@/deletions; wc -l <@DIR@/deletions): no route to the cloud\" >&2; exit 1 ;;\n\
    *) echo '[]' ;;\n\
    esac\n";

fn fault(instance: &Instance) -> String {
    instance.provider_fault.as_ref().map(|fault| String::from_utf8_lossy(&fault.0).into_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_that_fail_say_so_on_the_instance_and_hurt_nobody_else() {
    let scripts = vec![("missing", ""), ("crashes", CRASHES), ("garbage", GARBAGE), ("hangs", HANGS), ("chatters", CHATTERS)];
    let garm = Installation::set_up(Plan { scripts: scripts.clone(), ..Plan::default() }).await;
    garm.add_pool("local", "good", 1, 0).await;
    for (name, _) in &scripts {
        garm.add_pool(name, name, 1, 0).await;
    }
    let waiting: Vec<i64> = scripts.iter().map(|(name, _)| garm.queue_job(name, name)).collect();
    let good = garm.queue_job("good", "good");
    // While all the others fail.
    garm.jobs_succeed(&[good]).await;

    let expected = [
        ("missing", "does not exist"),
        ("crashes", "no quota left in region x"),
        ("garbage", "this is no JSON"),
        ("hangs", "3 s"),
        ("chatters", "exit"),
    ];
    for (name, said) in expected {
        let instance = garm
            .until(&format!("the instance of {name} says {said}"), async |garm| {
                let instances = garm.instances().await;
                instances.into_iter().find(|instance| instance.provider_name == name && fault(instance).contains(said))
            })
            .await;
        // How every token of a machine begins.
        assert!(!fault(&instance).contains("eyJhbGci"), "the instance's token is in its fault: {}", fault(&instance));
    }
    for id in waiting {
        let job = garm.job(id).await.expect("a pool fits it");
        assert_eq!(job.status, "queued");
        assert!(!job.why.is_empty(), "job {} does not say why it waits", job.name);
    }
    // What hung was ended with all it had started.
    let pids = std::fs::read_to_string(garm.directory().join("hanging")).expect("it was started");
    let first: i32 = pids.lines().next().and_then(|pid| pid.parse().ok()).expect("a pid");
    garm.until("the provider that hung is ended", async |_| {
        nix::sys::signal::killpg(nix::unistd::Pid::from_raw(first), None).is_err().then_some(())
    })
    .await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_a_failed_creation_stays_while_its_removal_fails_again_and_again() {
    let garm = cli::set_up(Plan { scripts: vec![("none", NO_CLOUD)], ..Plan::default() }).await;
    garm.add_pool("none", "none", 1, 0).await;
    garm.queue_job("nightly\u{1b}[1;1H\nbuild\u{202d}", "none");
    let said_at = |tries: &'static str| {
        garm.until("the removal failed, too", async move |garm: &Installation| {
            garm.instances().await.into_iter().find(|instance| fault(instance).contains(tries))
        })
    };
    for tries in ["try 1", "try 2"] {
        let instance = said_at(tries).await;
        let told = fault(&instance);
        assert!(told.starts_with("CreateInstance failed with exit status 1: "), "{told}");
        for (once, count) in [("cannot sign in", 1), ("CreateInstance", 1), ("DeleteInstance", 1), ("no route to the cloud", 1)] {
            assert_eq!(told.matches(once).count(), count, "{once}: {told}");
        }
        assert!(
            told.ends_with(&format!("could not be removed: DeleteInstance failed with exit status 1: {tries}: no route to the cloud")),
            "{told}"
        );
    }

    // All of these words come from others.
    let (job, runner) = (garm.jobs().await.remove(0).workflow_job_id.to_string(), garm.instances().await.remove(0).name);
    let shown: [(&[&str], &str); 6] = [
        (&["job", "list"], r"nightly\u{1b}[1;1H\nbuild\u{202d}"),
        (&["job", "show", &job], r"nightly\u{1b}[1;1H\nbuild\u{202d}"),
        (&["job", "why", &job], r"nightly\u{1b}[1;1H\nbuild\u{202d}"),
        (&["runner", "list"], "| RUNNER STATUS |"),
        (&["runner", "show", &runner], r"\u{1b}[5mproject \u{9b} is closed"),
        (&["provider", "show", "none"], "no route to the cloud"),
    ];
    for (line, expected) in shown {
        let (code, shown, told) = cli::run(&garm, line);
        assert!(code == Some(0) && shown.contains(expected), "{line:?}: {shown}{told}");
        let drives = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!shown.contains(drives) && !told.contains(drives), "{line:?}: {shown:?} {told:?}");
        let (_, json, _) = cli::run(&garm, &[line, &["--format", "json"]].concat());
        assert!(!json.contains(drives), "{json:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json:?}");
    }
    let (_, json, _) = cli::run(&garm, &["job", "list", "--format", "json"]);
    let jobs: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(jobs[0]["name"], "nightly\u{1b}[1;1H\nbuild\u{202d}", "programs get the exact name");
    assert!(!garm.log().contains(|c: char| c.is_control() && c != '\n'), "the log is no door either");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_forge_down_the_server_starts_says_so_and_deletes_what_it_can() {
    let mut garm = Installation::set_up(Plan::default()).await;
    garm.add_pool("local", "fast", 2, 0).await;
    garm.kill_server().await;
    let address = garm.stop_forge().await;
    let job = garm.queue_job("one", "fast");
    garm.start_server().await;
    let repository = garm
        .until("the repository says that the forge cannot be reached", async |garm| {
            let repositories = garm.repositories().await;
            repositories.into_iter().find(|repository| repository.pool_manager_status.failure_reason.contains("cannot reach the forge"))
        })
        .await;
    assert!(!repository.pool_manager_status.running);
    let shown = garm.client().entities(EntityKind::Repository).get(&repository.id).await.expect("shown");
    assert!(shown.events.iter().any(|event| event.event_level == "error"), "{:?}", shown.events);
    garm.start_forge(address).await;
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;
    garm.until("the repository is well again", async |garm| garm.repositories().await[0].pool_manager_status.running.then_some(())).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_get_the_downloads_the_forge_last_offered_while_it_is_down_also_after_a_restart() {
    let mut garm = Installation::set_up(Plan { jit: false, scripts: vec![("keeps", KEEPS)], ..Plan::default() }).await;
    let path = garm.directory().join("bootstrap");
    let bootstrap =
        async |garm: &Installation| garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    std::fs::write(garm.directory().join("go"), "").expect("written");
    let pool = garm.add_pool("keeps", "kept", 2, 1).await;
    bootstrap(&garm).await;
    garm.kill_server().await;
    garm.stop_forge().await;
    std::fs::remove_file(&path).expect("it was there");
    garm.start_server().await;
    let more = UpdatePoolParams { min_idle_runners: Some(2), ..UpdatePoolParams::default() };
    garm.client().pools().update(&pool.id, &more).await.expect("changed");
    let told: serde_json::Value = serde_json::from_slice(&bootstrap(&garm).await).expect("JSON");
    let url = told["tools"][0]["download_url"].as_str().expect("a download");
    let script = reqwest::Client::new().get(format!("{}{}", garm.url, paths::METADATA_INSTALL_SCRIPT.template()));
    let script = script.bearer_auth(told["instance-token"].as_str().expect("a token")).send().await.expect("an answer");
    assert_eq!(script.status(), 200);
    assert!(script.text().await.expect("a body").contains(url), "the script downloads what the forge last offered");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_can_be_removed_by_force_while_the_forge_is_down() {
    let mut garm = Installation::set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "warm", 1, 1).await;
    let is_idle = |instance: &Instance| instance.runner_status == "idle" && instance.status == "running";
    let warm = garm.until("a runner is idle", async |garm| garm.instances().await.into_iter().find(is_idle)).await;
    garm.stop_forge().await;
    let off = UpdatePoolParams { enabled: Some(false), ..UpdatePoolParams::default() };
    garm.client().pools().update(&pool.id, &off).await.expect("changed");
    garm.client().instances().delete(&warm.name, Removal { force: true, ..Removal::default() }).await.expect("marked");
    garm.until("runner and machine are gone", async |garm| {
        (garm.instances().await.is_empty() && garm.leftovers().is_empty()).then_some(())
    })
    .await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_refused_are_named_and_new_ones_help_at_once() {
    let garm = Installation::set_up(Plan::default()).await;
    garm.forge.revoke_token(&SecretString::from(PAT));
    garm.add_pool("local", "fast", 1, 0).await;
    let job = garm.queue_job("one", "fast");
    garm.until("the repository says that the credentials are refused", async |garm| {
        let repositories = garm.repositories().await;
        repositories[0].pool_manager_status.failure_reason.contains("does not accept the credentials").then_some(())
    })
    .await;
    let told =
        garm.until("the job says why it waits", async |garm| garm.job(job).await.filter(|job| job.why.contains("credentials"))).await;
    assert_eq!(told.status, "queued");
    garm.forge.add_token(&SecretString::from("ghp_PlantedSecondToken"));
    let renewed = UpdateCredentialsParams {
        pat: Some(PatParams { oauth2_token: Secret::from("ghp_PlantedSecondToken") }),
        ..UpdateCredentialsParams::default()
    };
    garm.client().credentials().update(1, &renewed).await.expect("changed");
    // Well within the backoff that the refusals have built up.
    tokio::time::timeout(Duration::from_secs(20), garm.jobs_succeed(&[job])).await.expect("new credentials are used at once");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_refused_are_passed_over_while_others_are_accepted() {
    const SECOND: &str = "ghp_PlantedSecondToken";
    let garm = Installation::set_up(Plan::default()).await;
    let (first, second) = (SecretString::from(PAT), SecretString::from(SECOND));
    garm.forge.add_token(&second);
    let new = CreateCredentialsParams {
        name: "second".into(),
        endpoint: "fake".into(),
        auth_type: "pat".into(),
        pat: Some(PatParams { oauth2_token: Secret::from(SECOND) }),
        ..CreateCredentialsParams::default()
    };
    garm.client().credentials().create(&new).await.expect("made");
    let repositories = garm.client().entities(EntityKind::Repository);
    let id = garm.repositories().await.swap_remove(0).id;
    let both = UpdateEntityParams { more_credentials: Some(vec!["second".into()]), ..UpdateEntityParams::default() };
    repositories.update(&id, &both).await.expect("changed");
    garm.add_pool("local", "fast", 6, 0).await;

    let refused = async || {
        let shown = repositories.get(&id).await.expect("shown");
        let told = shown.events.iter().filter(|event| event.message.contains("the other credentials are used")).count();
        (shown.pool_manager_status.failure_reason, told)
    };
    garm.forge.revoke_token(&first);
    let jobs: Vec<i64> = (0..6).map(|number| garm.queue_job(&format!("one-{number}"), "fast")).collect();
    garm.jobs_succeed(&jobs).await;
    // Where the other one had its turn each time, there is nothing to be told.
    let (failure, told) = refused().await;
    assert!(failure.is_empty() && told <= 1, "no failure of the repository, and told once at most: {failure}, {told}");

    garm.forge.revoke_token(&second);
    let job = garm.queue_job("two", "fast");
    garm.until("no set is accepted", async |_| Some(refused().await.0).filter(|reason| reason.contains("does not accept"))).await;
    garm.forge.add_token(&first);
    garm.forge.add_token(&second);
    garm.jobs_succeed(&[job]).await;
    assert_eq!(refused().await.0, "");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_changed_on_one_server_are_used_by_all() {
    let Some(database) = databases().await.into_iter().find(|database| matches!(database, Database::Postgres { .. })) else { return };
    let garm = Installation::set_up(Plan { database, servers: 2, ..Plan::default() }).await;
    garm.add_pool("local", "fast", 1, 0).await;
    let mut used = SecretString::from(PAT);
    // One of the two acts for the repository, the other hears of the change.
    for (replica, token) in ["ghp_PlantedSecondToken", "ghp_PlantedThirdToken"].into_iter().enumerate() {
        let new = SecretString::from(token);
        garm.forge.add_token(&new);
        garm.forge.revoke_token(&used);
        let renewed =
            UpdateCredentialsParams { pat: Some(PatParams { oauth2_token: Secret::from(token) }), ..UpdateCredentialsParams::default() };
        garm.client_of(replica).credentials().update(1, &renewed).await.expect("changed");
        let job = garm.queue_job("one", "fast");
        garm.jobs_succeed(&[job]).await;
        used = new;
    }
    garm.all_gone().await;
    garm.finish().await;
}
