//! A machine to test with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::{BootstrapInstance, Tool};
use secrecy::SecretString;

use crate::CommonSpecs;

pub(crate) fn bootstrap() -> BootstrapInstance {
    BootstrapInstance {
        name: "garm-1".into(),
        tools: vec![Tool {
            os: Some("linux".into()),
            architecture: Some("x64".into()),
            download_url: Some("http://forge/runner.tar.gz".into()),
            filename: Some("runner.tar.gz".into()),
            temp_download_token: Some("download-token".into()),
            sha256_checksum: None,
        }],
        repo_url: "http://forge/octo/hello".into(),
        callback_url: "http://garm/callbacks".into(),
        metadata_url: "http://garm/metadata".into(),
        instance_token: SecretString::from("instance-token"),
        github_runner_group: "default".into(),
        ca_cert_bundle: Some(b"-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n".to_vec()),
        arch: "amd64".into(),
        os_type: "linux".into(),
        labels: Some(vec!["fast".into(), "self-hosted".into()]),
        ..BootstrapInstance::default()
    }
}

pub(crate) fn specs(template: &str) -> CommonSpecs {
    CommonSpecs { runner_install_template: Some(SecretString::from(STANDARD.encode(template))), ..CommonSpecs::default() }
}
