//! The data that make a machine a runner: its provider's document, and the context of its install script.

use std::time::Duration;

use super::services::{Error, Services, controller_label, pool_label};
use crate::crypto::token::InstanceClaims;
use crate::forge;
use crate::model::{Address, AddressKind, Entity, ForgeKind, InstanceStatus, MachineShape, Runner, RunnerTool, SecretString};
use crate::provider::{self, BootstrapInstance, ProxyConfig, Tool, UserDataOptions, with_install_template};
use crate::store::EntitySettings;
use crate::template::{self, InstallContext, WrapperContext};
use crate::time::Timestamp;

/// What the validity of an instance token adds to the bootstrap timeout: garm's polling interval, five minutes in the
/// documentation that defines the token.
pub const POLLING_INTERVAL: Duration = Duration::from_mins(5);

/// The claims of the token that binds a machine to its own callbacks and metadata.
#[must_use]
pub fn instance_token_claims(entity: &Entity, shape: &MachineShape, runner: &Runner, forge: ForgeKind, now: Timestamp) -> InstanceClaims {
    InstanceClaims {
        id: runner.id.to_string(),
        name: runner.name.to_string(),
        // The claim is called so since its beginnings; it holds the pool, and of a scale set nothing.
        provider_id: shape.set.pool().map(|id| id.to_string()).unwrap_or_default(),
        scope: entity.at.kind.to_string(),
        entity: entity.at.path(),
        create_attempt: runner.create_attempt,
        forge_type: forge.to_string(),
        is_agent: false,
        iss: InstanceClaims::ISSUER.to_owned(),
        exp: now.after(shape.bootstrap_timeout).after(POLLING_INTERVAL).as_secs(),
    }
}

/// The labels a runner registers with. With a just-in-time configuration the forge has them already, and those of a scale set it knows.
#[must_use]
pub fn runner_labels(view: &EntitySettings, shape: &MachineShape) -> Vec<String> {
    let Some(pool) = shape.set.pool() else { return Vec::new() };
    let marks = [controller_label(view.controller.id), pool_label(pool)];
    shape.labels.iter().cloned().chain(marks).collect()
}

/// The provider's document for a runner's machine.
pub(super) async fn bootstrap(
    services: &Services,
    view: &EntitySettings,
    shape: &MachineShape,
    runner: &Runner,
) -> Result<BootstrapInstance, Error> {
    let tools = services.store.tools(view.entity.id).await?.map(|(_, tools)| tools).unwrap_or_default();
    let family = forge::family(&view.endpoint)?;
    if family.find_tool(&tools, runner.os_type, runner.os_arch).is_none() {
        return Err(Error::Unready(format!("the forge offers no runner for {} on {}", runner.os_type, runner.os_arch)));
    }
    let claims = instance_token_claims(&view.entity, shape, runner, view.endpoint.kind, services.clock.now());
    let token = services.token_key.issue(&claims);
    let wrapper = wrapper(view, runner, &token)?;
    let jit = services.store.runner_jit(runner.id).await?.is_some();
    Ok(BootstrapInstance {
        name: runner.name.to_string(),
        tools: tools.into_iter().map(tool).collect(),
        repo_url: (family.registration_url)(&view.endpoint.base_url, &view.entity.at),
        callback_url: runner.callback_url.clone(),
        metadata_url: runner.metadata_url.clone(),
        instance_token: token,
        ssh_keys: None,
        extra_specs: Some(with_install_template(shape.extra_specs.as_deref(), &wrapper)),
        github_runner_group: runner.runner_group.clone(),
        ca_cert_bundle: ca_bundle(view),
        arch: runner.os_arch.to_string(),
        os_type: runner.os_type.to_string(),
        flavor: shape.flavor.clone(),
        image: shape.image.clone(),
        labels: (!jit).then(|| runner_labels(view, shape)),
        pool_id: shape.provider_pool.clone(),
        user_data_options: UserDataOptions::default(),
        jit_config_enabled: jit,
        proxy_config: ProxyConfig::default(),
    })
}

/// The certificates a machine must trust to reach forge and server.
fn ca_bundle(view: &EntitySettings) -> Option<Vec<u8>> {
    let bundles: Vec<&[u8]> =
        [&view.endpoint.ca_cert_bundle, &view.controller.ca_cert_bundle].into_iter().flatten().map(Vec::as_slice).collect();
    match bundles[..] {
        [] => None,
        [one] => Some(one.to_vec()),
        _ if bundles[0] == bundles[1] => Some(bundles[0].to_vec()),
        _ => Some(bundles.join(&b'\n')),
    }
}

/// The script a machine runs first: it fetches the real one from the metadata API.
fn wrapper(view: &EntitySettings, runner: &Runner, token: &SecretString) -> Result<String, Error> {
    let context = WrapperContext {
        callback_url: runner.callback_url.clone(),
        metadata_url: runner.metadata_url.clone(),
        callback_token: token.clone(),
        // Others get it from their provider.
        ca_bundle: ca_bundle(view).map(|bundle| String::from_utf8_lossy(&bundle).into_owned()).unwrap_or_default(),
        ..WrapperContext::default()
    };
    template::wrapper(runner.os_type, &context).map_err(|fault| {
        Error::Unready(format!("cannot write the first script of a {} machine for {}: {fault}", runner.os_type, view.entity.at))
    })
}

/// The context of a runner's install script, as the metadata API renders it.
///
/// # Errors
/// When the forge offers no download for the runner's system.
pub fn install_context(
    view: &EntitySettings,
    shape: &MachineShape,
    runner: &Runner,
    tools: &[RunnerTool],
    token: &SecretString,
    jit: bool,
    now: Timestamp,
) -> Result<InstallContext, Error> {
    let family = forge::family(&view.endpoint)?;
    let tool = family
        .find_tool(tools, runner.os_type, runner.os_arch)
        .ok_or_else(|| Error::Unready(format!("the forge offers no runner for {} on {}", runner.os_type, runner.os_arch)))?;
    let specs = ExtraSpecs::read(shape);
    Ok(InstallContext {
        file_name: tool.filename.clone(),
        download_url: tool.download_url.clone(),
        temp_download_token: SecretString::from(tool.temp_download_token.clone()),
        sha256_checksum: tool.sha256_checksum.clone(),
        runner_username: InstallContext::USER.into(),
        runner_group: InstallContext::USER.into(),
        repo_url: (family.registration_url)(&view.endpoint.base_url, &view.entity.at),
        runner_name: runner.name.to_string(),
        runner_labels: if jit { String::new() } else { runner_labels(view, shape).join(",") },
        metadata_url: runner.metadata_url.clone(),
        callback_url: runner.callback_url.clone(),
        callback_token: token.clone(),
        forge_runner_group: runner.runner_group.clone(),
        ca_bundle: view.endpoint.ca_cert_bundle.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned(),
        extra_context: specs.extra_context,
        enable_boot_debug: specs.enable_boot_debug,
        use_jit_config: jit,
        seconds_left: time_left(runner, shape, now).as_secs(),
        ..InstallContext::default()
    })
}

/// How long the planner still waits for the runner: it counts from when the machine was known to run.
fn time_left(runner: &Runner, shape: &MachineShape, now: Timestamp) -> Duration {
    let since = if runner.status == InstanceStatus::Running { runner.status_at } else { now };
    since.after(shape.bootstrap_timeout).since(now)
}

/// The keys of extra specs that concern the install script; everything else is the provider's.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct ExtraSpecs {
    extra_context: std::collections::BTreeMap<String, String>,
    enable_boot_debug: bool,
}

impl ExtraSpecs {
    /// Extra specs are opaque: what is not of the expected shape is left to the provider to complain about.
    fn read(shape: &MachineShape) -> Self {
        shape.extra_specs.as_ref().and_then(|specs| serde_json::from_str(specs.get()).ok()).unwrap_or_default()
    }
}

fn tool(tool: RunnerTool) -> Tool {
    Tool {
        os: Some(tool.os),
        architecture: Some(tool.architecture),
        download_url: Some(tool.download_url),
        filename: Some(tool.filename),
        temp_download_token: Some(tool.temp_download_token),
        sha256_checksum: Some(tool.sha256_checksum),
    }
}

/// A provider's address in our words.
pub(super) fn address(address: provider::Address) -> Address {
    let kind = match address.kind {
        provider::AddressKind::Public => AddressKind::Public,
        provider::AddressKind::Private => AddressKind::Private,
    };
    Address { address: address.address, kind }
}
