//! Providers as operators see them: what they accept, how their calls went, what they said.

use crate::cli::{run, set_up};
use crate::harness::Plan;

/// Offers a schema, tells on standard error what it does with a value of the extra specs, which is masked, and lets the real provider make the machine.
const TALKATIVE: &str = r#"#!/bin/sh
case $GARM_COMMAND in
GetVersion) echo v9.8.7; exit;;
GetSupportedInterfaceVersions) echo '["v0.1.0"]'; exit;;
GetExtraSpecsJSONSchema)
  echo '{"type":"object","additionalProperties":false,"required":["zone"],"properties":{
    "zone":{"type":"string","enum":["north","south"],"description":"Where machines stand."},
    "disk":{"type":"object","properties":{"size":{"type":"integer","minimum":1}}}}}'
  exit;;
esac
echo "talkative: $GARM_COMMAND in zone north" >&2
exec @DIR@/provider-local"#;

#[tokio::test(flavor = "multi_thread")]
async fn extra_specs_are_checked_before_anything_is_made_and_what_the_provider_says_is_kept() {
    let plan = Plan { scripts: vec![("talkative", TALKATIVE)], ..Plan::default() };
    let garm = set_up(plan).await;
    let add = |specs: &'static str| {
        let arguments = ["pool", "add", "--repo", "octo/hello", "--provider-name", "talkative", "--image", "i", "--flavor", "f"];
        let more = ["--tags", "self-hosted,talk", "--max-runners", "2", "--min-idle-runners", "0", "--enabled", "--extra-specs", specs];
        run(&garm, &[&arguments[..], &more[..]].concat())
    };
    let (code, shown, told) = add(r#"{"zone": "planted-value", "disk": {"size": "big"}, "zoom": 1}"#);
    assert_eq!((code, shown.as_str()), (Some(1), ""), "{told}");
    for part in ["zone: the value", "disk.size: the value is not of type \"integer\"", "zoom", "`garm provider show talkative`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("planted-value"), "{told}");
    assert!(garm.client().pools().list().await.expect("listed").is_empty(), "nothing was made");
    let (code, _, told) = add("{}");
    assert!(code == Some(1) && told.contains("\"zone\" is a required property"), "{told}");
    let (code, _, told) = add(r#"{"zone": "north"}"#);
    assert_eq!(code, Some(0), "{told}");
    let pool = garm.client().pools().list().await.expect("listed").remove(0).id;
    let (code, _, told) = run(&garm, &["pool", "update", &pool, "--extra-specs", r#"{"zone": 3}"#]);
    assert!(code == Some(1) && told.contains("zone: the value is not of type \"string\""), "{told}");

    let job = garm.queue_job("one", "talk");
    let said = garm
        .until("the runner tells what its provider said", async |garm| {
            let listed = garm.instances().await;
            let runner = garm.client().instances().get(&listed.first()?.name).await.ok()?;
            runner.status_messages.into_iter().find(|message| message.message.contains("the provider said"))
        })
        .await;
    assert!(said.message.contains("talkative: CreateInstance in zone ***"), "{}", said.message);
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;
    let (_, shown, _) = run(&garm, &["provider", "show", "talkative"]);
    for part in [
        "v9.8.7",
        "zone",
        "one of \"north\", \"south\"",
        "Where machines stand.",
        "disk.size",
        "CreateInstance",
        "talkative: CreateInstance in zone ***",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    let details = garm.client().providers().get("talkative").await.expect("shown");
    let created = details.calls.iter().find(|calls| calls.command == "CreateInstance").expect("one was made");
    assert_eq!((created.ended, created.failed, created.running), (1, 0, 0));
    assert_eq!(created.buckets.last().map(|bucket| bucket.count), Some(1));
    let (code, _, told) = run(&garm, &["provider", "show", "nope"]);
    assert!(code == Some(1) && told.contains("provider nope does not exist"), "{told}");
    garm.finish().await;
}
