//! A provider prints all that it was given: its standard input, its environment, the extra specs of its pool in several coats. It repeats what a
//! machine was made with whenever that is looked for or removed, as a cloud does with user data.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use garm::api::Instance;
use garm::client::EntityFilter;
use garm::model::EntityKind;
use serde_json::{Value, json};

use crate::harness::{Installation, Plan, databases};

/// A value with characters that quoting changes.
const PASSWORD: &str = "Planted7 Specs/Value\"Qx9v'Lm+Z2r\\fTfY";
/// A line of a script that is a value in base64.
const LINE: &str = "export CLOUD_KEY=Planted7ScriptLineQx9vLmZ2r";

/// Prints everything, many lines of it, and fails with every command. `FIRST` and `LAST` mark the ends.
const REPEATS: &str = r#"#!/bin/sh
[ $GARM_COMMAND != CreateInstance ] || { cat >@DIR@/given.new && mv @DIR@/given.new @DIR@/given; }
token=$(sed -n 's/.*"instance-token" *: *"\([^"]*\)".*/\1/p' @DIR@/given)
{ echo "FIRST $token"; cat @DIR@/given; echo; env; echo "$GARM_POOL_EXTRASPECS" | base64 -d; echo; echo "$GARM_POOL_EXTRASPECS" | base64 -d | base64 -w 76
i=0; while [ $i -lt 100 ]; do echo "line $i of many"; i=$((i + 1)); done
echo "made with $token"; echo "TOKEN=$token" | base64 -w 76; echo "TOKEN=$token" | base64 -w 0 | base64 -w 0; echo; echo LAST; } | tee /dev/stderr
exit 1
"#;

fn fault(instance: &Instance) -> String {
    instance.provider_fault.as_ref().map(|fault| String::from_utf8_lossy(&fault.0).into_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_repeats_of_its_input_is_neither_in_the_log_nor_in_a_fault() {
    for database in databases().await {
        let plan = Plan { database, scripts: vec![("repeats", REPEATS)], watch: false, ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        let script = garm::api::Base64(format!("#!/bin/sh\n{LINE}\n").into_bytes());
        let specs = json!({ "password": PASSWORD, "deep": { "list": ["Planted7DeepValue"] }, "pin": 73_113_377, "script": script });
        let specs = serde_json::value::to_raw_value(&specs).expect("JSON");
        garm.add_pool_with("repeats", "told", |pool| {
            pool.max_runners = 1;
            pool.min_idle_runners = 1;
            pool.extra_specs = Some(specs);
        })
        .await;
        let failed = garm
            .until("an attempt has failed, and its removal", async |garm| {
                let found = garm.instances().await.into_iter().find(|instance| fault(instance).contains("could not be removed"));
                found.filter(|_| garm.log().matches("the provider could not make the machine").count() >= 1)
            })
            .await;
        let (fault, log) = (fault(&failed), garm.log());
        let given: Value = serde_json::from_slice(&std::fs::read(garm.directory().join("given")).expect("written")).expect("JSON");
        let token = given["instance-token"].as_str().expect("a token");
        let once = STANDARD.encode(format!("TOKEN={token}\n"));
        let of_token = [&token[..60], &token[token.len() - 20..], &once[20..60], &STANDARD.encode(&once)[30..70]];
        let events = format!("{:?}", garm.client().entities(EntityKind::Repository).list(&EntityFilter::default()).await);
        let shown = format!("{:?}", garm.client().providers().get("repeats").await.expect("shown"));
        assert!(fault.contains("LAST") && fault.contains("line 99 of many"), "the end is shown to people: {fault}");
        let (of_creation, of_removal) = fault.split_once("could not be removed").expect("both are told");
        assert!(of_creation.contains("made with ***") && of_removal.contains("made with ***"), "{fault}");
        let parts = ["Planted7 Specs", "Qx9v", "Planted7DeepValue", "73113377", "CLOUD_KEY", "UGxhbnRlZDcg", "Planted7ScriptLine"];
        for (place, text) in [("fault", &fault), ("log", &log), ("events", &events), ("provider", &shown)] {
            for part in parts.into_iter().chain(of_token) {
                assert!(!text.contains(part), "{part} is in the {place}: {text}");
            }
        }
        for line in log.lines() {
            assert!(!line.contains("line 98 of many") && line.len() < 2000, "more than one line of its words: {line}");
        }
        let attempts = log.matches("asking the provider for the machine").count();
        let told = log.lines().filter(|line| line.contains("CreateInstance failed")).count();
        assert!(told <= attempts, "{told} lines tell of {attempts} attempts");
        garm.finish().await;
    }
}
