//! A machine that registers its runner itself names the number of another runner, for the server to remove at the forge.

use garm::api::paths;
use garm::client::Removal;
use garm::clock::Clock;
use garm::forge::{Clients, JitRequest};
use garm::model::{CredentialsSecret, EntityKind, EntityRef, SecretString};
use serde_json::{Value, json};

use crate::access::KEEPS;
use crate::harness::{Installation, PAT, Plan, databases, forge_client};

/// Registers a runner at the forge, and answers its number.
async fn register(garm: &Installation, name: &str) -> i64 {
    let clients = Clients::new(Clock::System);
    let client = forge_client(&clients, garm.forge_url(), CredentialsSecret::Pat(SecretString::from(PAT)));
    let at = EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "hello".into() };
    let request = JitRequest { name: name.into(), group: String::new(), labels: vec!["any".into()] };
    client.register_jit(&at, request).await.expect("registered").agent_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_tells_the_number_of_another_runner_removes_nothing_but_its_own() {
    for database in databases().await {
        let plan = Plan { database, jit: false, scripts: vec![("keeps", KEEPS)], exec_timeout: 60, watch: false, ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        let victim = register(&garm, "victim").await;
        garm.add_pool("keeps", "kept", 1, 1).await;
        let path = garm.directory().join("bootstrap");
        let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
        std::fs::write(garm.directory().join("go"), "").expect("written");
        let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
        let [name, token] = ["name", "instance-token"].map(|key| bootstrap[key].as_str().expect("a text").to_owned());
        let http = reqwest::Client::new();
        let fetched = http.get(format!("{}{}", garm.url, paths::METADATA_REGISTRATION_TOKEN.template())).bearer_auth(&token).send().await;
        assert_eq!(fetched.expect("an answer").status(), 200);
        let own = register(&garm, &name).await;
        for (path, body) in [
            (paths::CALLBACK_SYSTEM_INFO, json!({ "os_name": "evil", "os_version": "1", "agent_id": victim })),
            (paths::CALLBACK_STATUS, json!({ "status": "installing", "message": "x", "agent_id": victim })),
            (paths::CALLBACK_STATUS, json!({ "status": "idle", "message": "x", "agent_id": victim })),
        ] {
            let told = http.post(format!("{}{}", garm.url, path.template())).bearer_auth(&token).json(&body).send().await;
            assert_eq!(told.expect("an answer").status(), 200, "{}", path.template());
        }
        garm.until("the runner is idle", async |garm| {
            garm.instances().await.into_iter().find(|instance| instance.name == name && instance.status == "running")
        })
        .await;

        // As a person removes it, and as the planner does.
        garm.client().instances().delete(&name, Removal { force: true, ..Removal::default() }).await.expect("removed");
        garm.until("its runner is gone", async |garm| garm.forge.runners().iter().all(|runner| runner.id != own).then_some(())).await;
        assert!(garm.forge.runners().iter().any(|runner| runner.id == victim), "the other one stays");
        garm.until("its row is gone", async |garm| garm.instances().await.iter().all(|instance| instance.name != name).then_some(())).await;
        assert!(garm.forge.runners().iter().any(|runner| runner.id == victim), "the other one stays");
        garm.finish().await;
    }
}
