//! Boot failures, injected into real runs of the install script by the provider `local`: real bash, curl, tar and sockets. The server names the
//! cause of each, also after the machine is gone.

use std::time::Duration;

use garm::api::{Autopsy, Base64, CreateTemplateParams, Pool};
use garm::model::OsType;
use garm::template::system;
use serde_json::json;
use serde_json::value::to_raw_value;

use crate::harness::{Installation, Plan, databases};

/// A place in the script, and text that is put before it.
type Injection = (&'static str, &'static str);

/// Where the values of the machine are known.
const VALUES: &str = "callback_url=${callback_url%/}\n";
/// Where the functions are known, before anything is installed.
const BEGIN: &str = "# --- the software ---\n";

/// Time passes fast for a script that waits.
const FAST: &str = "sleep() { SECONDS=$((SECONDS + 300)); command sleep 0.05; }\n";

const TABLE: &[(&str, &str, Injection)] = &[
    ("dns", "dns", (VALUES, "download_url=http://nowhere.invalid/runner.tar.gz\n")),
    ("no-network", "no_network", (VALUES, "download_url=http://127.0.0.1:1/runner.tar.gz\n")),
    ("tls", "tls", (VALUES, "download_url=https://${metadata_url#http://}\n")),
    ("proxy", "proxy", (VALUES, "export http_proxy=http://nowhere.invalid:3128 no_proxy=127.0.0.1\ndownload_url=http://forge.invalid/x\n")),
    ("bad-token", "bad_token", (BEGIN, "metadata() { ask 300 expired \"$2\" --url \"$metadata_url/$1\"; }\n")),
    ("disk-full", "disk_full", (BEGIN, "tar() { command tar \"$@\" && echo more >/dev/full; }\n")),
    ("checksum", "digest", (VALUES, "checksum=00ff\n")),
    ("page", "digest", (VALUES, "checksum='' download_url=${metadata_url%/metadata*}/openapi.json\n")),
    ("nothing-there", "download_missing", (VALUES, "download_url=${metadata_url%/api/*}/nothing.tar.gz\n")),
    (
        "processor",
        "wrong_architecture",
        (
            BEGIN,
            "tar() { command tar \"$@\" && printf '\\177ELF\\002\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\xff\\xff' >\"$4/run.sh\"; }\n",
        ),
    ),
    (
        "packages",
        "package_manager",
        (
            BEGIN,
            "service=systemd\nas_root() {\n    case $1 in\n        chown) ;;\n        ./bin/*) echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. \
             It is held by process 1182 (unattended-upgr)' >&2 && return 100 ;;\n        *) \"$@\" ;;\n    esac\n}\n",
        ),
    ),
    ("no-tar", "missing_software", (BEGIN, "tar() { tar-of-the-image \"$@\"; }\n")),
    (
        "retired",
        "retired_version",
        (
            BEGIN,
            "tar() {\n    command tar \"$@\"\n    mkdir -p \"$4/bin\"\n    : >\"$4/bin/Runner.Listener\"\n    printf '#!/bin/sh\\necho \"An error occurred: \
             Runner version v2.303.0 is deprecated and cannot receive messages.\"\\n' >\"$4/run.sh\"\n}\n",
        ),
    ),
    ("killed", "out_of_memory", (BEGIN, "tar() { command tar \"$@\" && printf '#!/bin/sh\\nkill -9 $$\\n' >\"$4/run.sh\"; }\n")),
    ("killed-early", "out_of_memory", (BEGIN, "tar() { bash -c 'kill -9 $$'; }\n")),
    ("no-permission", "permission_denied", (BEGIN, "tar() { command tar \"$@\" && chmod 644 \"$4/run.sh\"; }\n")),
];

fn script(injection: Injection) -> String {
    let shipped = system().into_iter().find(|shipped| shipped.os_type == OsType::Linux).expect("shipped").text;
    let (place, text) = injection;
    let script = shipped.replace(VALUES, &format!("{FAST}{VALUES}")).replace(place, &format!("{text}{place}"));
    assert!(script.contains(text), "the place is there: {place}");
    script
}

/// A pool that keeps one idle runner, whose machines run the script with an injection.
async fn add_pool(garm: &Installation, tag: &str, injection: Injection) -> Pool {
    let template = CreateTemplateParams {
        name: tag.to_owned(),
        description: String::new(),
        data: Base64(script(injection).into_bytes()),
        os_type: "linux".to_owned(),
        forge_type: "github".to_owned(),
    };
    let template = garm.client().templates().create(&template).await.expect("made");
    garm.add_pool_with("local", tag, |pool| {
        (pool.max_runners, pool.min_idle_runners, pool.template_id) = (1, 1, Some(template.id));
        pool.extra_specs = Some(to_raw_value(&json!({ "password": "hunter2hunter2" })).expect("JSON"));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_machine_from_booting_is_named_and_kept_after_the_machine_is_gone() {
    let plan = Plan { patience: Duration::from_mins(5), exec_timeout: 30, ..Plan::default() };
    let garm = Installation::set_up(plan).await;
    for (tag, _, injection) in TABLE {
        add_pool(&garm, tag, *injection).await;
    }
    let mut wrong = Vec::new();
    for (tag, cause, _) in TABLE {
        let pools = garm.client().pools().list().await.expect("listed");
        let pool = pools.iter().find(|pool| pool.tags.iter().any(|known| known.name == *tag)).expect("there");
        let failed = garm
            .until(&format!("a machine of {tag} fails"), async |garm| {
                garm.client()
                    .autopsies()
                    .list(None, Some(pool.id.parse::<garm::model::PoolId>().expect("a UUID").into()))
                    .await
                    .expect("listed")
                    .pop()
            })
            .await;
        let whole: Autopsy = garm.client().autopsies().get(&failed.name).await.expect("kept");
        assert!(failed.status_messages.is_empty() && failed.install_log.is_empty(), "a list is short");
        assert_eq!((whole.cause.as_str(), whole.pool_id.as_str(), whole.entity_name.as_str()), (&*failed.cause, &*pool.id, "octo/hello"));
        assert!(whole.install_log.contains("downloading tools from") && whole.status_messages.len() > 1, "{whole:?}");
        assert!(!whole.install_log.contains("eyJ"), "no token: {whole:?}");
        if whole.cause != *cause {
            wrong.push((tag, whole));
        }
    }
    assert!(wrong.is_empty(), "named otherwise: {wrong:#?}");
    garm.until("causes are counted", async |garm| {
        let pools = garm.client().pools().list().await.expect("listed");
        pools.iter().all(|pool| !pool.failures.is_empty()).then_some(())
    })
    .await;
    garm.finish().await;
}

/// A machine fails, is removed, and its evidence stays: on each database, without a secret in it.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_machine_is_kept_without_secrets_and_control_characters() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let says = "echo \"my token is $token, my password hunter2hunter2\"\nprintf 'red \\033[31m\\n'\ntar() { echo 'tar: Cannot write: No space left on device' >&2; false; }\n";
        let pool = add_pool(&garm, "secrets", (BEGIN, says)).await;
        let failed = garm
            .until("it fails", async |garm| {
                garm.client()
                    .autopsies()
                    .list(None, Some(pool.id.parse::<garm::model::PoolId>().expect("a UUID").into()))
                    .await
                    .expect("listed")
                    .pop()
            })
            .await;
        garm.until("the machine is gone", async |garm| garm.client().instances().get(&failed.name).await.err().map(drop)).await;
        let whole = garm.client().autopsies().get(&failed.name).await.expect("it stays");
        assert_eq!((whole.cause.as_str(), whole.id.as_str()), ("disk_full", failed.id.as_str()));
        assert!(whole.install_log.contains("my token is ***, my password ***\n"), "{}", whole.install_log);
        assert!(whole.install_log.contains("red \\u{1b}[31m") && !whole.install_log.contains('\u{1b}'), "{}", whole.install_log);
        assert!(whole.fault.contains("extracting the runner") && !whole.why.contains("token"), "{whole:?}");
        assert_eq!(garm.client().autopsies().get("nobody").await.map_err(|fault| fault.to_string().contains("404")).map(drop), Err(true));
        garm.finish().await;
    }
}
