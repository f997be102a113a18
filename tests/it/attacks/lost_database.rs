//! The file of the database goes while the server runs: nothing is answered that would be lost, and the server ends and says why.

use std::path::Path;

use garm::api::{CreateEndpointParams, CreateTemplateParams};

use crate::harness::{Installation, Plan};

/// Does something to the database file, and sees how the server ends.
async fn check(what: &str, expected: &str, attack: impl Fn(&Path)) {
    let mut garm = Installation::set_up(Plan::default()).await;
    attack(garm.directory());
    let endpoint = CreateEndpointParams {
        name: "late".into(),
        base_url: "https://late.example.com".into(),
        api_base_url: "https://late.example.com".into(),
        ..CreateEndpointParams::default()
    };
    assert!(garm.client().endpoints().create(&endpoint).await.is_err(), "{what}: it would be lost");
    assert!(garm.client().endpoints().list().await.is_err(), "{what}: what is read may not be there any more");
    let status = garm.server_ends().await;
    assert!(!status.success(), "{what}: {status}");
    let log = garm.log();
    assert!(log.contains(expected), "{what}: {log}");
    assert!(log.contains("hint: put the file back from a backup"), "{what}: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_file_that_is_removed_or_replaced_ends_the_server_before_it_promises_anything() {
    let remove = |name: &'static str| move |dir: &Path| std::fs::remove_file(dir.join(name)).expect("removed");
    check("removed", "garm.db was removed while the server ran", remove("garm.db")).await;
    // It was removed, or replaced, where the server has opened another connection meanwhile.
    check("without its WAL", "garm.db-wal was re", remove("garm.db-wal")).await;
    check("replaced", "garm.db was replaced by another file while the server ran", |dir| {
        std::fs::copy(dir.join("garm.db"), dir.join("backup")).expect("copied");
        std::fs::rename(dir.join("backup"), dir.join("garm.db")).expect("moved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_and_a_command_beside_the_server_are_no_loss() {
    let garm = Installation::set_up(Plan::default()).await;
    std::fs::copy(garm.directory().join("garm.db"), garm.directory().join("backup")).expect("copied");
    for _ in 0..3 {
        assert_eq!(crate::admin::admin(&garm, &["list"]).0, Some(0));
    }
    let template = CreateTemplateParams {
        name: "mine".into(),
        os_type: "linux".into(),
        forge_type: "github".into(),
        data: garm::api::Base64(b"#!/bin/sh\n".to_vec()),
        ..CreateTemplateParams::default()
    };
    garm.client().templates().create(&template).await.expect("kept");
    garm.finish().await;
}
