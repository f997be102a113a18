//! The command line against a server: what people are told who ask for what there is not.

use garm::api::{CreateCredentialsParams, ForgeCredentials, PatParams, Secret};
use garm::crypto::random;

use crate::harness::{Installation, PASSWORD, PAT, Plan, WEBHOOK_SECRET};

/// How a command ended: its exit code, what it printed, and what it said beside.
pub(crate) type Ended = (Option<i32>, String, String);

/// Runs a command. Secrets are in the environment, where commands look for them.
pub(crate) fn run(garm: &Installation, arguments: &[&str]) -> Ended {
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    command.args(arguments).env_remove("GARM_CONFIG").env("GARM_PROFILES", garm.directory().join("profiles.toml"));
    let output = command.env("GARM_PASSWORD", PASSWORD).env("GARM_PAT", PAT).output().expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended = (output.status.code(), text(&output.stdout), text(&output.stderr));
    for secret in [PASSWORD, PAT, WEBHOOK_SECRET] {
        assert!(!ended.1.contains(secret) && !ended.2.contains(secret), "{arguments:?} shows a secret");
    }
    ended
}

/// An installation whose commands are logged in.
pub(crate) async fn set_up(plan: Plan) -> Installation {
    let garm = Installation::set_up(plan).await;
    let (code, _, told) = run(&garm, &["profile", "add", "--name", "test", "--url", &garm.url, "--username", "admin"]);
    assert_eq!(code, Some(0), "{told}");
    garm
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_told_and_nothing_else_is_touched() {
    let garm = set_up(Plan::default()).await;
    let named_like_a_number = CreateCredentialsParams {
        name: "1".into(),
        endpoint: "fake".into(),
        auth_type: "pat".into(),
        pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
        ..CreateCredentialsParams::default()
    };
    let made: ForgeCredentials = garm.post("github/credentials", &named_like_a_number).await;
    assert_eq!(made.id, 2);

    let nobody = random::uuid().to_string();
    let table: [(&[&str], &str); 8] = [
        (&["github", "endpoint", "delete", "nope"], "nope does not exist"),
        (&["github", "endpoint", "delete", "zzz/../../credentials/2"], "zzz/../../credentials/2 does not exist"),
        (&["github", "endpoint", "delete", ".."], "\"..\" is not a name"),
        (&["github", "credentials", "delete", "99"], "there are no credentials \"99\""),
        (&["pool", "delete", &nobody], "does not exist"),
        (&["runner", "delete", "../pools/x"], "../pools/x does not exist"),
        (&["repo", "delete", "octo/nope"], "did you mean octo/hello?"),
        // Both have the token in their request.
        (&["github", "credentials", "add", "--name", "pat", "--endpoint", "fake", "--auth-type", "pat"], "exists already"),
    ];
    for (arguments, expected) in table {
        let (code, shown, told) = run(&garm, arguments);
        assert_eq!((code, shown.as_str()), (Some(1), ""), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
    let (_, shown, _) = run(&garm, &["github", "credentials", "show", "1", "--format", "json"]);
    assert!(shown.contains("\"id\":2"), "a name comes before a number: {shown}");
    let (code, _, told) = run(&garm, &["github", "credentials", "delete", "1"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(garm.get::<Vec<ForgeCredentials>>("github/credentials").await.len(), 1);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_nothing_is_wrong_usage_and_a_repository_without_pools_is_not_called_well() {
    let garm = set_up(Plan::default()).await;
    let updates: [&[&str]; 4] =
        [&["controller", "update"], &["repo", "update", "octo/hello"], &["pool", "update", "x"], &["github", "endpoint", "update", "fake"]];
    for arguments in updates {
        let (code, _, told) = run(&garm, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
    }
    let (_, shown, _) = run(&garm, &["repo", "show", "octo/hello"]);
    assert!(shown.contains("no pool yet"), "nobody asked the forge: {shown}");
    garm.finish().await;
}
