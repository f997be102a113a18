//! The server as a service manager and its operator see it: notifications, the unit that is handed out for systemd, and the check before a start.

use std::collections::BTreeMap;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::time::Duration;

use garm::crypto::random;

use crate::cli::{self, Ended};
use crate::harness::{Installation, JWT_SECRET, PASSPHRASE, Plan, databases, skipped};

/// What is waited for at most.
const PATIENCE: Duration = Duration::from_mins(1);

/// The period of the watchdog, in microseconds.
const WATCHDOG: &str = "1000000";

/// The next thing that the server tells, but for signs of life.
async fn told(socket: &tokio::net::UnixDatagram) -> String {
    loop {
        let text = heard(socket).await;
        if text != "WATCHDOG=1" {
            return text;
        }
    }
}

async fn heard(socket: &tokio::net::UnixDatagram) -> String {
    let mut text = [0; 256];
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut text)).await.expect("in time").expect("a datagram");
    String::from_utf8_lossy(&text[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_of_each_step_and_that_the_server_lives() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("notify");
    let name = format!("garm-{}", random::uuid());
    let abstract_address = SocketAddr::from_abstract_name(&name).expect("a name");
    let sockets = [
        (path.display().to_string(), UnixDatagram::bind(&path).expect("bound")),
        (format!("@{name}"), UnixDatagram::bind_addr(&abstract_address).expect("bound")),
    ];
    for (database, (address, socket)) in databases().await.into_iter().zip(sockets) {
        socket.set_nonblocking(true).expect("set");
        let socket = tokio::net::UnixDatagram::from_std(socket).expect("a socket");
        let environment = vec![("NOTIFY_SOCKET", address), ("WATCHDOG_USEC", WATCHDOG.to_owned())];
        let garm = Installation::start(Plan { database, environment, ..Plan::default() }).await;
        assert_eq!(told(&socket).await, "READY=1");
        for _ in 0..3 {
            assert_eq!(heard(&socket).await, "WATCHDOG=1");
        }
        garm.hang_up();
        let reloading = told(&socket).await;
        assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
        assert_eq!(told(&socket).await, "READY=1");
        let finished = tokio::spawn(garm.finish());
        assert_eq!(told(&socket).await, "STOPPING=1");
        finished.await.expect("no panic");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_understands_the_unit_and_finds_it_hardened() {
    let dir = tempfile::tempdir().expect("a directory");
    let unit = dir.path().join("garm.service");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systemd/garm.service");
    let text = std::fs::read_to_string(example).expect("an example");
    assert!(text.contains("\nExecStart=/usr/local/bin/garm serve --config "), "{text}");
    std::fs::write(&unit, text.replace("/usr/local/bin/garm", env!("CARGO_BIN_EXE_garm"))).expect("written");
    // A tenth of points: 2.0 is well inside of what systemd calls OK.
    for arguments in [&["verify", "--man=no"][..], &["security", "--offline=true", "--threshold=20", "--no-pager"]] {
        #[expect(clippy::disallowed_methods, reason = "systemd's own program judges")]
        let judged = tokio::process::Command::new("systemd-analyze").args(arguments).arg(&unit).output().await;
        let Ok(judged) = judged else { return skipped("the unit for systemd: there is no systemd-analyze") };
        let shown = String::from_utf8_lossy(&judged.stdout).into_owned() + &String::from_utf8_lossy(&judged.stderr);
        // A line that systemd does not understand is told of and no failure.
        assert!(judged.status.success() && (arguments[0] != "verify" || !shown.contains("garm.service:")), "{arguments:?}: {shown}");
    }
}

/// All files of an installation, with what is in them; what servers log changes.
fn files(garm: &Installation) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = std::fs::read_dir(garm.directory()).expect("readable").map(|entry| entry.expect("an entry").path());
    let kept = paths.filter(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "log"));
    kept.map(|path| (path.clone(), std::fs::read(&path).expect("readable"))).collect()
}

fn check(garm: &Installation, config: &Path) -> Ended {
    cli::run(garm, &["serve", "--check", "--config", config.to_str().expect("text")])
}

/// The line about a part.
fn about<'a>(shown: &'a str, part: &str) -> &'a str {
    shown.lines().find(|line| line[6..].starts_with(part)).unwrap_or_else(|| panic!("{part} is not told of in\n{shown}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_each_fault_and_changes_nothing() {
    for database in databases().await {
        let mut garm = Installation::start(Plan { database, ..Plan::default() }).await;
        garm.kill_server().await;
        let config = garm.directory().join("server-0.toml");
        for secret in [&config, &garm.directory().join("local.conf")] {
            std::fs::set_permissions(secret, PermissionsExt::from_mode(0o600)).expect("set");
        }
        let before = files(&garm);
        let (code, shown, told) = check(&garm, &config);
        assert_eq!((code, files(&garm) == before), (Some(0), true), "{shown}{told}");
        for (part, expected) in [
            ("configuration", "server-0.toml"),
            ("database", "it is of this version"),
            ("secrets", "they fit the database, and are hard to guess"),
            ("listener", "is free"),
            ("provider local", "called with interface v0.1.0"),
        ] {
            let line = about(&shown, part);
            assert!(line.starts_with("ok    ") && line.ends_with(expected), "{line}");
        }

        let text = std::fs::read_to_string(&config).expect("readable");
        let tls = |certificate: &str, key: &str| {
            let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
            let files = format!("certificate = \"{0}/{certificate}\"\nkey = \"{0}/{key}\"", testdata.display());
            text.replace("[jwt_auth]", &format!("use_tls = true\n[apiserver.tls]\n{files}\n[jwt_auth]"))
        };
        for (name, broken, verdict, part, expected) in [
            ("provider", text.replace("provider-local\"", "provider-lost\""), "FAIL  ", "provider local", "provider-lost is not a file"),
            ("config", text.replace("local.conf\"", "lost.conf\""), "FAIL  ", "provider local", "lost.conf cannot be read"),
            ("address", text.replace("bind = \"127.0.0.1\"", "bind = \"192.0.2.1\""), "FAIL  ", "listener", "cannot listen on 192.0.2.1:"),
            ("key", tls("certificates/good.pem", "keys/app.pem"), "FAIL  ", "certificate", "good.pem: "),
            (
                "expired",
                tls("certificates/expired.pem", "certificates/key.pem"),
                "FAIL  ",
                "certificate",
                "expired.pem has been over since 2020-02-01",
            ),
            (
                "good",
                tls("certificates/good.pem", "certificates/key.pem"),
                "ok    ",
                "certificate",
                "it fits its key and is good until 2120",
            ),
            ("port", text.replace("port = ", "port = -"), "FAIL  ", "configuration", "must be between 1 and 65535"),
            ("weak", text.replace(JWT_SECRET, "hunter2"), "warn  ", "secrets", "jwt_auth.secret = (not shown)"),
        ] {
            let path = garm.directory().join(format!("{name}.check"));
            std::fs::write(&path, broken).expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("set");
            let before = files(&garm);
            let (code, shown, told) = check(&garm, &path);
            assert_eq!((code, files(&garm) == before), (Some(i32::from(verdict == "FAIL  ")), true), "{name}: {shown}{told}");
            let line = about(&shown, part);
            assert!(line.starts_with(verdict) && line.contains(expected), "{name}: {line}");
        }
        garm.start_server().await;
        let (code, shown, _) = check(&garm, &config);
        assert!(code == Some(0) && about(&shown, "listener").starts_with("warn  "), "beside the server: {shown}");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tries_the_passphrases_on_what_is_sealed() {
    const NEXT: &str = "Quokka-Vellum72-marzipan-Zephyr!";
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database: database.clone(), ..Plan::default() }).await;
        garm.kill_server().await;
        let text = std::fs::read_to_string(garm.directory().join("server-0.toml")).expect("readable");
        assert!(text.contains(PASSPHRASE));
        // The verdict about the secrets, and the exit code.
        let check_with = |text: &str| {
            let path = garm.directory().join("secrets.check");
            std::fs::write(&path, text).expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("set");
            let before = files(&garm);
            let (code, shown, told) = check(&garm, &path);
            assert!(files(&garm) == before, "{shown}{told}");
            (code, about(&shown, "secrets").to_owned())
        };
        let another = text.replace(PASSPHRASE, NEXT);
        let replaced = another.replace("[database]\n", &format!("[database]\nold_passphrases = [{PASSPHRASE:?}]\n"));
        let fits = (Some(0), "ok    secrets: they fit the database, and are hard to guess".to_owned());
        let refused = |(code, line): &(Option<i32>, String)| {
            *code == Some(1) && line.starts_with("FAIL  ") && line.contains("sealed with another passphrase than database.passphrase")
        };
        assert_eq!(check_with(&text), fits);
        let told = check_with(&another);
        assert!(refused(&told) && !told.1.contains(NEXT) && !told.1.contains(PASSPHRASE), "{told:?}");
        let told = check_with(&replaced);
        assert_eq!(told.0, Some(0), "{told:?}");
        assert!(told.1.starts_with("warn  ") && told.1.contains("are still sealed with an old passphrase"), "{told:?}");

        database.execute(&garm, "DELETE FROM canary").await;
        assert_eq!(check_with(&text), fits, "the values tell");
        let told = check_with(&another);
        assert!(refused(&told), "{told:?}");
        database.damage(&garm, "credentials", "secret", "name = 'pat'").await;
        let row = "warn  secrets: the secret of credentials pat cannot be opened; set it again, or delete its row";
        assert_eq!(check_with(&text), (Some(0), row.to_owned()));
        garm.start_server().await;
        garm.finish().await;
    }
}

#[test]
fn a_check_without_a_configuration_makes_none() {
    let dir = tempfile::tempdir().expect("a directory");
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    let output = command
        .args(["serve", "--check"])
        .env_remove("GARM_CONFIG")
        .env("HOME", dir.path())
        .env("XDG_DATA_HOME", dir.path().join("data"))
        .output()
        .expect("it runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.starts_with("ok    configuration: there is no file; the first start makes "), "{shown}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0);
}
