//! Accounts, from the machine the server runs on.

use garm::api::{LoginParams, Secret};
use garm::client::{Client, Error};

use crate::cli::{Ended, run};
use crate::harness::{Installation, JWT_SECRET, PASSWORD, Plan, databases};

/// `garm admin` on the database of an installation.
pub(crate) fn admin(garm: &Installation, arguments: &[&str]) -> Ended {
    let config = garm.directory().join("server-0.toml");
    run(garm, &[&["admin", "--config", config.to_str().expect("text")], arguments].concat())
}

async fn log_in(garm: &Installation, password: &str) -> Result<Client, Error> {
    let login = LoginParams { username: "admin".into(), password: Secret::from(password) };
    let answer = Client::new(&garm.url, None)?.log_in(&login).await?;
    Client::new(&garm.url, Some(answer.token.0))
}

async fn works(client: &Client) -> bool {
    client.controller().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_and_logins_end_while_the_server_runs() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let (code, shown, told) = admin(&garm, &["list"]);
        assert!(code == Some(0) && shown.contains("a@example.com") && shown.contains("true"), "{shown} {told}");

        for (arguments, expected) in [
            (["password-reset", "admin", "--new-password", "hunter2"], "too weak"),
            (["password-reset", "nobody", "--new-password", "Quokka-Vellum#72-marzipan"], "no account \"nobody\""),
        ] {
            let (code, _, told) = admin(&garm, &arguments);
            assert!(code == Some(1) && told.contains(expected), "{told}");
        }
        assert!(works(garm.client()).await, "nothing was changed");
        let (code, _, told) = admin(&garm, &["password-reset", "admin", "--new-password", "Quokka-Vellum#72-marzipan"]);
        assert_eq!(code, Some(0), "{told}");
        assert!(!works(garm.client()).await, "a login with the old password");
        assert!(log_in(&garm, PASSWORD).await.is_err(), "the old password");
        let client = log_in(&garm, "Quokka-Vellum#72-marzipan").await.expect("the new password");

        assert!(works(&client).await);
        assert_eq!(admin(&garm, &["disable", "a@example.com"]).0, Some(0));
        assert!(!works(&client).await && log_in(&garm, "Quokka-Vellum#72-marzipan").await.is_err(), "a disabled account");
        let (_, shown, _) = admin(&garm, &["list", "--format", "json"]);
        assert!(!shown.contains("\"enabled\""), "upstream leaves out what is false: {shown}");
        assert_eq!(admin(&garm, &["enable", "admin"]).0, Some(0));
        assert!(works(&client).await, "the login is good again");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_not_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let (config, database) = (dir.path().join("garm.toml"), dir.path().join("garm.db"));
    let text = format!(
        "[apiserver]\nbind = \"127.0.0.1\"\nport = 9997\n[jwt_auth]\nsecret = \"l4b-Quartz%Nimbus7!vexing-Oboe#Trellis93\"\ntime_to_live = \"24h\"\n\
         [database]\nbackend = \"sqlite3\"\npassphrase = \"Lq7vexing-Oboe#Trellis93_Zephyr!\"\n[database.sqlite3]\ndb_file = {database:?}\n"
    );
    std::fs::write(&config, text).expect("written");
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_garm")).args(["admin", "list", "-c"]).arg(&config).output();
    let output = output.expect("the binary runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("no server has run with this configuration yet"), "{told}");
    assert!(!database.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_can_be_guessed_starts_an_installation_that_is_there_and_begins_none() {
    let mut garm = Installation::set_up(Plan::default()).await;
    garm.kill_server().await;
    let config = garm.directory().join("server-0.toml");
    let text = std::fs::read_to_string(&config).expect("readable").replace(JWT_SECRET, "autumn-2026");
    assert!(text.contains("secret = \"autumn-2026\""));
    std::fs::write(&config, &text).expect("written");
    garm.start_server().await;
    let warned = "jwt_auth.secret = (not shown): it is too easy to guess";
    assert!(garm.log().lines().any(|line| line.contains(r#""level":"WARN""#) && line.contains(warned)), "{}", garm.log());
    assert!(!garm.log().contains("autumn-2026"));

    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("new.toml");
    let sections = "[apiserver]\nbind = \"127.0.0.1\"\nport = 39997\n[jwt_auth]\nsecret = \"autumn-2026\"\ntime_to_live = \"24h\"\n[database]\n\
                    backend = \"sqlite3\"\npassphrase = \"passwordpasswordpasswordpassword\"\n[database.sqlite3]\n";
    std::fs::write(&config, format!("{sections}db_file = {:?}\n", dir.path().join("garm.db"))).expect("written");
    let (code, _, told) = run(&garm, &["serve", "--config", config.to_str().expect("text")]);
    assert_eq!(code, Some(1), "{told}");
    for part in [warned, "database.passphrase = (not shown): it is too easy to guess", "hint: ", "openssl rand -hex 16"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("autumn-2026") && !told.contains("passwordpassword"), "{told}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1, "nothing was made");
    garm.finish().await;
}
