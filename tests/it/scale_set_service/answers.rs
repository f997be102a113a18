//! What the client asks, and how it reads each kind of answer.

use garm::forge::Error;
use garm::model::{JobMessageKind, MessageSession, RunnerName, ScaleSetSettings, ServiceFault};
use garm::time::Timestamp;
use serde_json::json;

use super::web::{ADMIN, QUEUE, SCALE_SET, SESSION, Web, exception, id, scale_set};

#[tokio::test]
async fn scale_sets_are_found_by_names_with_any_character() {
    let web = Web::start().await;
    let service = web.service();
    let name = "big & wide/ü?";
    web.say("/runnerscalesets?", 200, json!({ "count": 1, "value": [scale_set(name)] }));
    web.say("/runnergroups/?", 200, json!({ "count": 1, "value": [{ "id": 4, "name": "a&b", "size": 1, "isDefaultGroup": false }] }));
    assert_eq!(service.find_group("A&B").await.expect("asked").map(|group| group.id), Some(4));
    assert_eq!(service.find_group("").await.expect("known").map(|group| (group.id, group.is_default)), Some((1, true)));
    let found = service.find_scale_set(4, name).await.expect("asked").expect("found");
    assert_eq!((found.id, found.disable_update, found.labels.len(), found.statistics), (SCALE_SET, true, 0, None));
    let lines = web.lines();
    assert!(lines[2].starts_with("GET /tenant/5/_apis/runtime/runnergroups/?route=a%20b&groupName=A%26B&api-version="), "{lines:?}");
    assert!(lines[3].contains("&runnerGroupId=4&name=big+%26+wide%2F%C3%BC%3F&"), "{lines:?}");
    web.say("/runnerscalesets?", 200, json!({ "count": 0, "value": [] }));
    assert_eq!(service.find_scale_set(4, name).await.expect("asked"), None);
}

#[tokio::test]
async fn a_scale_set_is_made_changed_and_removed() {
    let web = Web::start().await;
    let service = web.service();
    let settings = ScaleSetSettings { name: "arm".into(), group_id: 1, labels: vec!["arm".into(), "gpu".into()], disable_update: false };
    web.say("/runnerscalesets", 200, scale_set("arm"));
    assert_eq!(service.create_scale_set(&settings).await.expect("made").id, SCALE_SET);
    assert_eq!(service.update_scale_set(SCALE_SET, &settings).await.expect("changed").name, "arm");
    let asked = web.asked();
    assert!(asked[2].line.starts_with("POST /tenant/5/_apis/runtime/runnerscalesets?"));
    assert!(asked[3].line.starts_with("PATCH /tenant/5/_apis/runtime/runnerscalesets/31?"));
    assert_eq!(asked[3].body["RunnerSetting"], json!({ "ephemeral": true, "disableUpdate": false }), "what is switched off is told, too");
    assert_eq!(asked[3].body["labels"], json!([{ "type": "System", "name": "arm" }, { "type": "System", "name": "gpu" }]));

    web.text("/runnerscalesets/31", 204, "");
    service.delete_scale_set(SCALE_SET).await.expect("removed");
    web.say("/runnerscalesets", 409, exception("RunnerScaleSetExistsException", "arm exists"));
    let fault = service.create_scale_set(&settings).await.expect_err("taken");
    assert!(matches!(fault, Error::ScaleSetExists { status: 409, .. }) && fault.to_string().contains("arm exists"), "{fault}");

    web.say("/runnerscalesets/31", 404, exception("RunnerScaleSetNotFoundException", "No runner scale set found"));
    service.delete_scale_set(SCALE_SET).await.expect("it is gone");
    for fault in [
        service.get_scale_set(SCALE_SET).await.expect_err("gone"),
        service.update_scale_set(SCALE_SET, &settings).await.expect_err("gone"),
        service.create_session(SCALE_SET, "garm-1").await.expect_err("gone"),
        service.refresh_session(SCALE_SET, id()).await.expect_err("gone"),
    ] {
        assert!(matches!(fault, Error::ScaleSetGone { .. }) && fault.to_string().contains("No runner scale set found"), "{fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::ScaleSetGone);
    }
    web.text("/runnerscalesets/31", 404, "<title>default backend - 404</title>");
    assert!(matches!(service.delete_scale_set(SCALE_SET).await, Err(Error::Garbled(_))), "a page is no word of the service");
}

#[tokio::test]
async fn a_session_is_opened_renewed_and_ended_and_a_conflict_tells_its_owner() {
    let web = Web::start().await;
    let service = web.service();
    let session = json!({
        "sessionId": SESSION, "ownerName": "garm-1", "runnerScaleSet": scale_set("arm"), "messageQueueAccessToken": QUEUE,
        "messageQueueUrl": format!("{}/queue/message?sessionId={SESSION}", web.url), "statistics": { "totalAssignedJobs": "3" },
    });
    web.say("/sessions", 200, session);
    let opened = service.create_session(SCALE_SET, "garm-1").await.expect("opened");
    assert_eq!((opened.id, opened.owner.as_str()), (id(), "garm-1"));
    assert_eq!(opened.statistics.map(|statistics| statistics.assigned_jobs), Some(3));
    service.refresh_session(SCALE_SET, id()).await.expect("renewed");
    let asked = web.asked();
    assert_eq!(asked[2].body, json!({ "ownerName": "garm-1" }));
    assert!(asked[3].line.starts_with(&format!("PATCH /tenant/5/_apis/runtime/runnerscalesets/31/sessions/{SESSION}?")));

    for (message, owner) in [
        ("The runner scale set arm already has an active session for owner garm-0.", Some("garm-0")),
        ("The actions runner scaleset arm already has an active session.", None),
    ] {
        web.say("/sessions", 409, exception("RunnerScaleSetSessionConflictException", message));
        let fault = service.create_session(SCALE_SET, "garm-1").await.expect_err("in the way");
        assert!(fault.to_string().contains("already has an active session"), "{fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::SessionConflict { owner: owner.map(str::to_owned) });
    }
    web.say("/sessions", 404, exception("SomethingNotFoundException", "no such session"));
    assert!(matches!(service.refresh_session(SCALE_SET, id()).await, Err(Error::SessionGone { .. })));
    service.delete_session(SCALE_SET, id()).await.expect("it is gone");
    web.text("/sessions", 204, "");
    service.delete_session(SCALE_SET, id()).await.expect("ended");
    web.say("/sessions", 200, json!({ "sessionId": SESSION, "messageQueueUrl": null }));
    assert_eq!(service.create_session(SCALE_SET, "garm-1").await.expect("opened").queue_url, "");
}

#[tokio::test]
async fn a_poll_promises_a_capacity_also_none_and_reads_what_comes() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    web.text("GET /queue/message", 202, "");
    assert_eq!(service.poll(&session, 0, 0).await.expect("polled"), None);
    let asked = web.asked();
    let poll = asked.last().expect("a poll");
    assert_eq!(poll.line, format!("GET /queue/message?sessionId={SESSION}"));
    assert_eq!((poll.header("x-scalesetmaxcapacity"), poll.header("authorization")), ("0", format!("Bearer {QUEUE}").as_str()));
    assert_eq!(poll.header("accept"), "application/json; api-version=6.0-preview");

    let body = json!([
        { "messageType": "JobAvailable", "runnerRequestId": 101, "jobId": "a" },
        { "messageType": "JobStarted", "runnerId": { } },
        { "messageType": "JobAssigned", "runnerRequestId": 0, "jobId": "b", "requestLabels": ["arm"] },
    ]);
    let message = json!({
        "messageId": 17, "messageType": "RunnerScaleSetJobMessages", "body": body.to_string(), "statistics": { "totalAssignedJobs": 2 },
    });
    web.say("GET /queue/message", 200, message.clone());
    let read = service.poll(&session, 16, 4).await.expect("polled").expect("a message");
    assert_eq!(web.lines(), [format!("GET /queue/message?sessionId={SESSION}&lastMessageId=16")]);
    assert_eq!((read.id, read.statistics.map(|statistics| statistics.assigned_jobs)), (17, Some(2)));
    let kinds: Vec<_> = read.items.iter().map(|item| item.read.as_ref().ok().map(|job| job.kind.clone())).collect();
    assert_eq!(kinds, [Some(JobMessageKind::Available), None, Some(JobMessageKind::Assigned)]);

    let text = message.to_string();
    for (status, body, told) in [
        (200, &text[..text.len() / 2], "it was cut after"),
        (200, "", "it was cut after 0 bytes"),
        (200, "{}", "a message without a number"),
        (200, "<title>Captive portal</title>", "Captive portal"),
        (500, r#"{"message":"TF14045: no database"}"#, "(500 TF14045: no database)"),
        (404, "nothing here", "no JSON (404 nothing here)"),
    ] {
        web.text("GET /queue/message", status, body);
        let fault = service.poll(&session, 0, 1).await.expect_err("no message");
        assert!(fault.to_string().contains(told), "{status} {body}: {fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::Other, "{fault:?}");
    }
    for (status, fault) in
        [(401, ServiceFault::TokenExpired), (404, ServiceFault::SessionGone), (400, ServiceFault::Refused), (403, ServiceFault::Refused)]
    {
        web.say("GET /queue/message", status, json!({ "message": "no" }));
        assert_eq!(service.poll(&session, 0, 1).await.expect_err("refused").service_fault(Timestamp::EPOCH), fault);
    }
    let elsewhere = MessageSession { queue_url: "file:///etc/passwd".into(), ..session };
    assert!(matches!(service.poll(&elsewhere, 0, 1).await, Err(Error::Garbled(_))));
}

#[tokio::test]
async fn an_answer_without_end_is_read_to_a_bound() {
    let web = Web::start().await;
    web.text("GET /queue/message", 200, &" ".repeat(17 * 1024 * 1024));
    let fault = web.service().poll(&web.session(), 0, 1).await.expect_err("too much");
    assert!(fault.to_string().contains("more than 16777216 bytes"), "{fault}");
}

#[tokio::test]
async fn messages_are_acknowledged_and_jobs_acquired_with_the_token_of_the_queue() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    web.text("DELETE /queue/message/17", 204, "");
    service.acknowledge(&session, 17).await.expect("acknowledged");
    let asked = web.asked();
    assert_eq!(asked.last().expect("a request").line, format!("DELETE /queue/message/17?sessionId={SESSION}"));
    web.say("DELETE /queue/message/17", 404, json!({}));
    service.acknowledge(&session, 17).await.expect("it is not there");
    web.asked();

    web.say("/acquirejobs", 200, json!({ "count": 2, "value": [101] }));
    assert_eq!(service.acquire(SCALE_SET, &session, &[101, 102]).await.expect("asked"), Some(vec![101]));
    let asked = web.asked().pop().expect("a request");
    assert!(asked.line.starts_with("POST /tenant/5/_apis/runtime/runnerscalesets/31/acquirejobs?"), "{}", asked.line);
    assert_eq!((asked.header("authorization"), &asked.body), (format!("Bearer {QUEUE}").as_str(), &json!([101, 102])));
    web.say("/acquirejobs", 404, json!({ "message": "No such route" }));
    assert_eq!(service.acquire(SCALE_SET, &session, &[101]).await.expect("asked"), None, "this service assigns by itself");
    web.say("/acquirejobs", 404, exception("RunnerScaleSetNotFoundException", "gone"));
    assert!(matches!(service.acquire(SCALE_SET, &session, &[101]).await, Err(Error::ScaleSetGone { .. })));
    web.say("/acquirejobs", 401, json!({}));
    assert!(matches!(service.acquire(SCALE_SET, &session, &[101]).await, Err(Error::TokenExpired { .. })));
    web.say("/acquirejobs", 200, json!({ "value": [101] }));
    web.asked();
    service.acquire(SCALE_SET, &session, &[101]).await.expect("acquired");
    assert_eq!(web.asked().len(), 1, "the token of the service was not the one that was refused");
}

#[tokio::test]
async fn runners_are_registered_listed_found_and_removed() {
    let web = Web::start().await;
    let service = web.service();
    let jit = "eyIucnVubmVyIjoiZTMwPSJ9";
    web.say(
        "/generatejitconfig",
        200,
        json!({ "runner": { "id": 42, "name": "garm-a", "runnerScaleSetId": 31 }, "encodedJITConfig": jit }),
    );
    let name = RunnerName::from("garm-a");
    let registered = service.register_jit(SCALE_SET, &name).await.expect("registered");
    assert_eq!((registered.agent_id, registered.jit.files.keys().next().map(String::as_str)), (42, Some(".runner")));
    assert_eq!(web.asked().last().expect("a request").body, json!({ "name": "garm-a", "workFolder": "_work" }));
    web.say("/generatejitconfig", 409, exception("AgentExistsException", "garm-a is there"));
    assert!(matches!(service.register_jit(SCALE_SET, &name).await, Err(Error::Exists)));
    web.say("/generatejitconfig", 200, json!({ "runner": { "id": 42 }, "encodedJITConfig": "!!" }));
    assert!(matches!(service.register_jit(SCALE_SET, &name).await, Err(Error::Garbled(_))));

    let agents = json!([
        { "id": 42, "name": "garm-a", "runnerScaleSetId": 31, "status": "online", "busy": true, "labels": null },
        { "id": 43, "name": "vm", "runnerScaleSetId": 0, "status": "offline" },
    ]);
    web.say("/agents?", 200, json!({ "count": 1, "value": agents }));
    let runners = service.list_runners().await.expect("listed");
    let told: Vec<_> = runners.iter().map(|found| (found.runner.agent_id, found.scale_set_id, found.runner.busy)).collect();
    assert_eq!(told, [(42, Some(SCALE_SET), true), (43, None, false)]);
    assert_eq!(service.find_runner(&name).await.expect("asked").map(|found| found.runner.agent_id), Some(42));
    assert!(web.lines().last().expect("a request").contains("&agentName=garm-a&"));

    web.text("/agents/42", 204, "");
    service.remove_runner(42).await.expect("removed");
    web.say("/agents/42", 400, exception("JobStillRunningException", "it works"));
    assert!(matches!(service.remove_runner(42).await, Err(Error::Busy)));
    for (status, body) in [(404, json!({})), (400, exception("AgentNotFoundException", "no such agent"))] {
        web.say("/agents/42", status, body);
        service.remove_runner(42).await.expect("it is not there");
    }
    web.text("/agents/42", 404, "<title>No such site</title>");
    assert!(matches!(service.remove_runner(42).await, Err(Error::Garbled(_))));
}

#[tokio::test]
async fn a_session_that_is_served_again_tells_the_others() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    let mut recoveries = service.recoveries();
    web.text("GET /queue/message", 202, "");
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(!recoveries.has_changed().expect("open"), "nothing had failed");
    web.text("GET /queue/message", 500, "");
    service.poll(&session, 0, 1).await.expect_err("it fails");
    assert!(!recoveries.has_changed().expect("open"));
    web.text("GET /queue/message", 202, "");
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(recoveries.has_changed().expect("open"));
    recoveries.mark_unchanged();
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(!recoveries.has_changed().expect("open"), "once");
}

#[tokio::test]
async fn no_error_brings_a_token_back() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    for status in [302, 400, 401, 403, 404, 409, 429, 500] {
        let body = json!({ "typeName": "X", "message": format!("you sent {ADMIN} and {QUEUE}") });
        web.say("/queue/message", status, body.clone());
        web.say("/runnerscalesets", status, body);
        let faults = [
            service.poll(&session, 0, 1).await.expect_err("refused"),
            service.create_session(SCALE_SET, "garm-1").await.expect_err("refused"),
        ];
        let told = [format!("{:?} {}", faults[0], faults[0]), format!("{:?} {}", faults[1], faults[1])];
        assert!(!told[0].contains(QUEUE) && !told[1].contains(ADMIN), "{told:?}");
    }
    assert!(!format!("{service:?} {session:?}").contains("a-token-of"), "{service:?}");
}
