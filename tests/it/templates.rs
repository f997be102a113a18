//! Install templates by the command line and the API: who made them, what is refused, what a newer program does to those it shipped.

use garm::api::{Base64, CreateTemplateParams, Template, paths};
use garm::client::TemplateFilter;

use crate::access::KEEPS;
use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan};

async fn named(garm: &Installation, name: &str) -> Template {
    let listed = garm.client().templates().list(&TemplateFilter::default()).await.expect("listed");
    let found = listed.into_iter().find(|template| template.name == name).unwrap_or_else(|| panic!("there is no {name}"));
    assert!(found.data.is_none(), "lists have no texts");
    garm.client().templates().get(found.id).await.expect("shown")
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_made_changed_used_and_removed() {
    let mut garm = set_up(Plan::default()).await;
    let file = garm.directory().join("lab.sh");
    let path = file.to_str().expect("a path of letters");
    let add = ["template", "create", "--name", "lab", "--os-type", "linux", "--forge-type", "github", "--path", path];
    let (code, _, told) = run(&garm, &add);
    assert!(code == Some(1) && told.contains("cannot read"), "{told}");
    std::fs::write(&file, "{{ if .RunnerName }}").expect("written");
    let (code, _, told) = run(&garm, &add);
    assert!(code == Some(1) && told.contains("invalid template: line 1"), "{told}");
    std::fs::write(&file, "echo {{ .RunnerName }}").expect("written");
    let (code, shown, told) = run(&garm, &add);
    assert!(code == Some(0) && shown.contains("admin"), "{shown} {told}");
    let (code, _, told) = run(&garm, &add);
    assert!(code == Some(1) && told.contains("template lab exists already"), "{told}");

    let lab = named(&garm, "lab").await;
    let pool = garm.add_pool_with("local", "lab", |pool| {
        pool.template_id = Some(lab.id);
        pool.max_runners = 1;
    });
    let pool = pool.await;
    let (code, _, told) = run(&garm, &["template", "delete", "lab"]);
    assert!(code == Some(1) && told.contains("in use by 1 pool "), "{told}");
    garm.client().pools().delete(&pool.id).await.expect("it has no runner");
    for (arguments, expected) in [
        (vec!["template", "update", "lab", "--description", "for the lab"], "for the lab"),
        (vec!["template", "copy", "lab", "lab2"], "lab2"),
        (vec!["template", "list", "--name", "LAB"], "lab2"),
        (vec!["template", "delete", "lab"], ""),
    ] {
        let (code, shown, told) = run(&garm, &arguments);
        assert!(code == Some(0) && shown.contains(expected), "{arguments:?}: {shown} {told}");
    }
    let (code, _, told) = run(&garm, &["template", "show", "lba2"]);
    assert!(code == Some(1) && told.contains("did you mean lab2?"), "{told}");

    let shipped = named(&garm, "github_linux").await;
    assert_eq!(shipped.owner_id, "system");
    let id = shipped.id.to_string();
    let (code, _, told) = run(&garm, &["template", "update", &id, "--path", path, "--name", "mine"]);
    assert_eq!(code, Some(0), "{told}");
    garm.kill_server().await;
    garm.start_server().await;
    let edited = named(&garm, "mine").await;
    assert_eq!(edited.data, Some(Base64(b"echo {{ .RunnerName }}".to_vec())), "what was edited survives a start");
    let target = garm.directory().join("out.sh");
    let target = target.to_str().expect("a path of letters");
    assert_eq!(run(&garm, &["template", "download", "mine", "--path", target]).0, Some(0));
    assert_eq!(std::fs::read_to_string(target).expect("written"), "echo {{ .RunnerName }}");
    let (code, _, told) = run(&garm, &["template", "download", "mine", "--path", target]);
    assert!(code == Some(1) && told.contains("cannot write"), "what is there is not overwritten: {told}");
    let (code, _, told) = run(&garm, &["template", "restore", "--forge-type", "github", "--os-type", "linux"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(named(&garm, "github_linux").await.data, shipped.data);

    let odd =
        CreateTemplateParams { name: "odd".into(), os_type: "beos".into(), forge_type: "github".into(), ..CreateTemplateParams::default() };
    let refused = garm.client().templates().create(&odd).await.expect_err("no such system").to_string();
    assert!(refused.contains("invalid OS type: \"beos\""), "{refused}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_windows_machines_gets_the_scripts_for_windows() {
    let garm = Installation::set_up(Plan { scripts: vec![("keeps", KEEPS)], ..Plan::default() }).await;
    assert_eq!((named(&garm, "github_windows").await.id, named(&garm, "github_linux").await.id), (1, 2), "upstream's numbers");
    garm.add_pool_with("keeps", "windows", |pool| {
        pool.os_type = "windows".into();
        pool.os_arch = "amd64".into();
        pool.max_runners = 1;
        pool.min_idle_runners = 1;
        pool.extra_specs = Some(serde_json::from_str(r#"{"enable_boot_debug": true}"#).expect("JSON"));
    })
    .await;
    let path = garm.directory().join("bootstrap");
    let told = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    let first = told["extra_specs"]["runner_install_template"].as_str().expect("a first script");
    let first = String::from_utf8(base64::Engine::decode(&base64::prelude::BASE64_STANDARD, first).expect("base64")).expect("text");
    assert!(first.starts_with("#ps1_sysnative\n") && !first.contains("{{"), "{first}");
    let token = told["instance-token"].as_str().expect("a token");
    let script = reqwest::Client::new().get(format!("{}{}", garm.url, paths::METADATA_INSTALL_SCRIPT.template())).bearer_auth(token);
    let script = script.send().await.expect("an answer").text().await.expect("a body");
    assert!(script.contains("New-Service -Name") && script.contains("Set-PSDebug -Trace 1"), "{script}");
    let zip = format!("$fileName = Text '{}", hex::encode("actions-runner-win-x64-"));
    assert!(script.contains(&zip) && !script.contains(token), "{script}");
    std::fs::write(garm.directory().join("go"), "").expect("written");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_would_let_a_label_out_of_its_quotes_makes_no_script_and_the_runner_says_why() {
    let garm = Installation::set_up(Plan { jit: false, scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() }).await;
    let own = CreateTemplateParams {
        name: "old-style".into(),
        data: Base64(b"#!/bin/bash\n./config.sh --name '{{ .RunnerName }}' --labels '{{ .RunnerLabels }}'\n".to_vec()),
        os_type: "linux".into(),
        forge_type: "github".into(),
        ..CreateTemplateParams::default()
    };
    let id = garm.client().templates().create(&own).await.expect("made").id;
    let pool = garm.add_pool_with("keeps", "o'clock", |pool| {
        pool.template_id = Some(id);
        pool.max_runners = 1;
        pool.min_idle_runners = 1;
    });
    let pool = pool.await;
    let path = garm.directory().join("bootstrap");
    let told = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    let (name, token) = (told["name"].as_str().expect("a name"), told["instance-token"].as_str().expect("a token"));
    let script = async || {
        let url = format!("{}{}", garm.url, paths::METADATA_INSTALL_SCRIPT.template());
        let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    };
    let (status, refused) = script().await;
    let reason = "template old-style: failed to render runner install script: line 2: the value of .RunnerLabels would break out of the script's \
                  quotes: write {{ shellquote .RunnerLabels }} without quotes around it";
    assert!(status == 400 && refused.contains(reason), "{status} {refused}");
    let messages = garm.client().instances().get(name).await.expect("shown").status_messages;
    assert!(messages.iter().any(|said| said.event_level == "error" && said.message.starts_with(reason)), "{messages:?}");
    // The way out, while the machine still boots.
    let quoted = garm::api::UpdateTemplateParams {
        data: Some(Base64(b"./config.sh --name '{{ .RunnerName }}' --labels {{ shellquote .RunnerLabels }}\n".to_vec())),
        ..garm::api::UpdateTemplateParams::default()
    };
    garm.client().templates().update(id, &quoted).await.expect("changed");
    let (status, script) = script().await;
    let expected = format!("./config.sh --name '{name}' --labels 'self-hosted,o'\\''clock,runner-controller-id=");
    assert!(status == 200 && script.starts_with(&expected) && script.contains(&pool.id), "{status} {script}");
    std::fs::write(garm.directory().join("go"), "").expect("written");
    garm.finish().await;
}
