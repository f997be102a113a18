//! Providers of all sorts, as shell scripts.

use std::path::Path;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::env;
use serde_json::value::RawValue;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::model::SecretString;
use crate::provider::ExternalSettings;
use crate::provider::external::VARIABLE_LIMIT;
use crate::provider::test_scripts::script;

const MINUTE: Duration = Duration::from_mins(1);
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl";
const MACHINE: &str = r#"{"provider_id":"i-1","name":"garm-1","status":"running"}"#;

struct Fixture {
    dir: TempDir,
    settings: ExternalSettings,
}

impl Fixture {
    /// A provider whose environment has `DIR`, its directory.
    fn new(body: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut settings = ExternalSettings::new(ProviderName::from("test"), script(dir.path(), body));
        settings.environment = vec![("DIR".to_owned(), dir.path().display().to_string())];
        settings.limits.grace = Duration::from_millis(200);
        settings.limits.pipe_grace = Duration::from_millis(200);
        Self { dir, settings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn provider(&self) -> External {
        External::new(self.settings.clone(), Clock::System)
    }

    async fn create(&self) -> Result<ProviderInstance, Error> {
        self.provider().create_instance(&pool(), &bootstrap(), MINUTE).await.map(|made| made.instance)
    }
}

fn pool() -> PoolContext {
    let extra_specs = RawValue::from_string(r#"{"a":1}"#.to_owned()).expect("valid JSON");
    PoolContext { controller_id: ControllerId(Uuid::nil()), pool_id: "pool-1".to_owned(), extra_specs: Some(extra_specs) }
}

fn bootstrap() -> BootstrapInstance {
    let specs = crate::provider::with_install_template(None, &format!("#!/bin/sh\nTOKEN={TOKEN}\n"));
    let mut bootstrap = BootstrapInstance { name: "garm-1".to_owned(), extra_specs: Some(specs), ..BootstrapInstance::default() };
    bootstrap.instance_token = SecretString::from(TOKEN.to_owned());
    bootstrap.proxy_config.http_proxy = "http://user:proxy-password@proxy:3128".to_owned();
    bootstrap
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the provider wrote it")
}

#[tokio::test]
async fn creation_hands_over_the_document_and_returns_what_was_made() {
    let provider = Fixture::new(&format!("cat > $DIR/stdin; echo '{MACHINE}'"));
    let instance = provider.create().await.expect("created");
    assert_eq!((instance.provider_id.as_str(), instance.name.as_str()), ("i-1", "garm-1"));
    let document: Value = serde_json::from_str(&read(&provider.path("stdin"))).expect("JSON");
    assert_eq!(document["name"], "garm-1");
    assert_eq!(document["instance-token"], TOKEN);
}

#[tokio::test]
async fn every_command_gets_its_variables_in_both_versions() {
    let mut fixture = Fixture::new("");
    fixture.settings.executable = PathBuf::from("/usr/bin/env");
    fixture.settings.config_file = Some("/etc/garm/test.toml".into());
    fixture.settings.environment = vec![("GARM_X".to_owned(), "no".to_owned()), ("no_proxy".to_owned(), "*".to_owned())];
    for (version, word) in [(InterfaceVersion::V0_1_0, "v0.1.0"), (InterfaceVersion::V0_1_1, "v0.1.1")] {
        fixture.settings.interface_version = version;
        let provider = fixture.provider();
        let pool = pool();
        let request = provider.on_instance(Command::StopInstance, &pool, "i-1");
        let printed = provider.ask(request, |answer| Ok(answer.text())).await.expect("it runs");
        let expected = format!(
            "GARM_COMMAND=StopInstance\nGARM_CONTROLLER_ID={}\nGARM_PROVIDER_CONFIG_FILE=/etc/garm/test.toml\nGARM_POOL_ID=pool-1\n\
             GARM_INSTANCE_ID=i-1\nGARM_POOL_EXTRASPECS=eyJhIjoxfQ==\nno_proxy=*\nGARM_INTERFACE_VERSION={word}\n",
            Uuid::nil()
        );
        let mut printed: Vec<_> = printed.lines().map(str::to_owned).collect();
        let mut expected: Vec<_> = expected.lines().map(str::to_owned).collect();
        printed.sort();
        expected.sort();
        assert_eq!(printed, expected);
    }
}

#[tokio::test]
async fn absent_is_success_for_deletion_and_none_for_get() {
    let fixture = Fixture::new("echo gone >&2; exit 30");
    let provider = fixture.provider();
    provider.delete_instance(&pool(), "garm-1").await.expect("what is absent is deleted");
    assert_eq!(provider.get(&pool(), "garm-1").await.expect("no failure"), None);
    assert!(matches!(provider.list_instances(&pool()).await, Err(Error::Failed { .. })), "a list has no machine that could be absent");
}

#[tokio::test]
async fn a_machine_that_exists_already_is_looked_up_by_name() {
    let body = format!(
        "case $GARM_COMMAND in CreateInstance) exit 31;; GetInstance) echo $GARM_INSTANCE_ID > $DIR/asked; echo '{MACHINE}';; esac"
    );
    let fixture = Fixture::new(&body);
    assert_eq!(fixture.create().await.expect("adopted").provider_id, "i-1");
    assert_eq!(read(&fixture.path("asked")), "garm-1\n");

    let fixture = Fixture::new("case $GARM_COMMAND in CreateInstance) exit 31;; *) exit 30;; esac");
    assert!(matches!(fixture.create().await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_machine_of_another_name_is_not_what_was_asked_for() {
    let other = MACHINE.replace("garm-1", "garm-2");
    for body in [format!("echo '{other}'"), format!("case $GARM_COMMAND in CreateInstance) exit 31;; *) echo '{other}';; esac")] {
        let error = Fixture::new(&body).create().await.expect_err("another one");
        assert!(matches!(error, Error::OtherName { .. }) && error.may_have_made(), "{error}");
        assert_eq!(error.fault(), "CreateInstance described another machine than garm-1, which was asked for");
    }
}

#[tokio::test]
async fn no_command_reveals_a_value_of_the_extra_specs_or_a_token() {
    let value = "planted \"value\" of/the+specs";
    let specs = serde_json::json!({ "deep": [{ "password": value }] }).to_string();
    let pool = PoolContext { extra_specs: RawValue::from_string(specs).ok(), ..pool() };
    // What a cloud keeps of a machine, which only `CreateInstance` is given.
    let user_data = STANDARD.encode(format!("#cloud-config\n- content: {}\n", STANDARD.encode(format!("TOKEN={TOKEN}\n"))));
    let machine = serde_json::json!({ "provider_id": "i", "name": "garm-1", "status": value, "provider_fault": STANDARD.encode(value) });
    for printed in ["not JSON".to_owned(), machine.to_string()] {
        let body = format!(
            "echo \"$GARM_POOL_EXTRASPECS\" | base64 -d >&2; env >&2; echo 'made with {TOKEN} {user_data}' >&2; echo '{printed}'; [ '{printed}' != 'not JSON' ]"
        );
        let fixture = Fixture::new(&body);
        let provider = fixture.provider();
        let faults = [
            provider.create_instance(&pool, &bootstrap(), MINUTE).await.map(drop).expect_err("it failed"),
            provider.list_instances(&pool).await.map(drop).expect_err("it failed"),
            provider.get(&pool, "garm-1").await.map(drop).expect_err("it failed"),
        ];
        let removal = provider.delete_instance(&pool, "garm-1").await;
        assert_eq!(removal.is_err(), printed == "not JSON", "its status alone tells: {removal:?}");
        for text in faults.iter().chain(&removal.err()).flat_map(|fault| [fault.to_string(), fault.fault(), format!("{fault:?}")]) {
            assert!(!text.contains("planted") && !text.contains("of/the") && !text.contains("cGxhbnRlZC"), "{text}");
            assert!(!text.contains("eyJ") && !text.contains(&TOKEN[30..]) && !text.contains(&user_data[60..80]), "{text}");
        }
        let last: Vec<String> = provider.calls().into_iter().filter_map(|calls| calls.last).map(|last| last.stderr).collect();
        assert!(last.len() == 4 && last.iter().all(|text| text.contains("made with ***") && !text.contains("planted")), "{last:?}");
        assert!(last.iter().all(|text| !text.contains("eyJ") && !text.contains(&user_data[60..80])), "{last:?}");
    }
    for hidden in [STANDARD.encode(value), TOKEN.to_owned(), serde_json::json!(TOKEN).to_string(), format!("%65{}", &TOKEN[1..])] {
        let machine = serde_json::json!({ "provider_id": "i", "name": "garm-1", "status": "error", "provider_fault": hidden });
        let body = format!("case $GARM_COMMAND in ListInstances) echo '[{machine}]';; *) echo '{machine}';; esac");
        let fixture = Fixture::new(&body.replace('\\', "\\\\"));
        let provider = fixture.provider();
        let made = provider.create_instance(&pool, &bootstrap(), MINUTE).await.expect("described").instance;
        let found = provider.get(&pool, "garm-1").await.expect("described").expect("there");
        let listed = provider.list_instances(&pool).await.expect("listed").swap_remove(0);
        for machine in [made, found, listed] {
            assert_eq!((machine.status.as_str(), machine.provider_fault.trim_matches('"')), ("error", "***"), "{hidden}");
        }
    }
}

#[tokio::test]
async fn an_id_that_could_not_be_handed_back_is_a_fault_of_the_answer() {
    for key in ["provider_id", "name"] {
        let mut machine: Value = serde_json::from_str(MACHINE).expect("JSON");
        machine[key] = "garm-1\0".into();
        for json in [machine.to_string(), format!("[{machine}]")] {
            let fixture = Fixture::new(&format!("printf '%s' '{json}'"));
            let fault = if json.starts_with('[') {
                fixture.provider().list_instances(&pool()).await.map(drop)
            } else {
                fixture.create().await.map(drop)
            };
            let fault = fault.expect_err("the machine could not be removed by it").fault();
            assert!(fault.contains(&format!("`{key}` has a NUL, or more than 4096 bytes")), "{fault}");
        }
    }
}

#[tokio::test]
async fn of_very_many_addresses_the_first_are_taken() {
    let mut machine: Value = serde_json::from_str(MACHINE).expect("JSON");
    let address = |number: usize| serde_json::json!({ "address": format!("10.0.0.{number}"), "type": "private" });
    machine["addresses"] = (0..1000).map(address).collect();
    let fixture = Fixture::new(&format!("printf '%s' '{machine}'"));
    let addresses = fixture.create().await.expect("made").addresses;
    assert_eq!((addresses.len(), addresses[63].address.as_str()), (64, "10.0.0.63"));
    let fixture = Fixture::new(&format!("printf '%s' '[{machine}]'"));
    assert_eq!(fixture.provider().list_instances(&pool()).await.expect("listed")[0].addresses.len(), 64);
}

#[tokio::test]
async fn a_failure_tells_what_the_provider_said() {
    let fixture = Fixture::new("echo half; echo no quota left >&2; exit 1");
    let error = fixture.create().await.expect_err("it failed");
    assert_eq!(error.to_string(), "CreateInstance failed with exit status 1: no quota left");
    assert_eq!(error.fault(), "CreateInstance failed with exit status 1: no quota left\nstdout:\nhalf");
    let crashed = Fixture::new("kill -SEGV $$").create().await.expect_err("it crashed");
    assert_eq!(crashed.to_string(), "CreateInstance failed with signal 11");
}

#[tokio::test]
async fn a_provider_that_prints_its_input_and_environment_reveals_no_secret() {
    for ending in ["exit 1", "exit 0", "sleep 1000", "yes"] {
        let body = format!("tee $DIR/stdin; env; cat $DIR/stdin >&2; env >&2; head -c 20000 /dev/zero >&2; cat $DIR/stdin >&2; {ending}");
        let mut fixture = Fixture::new(&body);
        fixture.settings.exec_timeout = Duration::from_secs(2);
        let error = fixture.create().await.expect_err("none of this is a machine");
        let wrapper = bootstrap().extra_specs.expect("specs").get().to_owned();
        let encoded = STANDARD.encode(&wrapper);
        for text in [error.to_string(), error.fault(), format!("{error:?}")] {
            for secret in [TOKEN, &TOKEN[20..], "proxy-password", &encoded, &encoded[encoded.len() / 2..]] {
                assert!(!text.contains(secret), "{ending}: {text}");
            }
            let inner = STANDARD.encode(format!("#!/bin/sh\nTOKEN={TOKEN}\n"));
            assert!(!text.contains(&inner[30..60]), "{ending}: {text}");
        }
        assert!(error.fault().contains("garm-1"), "the rest is shown: {}", error.fault());
    }
}

#[tokio::test]
async fn answers_that_are_no_json_are_named_as_such() {
    let cases = [
        ("echo hello", "the text is not JSON, or something follows it, line 1 column 1"),
        ("true", "standard output is empty"),
        ("echo '{\"provider_id\":7}'", "a value has the wrong type, line 1 column 16"),
        ("echo '{\"provider_id\":'", "the text ends too early, line 2 column 0"),
    ];
    for (body, expected) in cases {
        match Fixture::new(body).create().await {
            Err(Error::Garbage { reason, .. }) => assert_eq!(reason, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let trailing = Fixture::new(&format!("echo '{MACHINE}'; echo done")).create().await;
    assert!(matches!(trailing, Err(Error::Garbage { .. })), "{trailing:?}");
}

#[tokio::test]
async fn one_machine_without_id_spoils_a_list_and_null_is_an_empty_one() {
    let list = async |json: &str| Fixture::new(&format!("printf '%s' '{json}'")).provider().list_instances(&pool()).await;
    assert_eq!(list("null").await.expect("empty"), []);
    assert_eq!(list("[]").await.expect("empty"), []);
    assert_eq!(list(&format!("[{MACHINE}]")).await.expect("one").len(), 1);
    let spoiled = list(&format!(r#"[{MACHINE},{{"name":"garm-2","status":"running"}}]"#)).await;
    assert!(matches!(spoiled, Err(Error::Invalid { .. })), "{spoiled:?}");
}

#[tokio::test]
async fn the_smaller_of_the_two_time_limits_counts() {
    let mut fixture = Fixture::new("exec sleep 1000");
    fixture.settings.exec_timeout = Duration::from_millis(100);
    let error = fixture.create().await.expect_err("too slow");
    assert!(matches!(error, Error::TimedOut { limit, .. } if limit == Duration::from_millis(100)), "{error}");
    fixture.settings.exec_timeout = Duration::ZERO;
    let error = fixture.provider().create_instance(&pool(), &bootstrap(), Duration::from_millis(50)).await.expect_err("too slow");
    assert_eq!(error.to_string(), "CreateInstance did not end within 0.05 s");
    let mut limit = |command, seconds| {
        fixture.settings.exec_timeout = Duration::from_secs(seconds);
        fixture.provider().time_limit(command, None).as_secs()
    };
    assert_eq!(limit(Command::ListInstances, 0), 5 * 60);
    assert_eq!(limit(Command::DeleteInstance, 0), 60 * 60, "many providers wait until the machine is gone");
    assert_eq!(limit(Command::DeleteInstance, 90), 90, "as it is configured");
}

#[tokio::test]
async fn a_missing_executable_is_named() {
    let mut fixture = Fixture::new("");
    fixture.settings.executable = "/nowhere/provider".into();
    let error = fixture.create().await.expect_err("missing");
    assert_eq!(error.fault(), "provider executable /nowhere/provider does not exist");
}

#[tokio::test]
async fn extra_specs_that_do_not_fit_a_variable_are_left_out_or_refused() {
    let mut fixture = Fixture::new("echo ${GARM_POOL_EXTRASPECS-unset} > $DIR/specs");
    let mut pool = pool();
    pool.extra_specs = RawValue::from_string(format!("\"{}\"", "x".repeat(VARIABLE_LIMIT))).ok();
    fixture.provider().delete_instance(&pool, "i-1").await.expect("it runs without");
    assert_eq!(read(&fixture.path("specs")), "unset\n");
    fixture.settings.interface_version = InterfaceVersion::V0_1_1;
    let error = fixture.provider().delete_instance(&pool, "i-1").await.expect_err("the version demands them");
    assert!(matches!(error, Error::ExtraSpecsTooLarge { .. }), "{error}");
    // The largest that fits is accepted by the system.
    let room = (VARIABLE_LIMIT - env::POOL_EXTRASPECS.len() - 2) / 4 * 3;
    pool.extra_specs = RawValue::from_string(format!("\"{}\"", "x".repeat(room - 2))).ok();
    fixture.provider().delete_instance(&pool, "i-1").await.expect("it fits");
}

#[tokio::test]
async fn a_provider_that_describes_itself_is_asked_once_until_it_changes() {
    let body = r#"echo $GARM_COMMAND $GARM_INTERFACE_VERSION ${GARM_POOL_ID-none} >> $DIR/asked
case $GARM_COMMAND in
GetVersion) echo v1.2.3;;
GetSupportedInterfaceVersions) echo '["v0.1.0","v0.1.1"]';;
GetConfigJSONSchema) exit 1;;
GetExtraSpecsJSONSchema) echo '{"type":"object"}';;
esac"#;
    let fixture = Fixture::new(body);
    let (provider, controller) = (fixture.provider(), pool().controller_id);
    let own = provider.describe(controller).await.own;
    assert_eq!((own.version.as_deref(), own.interface_versions.len()), (Some("v1.2.3"), 2));
    assert_eq!(own.config_schema, None, "what it refuses to say is absent");
    assert_eq!(own.extra_specs_schema, Some(serde_json::json!({"type": "object"})));
    let asked = "GetVersion v0.1.0 none\nGetSupportedInterfaceVersions v0.1.1 none\nGetConfigJSONSchema v0.1.1 none\nGetExtraSpecsJSONSchema v0.1.1 none\n";
    assert_eq!(read(&fixture.path("asked")), asked);
    provider.describe(controller).await;
    assert_eq!(read(&fixture.path("asked")), asked, "the answer is remembered");
    let executable = std::fs::File::options().append(true).open(&fixture.settings.executable).expect("it is there");
    executable.set_modified(std::time::UNIX_EPOCH).expect("the file is ours");
    drop(executable);
    provider.describe(controller).await;
    assert_eq!(read(&fixture.path("asked")).lines().count(), 8, "a new executable is asked anew");
}

#[tokio::test]
async fn a_provider_that_cannot_describe_itself_is_no_failure() {
    for body in ["echo unknown GARM_COMMAND >&2; exit 1", "echo '<html>'", ":"] {
        let own = Fixture::new(body).provider().describe(pool().controller_id).await.own;
        assert!(own.config_schema.is_none() && own.extra_specs_schema.is_none() && own.interface_versions.is_empty(), "{body}: {own:?}");
    }
}

#[tokio::test]
async fn calls_and_what_was_said_are_kept() {
    let body =
        format!("echo looking >&2; case $GARM_COMMAND in DeleteInstance) exit 30;; ListInstances) exit 3;; *) echo '{MACHINE}';; esac");
    let fixture = Fixture::new(&body);
    let provider = fixture.provider();
    let made = provider.create_instance(&pool(), &bootstrap(), MINUTE).await.expect("made");
    assert_eq!(made.stderr, "looking\n");
    provider.delete_instance(&pool(), "garm-1").await.expect("absent is deleted");
    provider.list_instances(&pool()).await.expect_err("it fails");
    let calls = provider.calls();
    let of = |command: &str| calls.iter().find(|calls| calls.command == command).expect("it was called");
    assert_eq!((of("CreateInstance").ended, of("CreateInstance").failed), (1, 0));
    assert_eq!((of("DeleteInstance").ended, of("DeleteInstance").failed), (1, 0));
    let last = of("ListInstances").last.clone().expect("it ended");
    assert_eq!((last.fault.as_deref(), last.stderr.as_str()), (Some("ListInstances failed with exit status 3: looking"), "looking\n"));
}
