//! Sealed secrets in the database: rows that are damaged or swapped, another passphrase, and a change of the passphrase that is killed.

use std::process::Stdio;
use std::time::Duration;

use garm::api::{CreateCredentialsParams, PatParams, Secret, UpdateCredentialsParams, UpdateEntityParams, paths};
use garm::client::EntityFilter;
use garm::crypto::seal::Sealer;
use garm::model::{EntityKind, SecretString, expose};

use crate::admin::admin;
use crate::cli::run;
use crate::harness::{Installation, PASSPHRASE, PAT, Plan, WEBHOOK_SECRET, databases};
use crate::metrics::scrape;

/// A passphrase beside the first one.
const NEXT: &str = "Quokka-Vellum72-marzipan-Zephyr!";

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_stops_nothing_and_is_listed_replaced_and_deleted() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database: database.clone(), ..Plan::default() }).await;
        let spare = CreateCredentialsParams {
            name: "spare".into(),
            endpoint: "fake".into(),
            auth_type: "pat".into(),
            pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
            ..CreateCredentialsParams::default()
        };
        garm.client().credentials().create(&spare).await.expect("added");
        let hello = garm.repositories().await.swap_remove(0);
        let secret_of = |text: &str| UpdateEntityParams { webhook_secret: Secret::from(text), ..UpdateEntityParams::default() };
        // The one between is kept beside the present one.
        for text in ["Quokka-Vellum#72-marzipan", WEBHOOK_SECRET] {
            garm.client().entities(EntityKind::Repository).update(&hello.id, &secret_of(text)).await.expect("replaced");
        }
        database.damage(&garm, "credentials", "secret", "name = 'pat'").await;
        database.damage(&garm, "entities", "webhook_secret", "name = 'hello'").await;
        database.damage(&garm, "old_webhook_secrets", "secret", &format!("entity_id = '{}'", hello.id)).await;
        // A value of another row, as an attacker writes it who wants a token to be sent elsewhere.
        let of_spare = "(SELECT secret FROM (SELECT secret FROM credentials WHERE name = 'pat') AS other)";
        database.execute(&garm, &format!("UPDATE credentials SET secret = {of_spare} WHERE name = 'spare'")).await;
        garm.kill_server().await;
        garm.start_server().await;
        let log = garm.log();
        let before = format!("the webhook secret that entity {} had before", hello.id);
        for row in
            ["the secret of credentials pat", "the secret of credentials spare", "the webhook secret of repository octo/hello", &before]
        {
            assert!(log.lines().any(|line| line.contains("\"WARN\"") && line.contains(row)), "{row}: {log}");
        }

        let listed = garm.client().credentials().list().await.expect("listed");
        assert_eq!(listed.iter().filter(|credentials| credentials.fault.contains("cannot be opened")).count(), 2, "{listed:?}");
        let token = garm.client().metrics_token().await.expect("made").token.0;
        let (status, figures) = scrape(&garm, expose(&token)).await;
        assert!(status == 200 && figures.contains("garm_health"), "{figures}");
        let hello = garm.repositories().await.swap_remove(0);
        assert!(!hello.pool_manager_status.running && hello.pool_manager_status.failure_reason.contains("cannot be opened"));
        let id = |name: &str| listed.iter().find(|credentials| credentials.name == name).expect("listed").id;
        garm.client().credentials().delete(id("spare")).await.expect("deleted");

        let pat =
            UpdateCredentialsParams { pat: Some(PatParams { oauth2_token: Secret::from(PAT) }), ..UpdateCredentialsParams::default() };
        garm.client().credentials().update(id("pat"), &pat).await.expect("replaced");
        garm.client().entities(EntityKind::Repository).update(&hello.id, &secret_of(WEBHOOK_SECRET)).await.expect("replaced");
        garm.add_pool("local", "fast", 1, 0).await;
        let job = garm.queue_job("after all", "fast");
        garm.jobs_succeed(&[job]).await;
        garm.all_gone_but_what_is_idle().await;
        garm.finish().await;
    }
}

/// Rewrites the configuration: the passphrase, and those that it replaces.
fn configure(garm: &Installation, passphrase: &str, old: &[&str]) {
    let config = garm.directory().join("server-0.toml");
    let text = std::fs::read_to_string(&config).expect("readable");
    let kept: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("passphrase = ") && !line.starts_with("old_passphrases = ")).collect();
    let section = format!("[database]\npassphrase = {passphrase:?}\nold_passphrases = {old:?}");
    std::fs::write(&config, kept.join("\n").replace("[database]", &section)).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_passphrase_ends_the_start_and_changes_nothing() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        garm.kill_server().await;
        configure(&garm, NEXT, &[]);
        let config = garm.directory().join("server-0.toml");
        let config = config.to_str().expect("text");
        for arguments in [&["serve", "--config", config][..], &["admin", "list", "--config", config]] {
            let (code, _, told) = run(&garm, arguments);
            assert_eq!(code, Some(1), "{told}");
            assert!(told.contains("another passphrase than database.passphrase") && told.contains("old_passphrases"), "{told}");
            assert!(!told.contains(NEXT) && !told.contains(PASSPHRASE), "{told}");
        }
        configure(&garm, PASSPHRASE, &[]);
        garm.start_server().await;
        assert_eq!(garm.client().entities(EntityKind::Repository).list(&EntityFilter::default()).await.expect("listed").len(), 1);
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_passphrase_goes_on_after_a_kill_while_the_server_serves() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database: database.clone(), ..Plan::default() }).await;
        let first = Sealer::new(&SecretString::from(PASSPHRASE), &[]).expect("32 bytes");
        let next = Sealer::new(&SecretString::from(NEXT), &[]).expect("32 bytes");
        let rows = (1000..11_000).map(|id| {
            let sealed = first.seal(br#"{"kind":"pat","token":"ghp_many"}"#, &format!("credentials.secret {id} fake"));
            format!("({id}, 'c{id}', '', 'fake', {}, 0, 0)", database.literal(&sealed))
        });
        let rows = rows.collect::<Vec<_>>().join(",");
        let columns = "id, name, description, endpoint, secret, created_at, updated_at";
        database.execute(&garm, &format!("INSERT INTO credentials ({columns}) VALUES {rows}")).await;
        let sealed_anew = async |garm: &Installation| {
            let all = database.bytes(garm, "SELECT secret FROM credentials UNION ALL SELECT webhook_secret FROM entities").await;
            (all.iter().filter(|sealed| next.is_current(sealed)).count(), all.len())
        };

        configure(&garm, NEXT, &[PASSPHRASE]);
        let (code, _, told) = admin(&garm, &["rotate-key"]);
        assert!(code == Some(1) && told.contains("no server has started with this database.passphrase yet"), "{told}");
        garm.kill_server().await;
        garm.start_server().await;
        assert!(garm.log().contains("run `garm admin rotate-key`"), "{}", garm.log());
        assert_eq!(sealed_anew(&garm).await.0, 0, "the server leaves that to a person");

        let config = garm.directory().join("server-0.toml");
        #[expect(clippy::disallowed_methods, reason = "it is killed before any deadline")]
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_garm"));
        command.args(["admin", "rotate-key", "--config"]).arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut rotation = command.spawn().expect("the binary starts");
        garm.until("some secrets are sealed anew", async |garm| (sealed_anew(garm).await.0 > 0).then_some(())).await;
        rotation.kill().await.expect("it runs");
        let (anew, all) = sealed_anew(&garm).await;
        assert!(0 < anew && anew < all, "killed in the middle: {anew} of {all}");
        garm.add_pool("local", "fast", 1, 0).await;
        let job = garm.queue_job("in the middle", "fast");
        garm.jobs_succeed(&[job]).await;

        let (code, shown, told) = admin(&garm, &["rotate-key", "--format", "json"]);
        assert_eq!(code, Some(0), "{told}");
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert!(shown["sealed_anew"].as_u64().is_some_and(|rest| rest < 10_002), "what was done stays done: {shown}");
        assert_eq!(shown["cannot_be_opened"], serde_json::json!([]));
        let (anew, all) = sealed_anew(&garm).await;
        assert_eq!(anew, all);
        let (code, shown, _) = admin(&garm, &["rotate-key"]);
        assert!(code == Some(0) && shown.contains("remove database.old_passphrases"), "{shown}");

        garm.kill_server().await;
        configure(&garm, PASSPHRASE, &[]);
        let (code, _, told) = run(&garm, &["serve", "--config", config.to_str().expect("text")]);
        assert!(code == Some(1) && told.contains("another passphrase"), "the old one alone would mix keys: {told}");
        configure(&garm, NEXT, &[]);
        garm.start_server().await;
        let job = garm.queue_job("afterwards", "fast");
        garm.jobs_succeed(&[job]).await;
        assert!(!garm.log().contains("cannot be opened"), "{}", garm.log());
        assert!(!garm.log().contains(NEXT));
        garm.until("the server answers", async |garm| reqwest::get(format!("{}{}", garm.url, paths::LOGIN.template())).await.ok()).await;
        tokio::time::timeout(Duration::from_mins(1), garm.all_gone_but_what_is_idle()).await.expect("in time");
        garm.finish().await;
    }
}
