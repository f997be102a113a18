//! Sealed values: each opens in its own row only, a row that does not open is that row's fault, and passphrases can be replaced.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::conn::{Conn, on};
use super::schema::{credentials, registrations, tools};
use super::*;
use crate::crypto;
use crate::model::{CredentialsId, RunnerTool};

const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// A sealer with this passphrase, which replaces those.
fn sealer_of(passphrase: &str, old: &[&str]) -> Sealer {
    let old: Vec<SecretString> = old.iter().map(|text| SecretString::from(*text)).collect();
    Sealer::new(&SecretString::from(passphrase), &old).expect("32 bytes")
}

/// Databases that can be opened again, and what goes with their last use.
async fn databases() -> Vec<(Database, (Option<TempDir>, Option<TestDatabase>))> {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("garm.db");
    let mut all = vec![(Database::Sqlite { path, busy_timeout: Duration::from_secs(5) }, (Some(dir), None))];
    match TestDatabase::create().await {
        Some(server) => all.push((Database::Postgres(server.settings()), (None, Some(server)))),
        None => skipped("GARM_TEST_POSTGRES is not set"),
    }
    all
}

/// Whether the passphrases fit, by a look that changes nothing.
async fn fits(database: &Database, sealer: Sealer) -> Passphrases {
    Store::look(database.clone(), Some(sealer)).await.expect("looked at").passphrases
}

async fn open(database: &Database, sealer: Sealer) -> Result<Store, Error> {
    Store::open(database.clone(), sealer, Clock::System, first_endpoints()).await
}

/// Runs statements as they stand.
async fn execute(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&sql))?)).await.expect("executed");
}

async fn set_secret(store: &Store, id: CredentialsId, sealed: Vec<u8>) {
    let set = credentials::secret.eq(sealed);
    store
        .write(move |tx| Ok(on!(&mut tx.conn, |c| diesel::update(credentials::table.find(id.0)).set(set).execute(c)).map(drop)?))
        .await
        .expect("written");
}

/// The token of credentials; `None` when it does not open.
async fn token(store: &Store, id: CredentialsId) -> Option<String> {
    match store.find_credentials(id).await.expect("answers").expect("there").secret {
        CredentialsSecret::Pat(token) => Some(expose(&token).to_owned()),
        CredentialsSecret::App(_) => panic!("it is a token"),
        CredentialsSecret::Unopenable => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_was_copied_to_another_row_opens_nowhere_and_can_be_replaced_and_deleted() {
    on_each(async |store| {
        let (one, two) = (entity(&store, "one").await, entity(&store, "two").await);
        execute(
            &store,
            "UPDATE credentials SET secret = (SELECT secret FROM credentials WHERE name = 'credentials of one');
             UPDATE entities SET webhook_secret = (SELECT webhook_secret FROM entities WHERE name = 'one');",
        )
        .await;
        assert_eq!(token(&store, one.credentials_id).await.as_deref(), Some("ghp_planted"));
        assert_eq!(token(&store, two.credentials_id).await, None);
        assert_eq!(store.list_credentials(None).await.expect("listed").len(), 2);
        let listed = store.list_entities(EntityFilter::default()).await.expect("listed");
        assert_eq!(listed.iter().map(|entity| entity.webhook_secret.is_some()).collect::<Vec<_>>(), [true, false]);
        assert!(store.entity_view(two.id).await.expect("read").is_some(), "it can be planned for");
        let seals = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!(seals.unopenable, ["the secret of credentials credentials of two", "the webhook secret of repository octo/two"]);

        let another_name = |credentials: &mut crate::model::Credentials| {
            credentials.name = "renamed".into();
            Ok(())
        };
        let another_mode = |entity: &mut Entity| {
            entity.agent_mode = true;
            Ok(())
        };
        store.update_credentials(two.credentials_id, another_name).await.expect("changed");
        store.update_entity(two.id, another_mode).await.expect("changed");
        assert_eq!(token(&store, two.credentials_id).await, None, "a change of the rest does not make one up");
        assert!(store.find_entity(two.id).await.expect("read").expect("there").webhook_secret.is_none());
        let another = |credentials: &mut crate::model::Credentials| {
            credentials.secret = CredentialsSecret::Pat(SecretString::from("ghp_another"));
            Ok(())
        };
        let another_secret = |entity: &mut Entity| {
            entity.webhook_secret = Some(SecretString::from("another"));
            Ok(())
        };
        store.update_credentials(two.credentials_id, another).await.expect("changed");
        store.update_entity(two.id, another_secret).await.expect("changed");
        assert_eq!(token(&store, two.credentials_id).await.as_deref(), Some("ghp_another"));
        let secret = store.find_entity(two.id).await.expect("read").expect("there").webhook_secret;
        assert_eq!(expose(&secret.expect("it opens")), "another");

        execute(&store, "UPDATE credentials SET secret = (SELECT secret FROM credentials WHERE name = 'renamed')").await;
        store.delete_entity(one.id).await.expect("deleted");
        store.delete_credentials(one.credentials_id).await.expect("deleted");
        assert!(store.find_credentials(one.credentials_id).await.expect("read").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_that_do_not_open_are_forgotten_and_a_registration_says_so() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 1).await;
        let machine = runner(&pool);
        store.insert_runner(machine.clone(), None).await.expect("room");
        let jit = JitConfig { files: [(".runner".to_owned(), SecretString::from("content"))].into() };
        store.set_registration(machine.id, 42, jit).await.expect("kept");
        let tool = RunnerTool {
            os: "linux".into(),
            architecture: "x64".into(),
            download_url: "https://forge.test/runner".into(),
            filename: "runner".into(),
            sha256_checksum: String::new(),
            temp_download_token: String::new(),
        };
        store.set_tools(repository.id, vec![tool], crate::model::RunnerVersions::default(), Vec::new()).await.expect("kept");
        assert!(store.tools(repository.id).await.expect("read").is_some());
        let damage = |tx: &mut unit::Tx<'_>| {
            let other = tx.seal(&SecretString::from("[]"), "another place");
            on!(&mut tx.conn, |c| diesel::update(tools::table).set(tools::list.eq(&other)).execute(c))?;
            on!(&mut tx.conn, |c| diesel::update(registrations::table).set(registrations::jit.eq(&other)).execute(c))?;
            Ok(())
        };
        store.write(damage).await.expect("damaged");
        assert!(store.tools(repository.id).await.expect("answers").is_none());
        assert!(store.entity_view(repository.id).await.expect("read").expect("there").tools_at.is_none(), "they are fetched again");
        assert!(matches!(store.runner_jit(machine.id).await, Err(Error::Sealed { .. })));
        let seals = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!(seals.unopenable, [format!("the registration of runner {}", machine.id)]);
        store.delete_runner(machine.id).await.expect("deleted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_older_versions_are_read_and_bound_to_their_rows() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let older = sealer().seal_unbound(br#"{"kind":"pat","token":"ghp_older"}"#);
        set_secret(&store, repository.credentials_id, older).await;
        assert_eq!(token(&store, repository.credentials_id).await.as_deref(), Some("ghp_older"));
        let mut told = 0;
        let seals = store.reseal(Reseal::OlderForm, |seals| told = seals.looked_at).await.expect("sealed");
        assert_eq!((seals.looked_at, seals.resealed, seals.with_old_passphrase, told), (2, 1, 0, 2));
        assert_eq!(token(&store, repository.credentials_id).await.as_deref(), Some("ghp_older"));
        let again = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!((again.looked_at, again.resealed, again.unopenable), (2, 0, Vec::new()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_passphrase_is_noticed_also_in_a_database_of_an_older_version() {
    for (database, _kept) in databases().await {
        let store = open(&database, sealer()).await.expect("a new one");
        drop(store);
        for has_canary in [true, false] {
            let store = open(&database, sealer()).await.expect("its own passphrase");
            entity(&store, &format!("hello{has_canary}")).await;
            if !has_canary {
                execute(&store, "DELETE FROM canary").await;
            }
            drop(store);
            assert_eq!(fits(&database, sealer_of(OTHER, &[])).await, Passphrases::Others);
            let refused = open(&database, sealer_of(OTHER, &[])).await.expect_err("another passphrase");
            assert!(matches!(refused, Error::Passphrase), "{refused}");
            let Passphrases::Fit(seals) = fits(&database, sealer()).await else { panic!("they are its own") };
            assert!(seals.looked_at > 0 && seals.unopenable.is_empty() && seals.with_old_passphrase == 0, "{seals:?}");
        }
        let store = open(&database, sealer()).await.expect("nothing was changed");
        // A canary that is damaged tells nothing, and must not keep a server from starting.
        execute(&store, "UPDATE canary SET sealed = (SELECT secret FROM credentials LIMIT 1)").await;
        assert_eq!(fits(&database, sealer_of(OTHER, &[])).await, Passphrases::Others, "beside a server");
        assert!(matches!(fits(&database, sealer()).await, Passphrases::Fit(_)));
        drop(store);
        let store = open(&database, sealer()).await.expect("the other values tell");
        assert!(store.read(crate::store::seals::check).await.is_ok());
        drop(store);
        let beside = Store::open_beside(database.clone(), sealer_of(OTHER, &[]), Clock::System).await;
        assert!(matches!(beside, Err(Error::Passphrase)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_is_replaced_in_steps_of_which_each_can_be_the_last_before_a_kill() {
    for (database, _kept) in databases().await {
        let store = open(&database, sealer()).await.expect("opens");
        let repository = entity(&store, "hello").await;
        // Enough for several steps.
        let many = 1000;
        execute(
            &store,
            &format!(
                "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
                 INSERT INTO credentials (id, name, description, endpoint, secret, created_at, updated_at)
                 SELECT 1000 + i, 'c' || i, '', 'github.com', credentials.secret, 0, 0 FROM n, credentials WHERE credentials.id < 1000"
            ),
        )
        .await;
        for id in [repository.credentials_id.0].into_iter().chain(1002..=1000 + many) {
            let sealed =
                sealer().seal(br#"{"kind":"pat","token":"ghp_many"}"#, &crate::store::seals::place_of_credentials(id, "github.com"));
            set_secret(&store, CredentialsId(id), sealed).await;
        }
        let unused = Store::open_beside(database.clone(), sealer_of(OTHER, &["0123456789abcdef0123456789abcdef"]), Clock::System).await;
        let refused = unused.expect("both are known").reseal(Reseal::OldPassphrases, |_| {}).await.expect_err("the server cannot read it");
        assert!(matches!(refused, Error::PassphraseUnused), "{refused}");
        drop(store);

        let both = || sealer_of(OTHER, &["0123456789abcdef0123456789abcdef"]);
        let Passphrases::Fit(seals) = fits(&database, both()).await else { panic!("the old one is known") };
        assert_eq!((i64::try_from(seals.with_old_passphrase).expect("few"), seals.unopenable), (many + 1, Vec::new()));
        let store = open(&database, both()).await.expect("the old one is known");
        assert!(
            matches!(Store::open_beside(database.clone(), sealer(), Clock::System).await, Err(Error::Passphrase)),
            "keys would be mixed"
        );
        let of_server = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!(
            (of_server.resealed, i64::try_from(of_server.with_old_passphrase).expect("few")),
            (0, many + 1),
            "only a person rotates"
        );

        // The step in which it is killed is undone or done, as any unit of writing.
        let killed = store.clone();
        let step = std::sync::Arc::new(tokio::sync::Notify::new());
        let (reached, wait) = (std::sync::Arc::clone(&step), step.notified());
        let rotation = tokio::spawn(async move {
            let told = |seals: &Seals| {
                if seals.resealed >= 300 {
                    reached.notify_one();
                }
            };
            killed.reseal(Reseal::OldPassphrases, told).await
        });
        wait.await;
        rotation.abort();
        drop(rotation.await);
        assert_eq!(token(&store, repository.credentials_id).await.as_deref(), Some("ghp_many"));
        assert_eq!(token(&store, CredentialsId(1000 + many)).await.as_deref(), Some("ghp_many"), "whatever its key is");

        let rest = store.reseal(Reseal::OldPassphrases, |_| {}).await.expect("sealed");
        assert!(rest.resealed < usize::try_from(many - 200).expect("few"), "{rest:?}: what was done stays done");
        assert_eq!((rest.with_old_passphrase, rest.unopenable), (0, Vec::new()));
        drop(store);
        let store = open(&database, sealer_of(OTHER, &[])).await.expect("without the old one");
        let seals = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!((seals.resealed, seals.with_old_passphrase, seals.unopenable), (0, 0, Vec::new()));
        assert_eq!(token(&store, CredentialsId(1000 + many)).await.as_deref(), Some("ghp_many"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_postgres_does_not_wait_for_ever() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let store = open(&Database::Postgres(server.settings()), sealer()).await.expect("opens");
    let shown = store.read(|tx| {
        let Conn::Postgres(c) = &mut tx.conn else { panic!("it is PostgreSQL") };
        let setting = |name: &str| diesel::dsl::sql::<diesel::sql_types::Text>(&format!("current_setting('{name}')"));
        let all = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
        Ok(all.map(|name| diesel::select(setting(name)).get_result::<String>(&mut **c).expect("shown")))
    });
    assert_eq!(shown.await.expect("read"), ["1min", "20s", "1min"]);
}

#[test]
fn faults_of_seals_do_not_show_what_is_sealed() {
    let error = Error::Sealed { place: "credentials.secret 1 github.com".into(), source: crypto::Error::WrongKey };
    assert_eq!(error.to_string(), "the sealed value credentials.secret 1 github.com cannot be opened; replace it, or delete its row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_secret_of_before_that_does_not_open_is_told_and_is_in_the_way_of_nothing() {
    for (database, _kept) in databases().await {
        let store = open(&database, sealer()).await.expect("opens");
        let (one, two) = (entity(&store, "one").await, entity(&store, "two").await);
        for id in [one.id, two.id] {
            store.keep_webhook_secret(id, Duration::from_hours(1)).await.expect("kept");
        }
        execute(&store, &format!("UPDATE old_webhook_secrets SET secret = (SELECT webhook_secret FROM entities WHERE id = '{}')", one.id))
            .await;
        assert!(store.list_old_secrets().await.expect("listed").is_empty(), "neither is in its own row");
        let seals = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        let mut expected: Vec<String> = [one.id, two.id].map(|id| format!("the webhook secret that entity {id} had before")).into();
        expected.sort();
        assert_eq!(seals.unopenable, expected);
        assert_eq!(fits(&database, sealer()).await, Passphrases::Fit(seals), "a look tells the same");

        store.keep_webhook_secret(one.id, Duration::from_hours(1)).await.expect("replaced");
        let good = store.list_old_secrets().await.expect("listed");
        assert_eq!(good.iter().map(|old| (old.entity, expose(&old.secret))).collect::<Vec<_>>(), [(one.id, "hook secret")]);
        store.delete_entity(two.id).await.expect("deleted");
        assert!(store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at").unopenable.is_empty());
    }
}
