//! GitHub as a family of forges.

use std::sync::Arc;

use super::client::Github;
use super::delivery::{DECODER, JOB_EVENT};
use super::place::registration_url;
use super::service::{service_name, unit_file};
use crate::forge::family::Family;
use crate::model::{Endpoint, EndpointName, ForgeKind, OsArch, OsType};
use crate::time::Timestamp;

pub(in crate::forge) const FAMILY: Family = Family {
    kind: ForgeKind::Github,
    connect: |endpoint, credentials, proxies, clock, metrics, purse| {
        Ok(Arc::new(Github::new(endpoint, credentials, proxies, clock, metrics, purse)?))
    },
    first_endpoint: Some(first_endpoint),
    decoder: DECODER,
    job_event: JOB_EVENT,
    registration_url,
    download_words,
    service_name,
    unit_file,
};

/// github.com: most people use it, and upstream has it from the start.
fn first_endpoint() -> Endpoint {
    Endpoint {
        name: EndpointName::from("github.com"),
        description: "The github.com endpoint".into(),
        kind: ForgeKind::Github,
        base_url: "https://github.com".into(),
        api_base_url: "https://api.github.com/".into(),
        upload_base_url: "https://uploads.github.com/".into(),
        ca_cert_bundle: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}

fn download_words(os: OsType, arch: OsArch) -> (&'static str, &'static str) {
    let os = match os {
        OsType::Linux => "linux",
        OsType::Windows => "win",
        OsType::Unknown => "unknown",
    };
    let arch = match arch {
        OsArch::Amd64 => "x64",
        OsArch::I386 => "x86",
        OsArch::Arm64 => "arm64",
        OsArch::Arm => "arm",
    };
    (os, arch)
}
