//! The arguments that make and change a scale set.

use clap::Args;

use crate::api::{CreateScaleSetParams, Instance, UpdateScaleSetParams};
use crate::cli::entity::OwnerArgs;
use crate::cli::sets::{SetArgs, SpecsArgs, template_id, whole_seconds};
use crate::cli::switches::yes_or_no;
use crate::cli::{Error, changes, names};
use crate::client::Client;

/// The scale set that a command is about.
#[derive(Debug, Args)]
pub(in crate::cli) struct ScaleSetArgs {
    /// Number or name of the scale set
    scale_set: String,
}

impl ScaleSetArgs {
    /// The number. A number is not looked up, as a name it may have several meanings.
    pub(super) async fn number(&self, client: &Client) -> Result<i64, Error> {
        names::scale_set(client, &self.scale_set).await
    }
}

impl SetArgs for ScaleSetArgs {
    async fn runners(&self, client: &Client, outdated: bool) -> Result<Vec<Instance>, Error> {
        Ok(client.scale_sets().instances(self.number(client).await?, outdated).await?)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    pub(super) owner: OwnerArgs,
    /// Name of the scale set, which jobs ask for as a label
    #[arg(long)]
    name: String,
    /// The provider that makes the machines
    #[arg(long)]
    provider_name: String,
    /// Provider-specific image
    #[arg(long)]
    image: String,
    /// Provider-specific size
    #[arg(long)]
    flavor: String,
    /// Further labels that jobs may ask for, separated by commas
    #[arg(long, value_delimiter = ',')]
    labels: Vec<String>,
    /// Highest number of runners
    #[arg(long, default_value_t = 5)]
    max_runners: u32,
    /// Number of idle runners kept ready
    #[arg(long, default_value_t = 1)]
    min_idle_runners: u32,
    /// Operating system: linux or windows
    #[arg(long, default_value = "linux")]
    os_type: String,
    /// Architecture: amd64, arm64 or arm
    #[arg(long, default_value = "amd64")]
    os_arch: String,
    /// Prefix of runner names
    #[arg(long, default_value = "")]
    runner_prefix: String,
    /// Minutes that a runner may take to come up
    #[arg(long, default_value_t = 20)]
    runner_bootstrap_timeout: u64,
    /// Runner group at the forge [default: Default]
    #[arg(long, default_value = "", hide_default_value = true)]
    runner_group: String,
    /// Enables the scale set: it takes jobs and makes runners at once
    #[arg(long)]
    enabled: bool,
    /// Keeps runners from updating themselves
    #[arg(long)]
    disable_update: bool,
    /// Lets the agent of a runner offer a shell (stored only: runners have no agent)
    #[arg(long)]
    enable_shell: bool,
    /// Name or number of the install template [default: the one that came with the program]
    #[arg(long)]
    runner_install_template: Option<String>,
    /// Holds the machine of a runner that failed for a look, one at a time: 30m, 2h
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
    keep_failed: Option<u64>,
    #[command(flatten)]
    specs: SpecsArgs,
}

#[derive(Debug, Args)]
#[command(group = changes([
    "name", "image", "flavor", "labels", "max_runners", "min_idle_runners", "os_type", "os_arch", "runner_prefix", "runner_bootstrap_timeout",
    "runner_group", "enabled", "disable_update", "enable_shell", "runner_install_template", "keep_failed", "extra_specs", "extra_specs_file",
]))]
pub(in crate::cli) struct UpdateArgs {
    #[command(flatten)]
    pub(super) of: ScaleSetArgs,
    /// Name of the scale set, which jobs ask for as a label
    #[arg(long)]
    name: Option<String>,
    /// Provider-specific image
    #[arg(long)]
    image: Option<String>,
    /// Provider-specific size
    #[arg(long)]
    flavor: Option<String>,
    /// Further labels that jobs may ask for, separated by commas; an empty one takes all of them away
    #[arg(long, value_delimiter = ',')]
    labels: Option<Vec<String>>,
    /// Highest number of runners
    #[arg(long)]
    max_runners: Option<u32>,
    /// Number of idle runners kept ready
    #[arg(long)]
    min_idle_runners: Option<u32>,
    /// Operating system: linux or windows
    #[arg(long)]
    os_type: Option<String>,
    /// Architecture: amd64, arm64 or arm
    #[arg(long)]
    os_arch: Option<String>,
    /// Prefix of runner names
    #[arg(long)]
    runner_prefix: Option<String>,
    /// Minutes that a runner may take to come up
    #[arg(long)]
    runner_bootstrap_timeout: Option<u64>,
    /// Runner group at the forge
    #[arg(long)]
    runner_group: Option<String>,
    /// Whether the scale set takes jobs and makes runners
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    enabled: Option<bool>,
    /// Whether runners are kept from updating themselves
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    disable_update: Option<bool>,
    /// Whether the agent of a runner may offer a shell (stored only: runners have no agent)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    enable_shell: Option<bool>,
    /// Name or number of the install template
    #[arg(long)]
    runner_install_template: Option<String>,
    /// Holds the machine of a runner that failed for a look, one at a time: 30m, 2h; 0 holds none, and lets go of one that is held
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
    keep_failed: Option<u64>,
    #[command(flatten)]
    specs: SpecsArgs,
}

impl AddArgs {
    pub(super) async fn params(&self, client: &Client) -> Result<CreateScaleSetParams, Error> {
        Ok(CreateScaleSetParams {
            runner_prefix: self.runner_prefix.clone(),
            name: self.name.clone(),
            disable_update: self.disable_update,
            provider_name: self.provider_name.clone(),
            max_runners: self.max_runners,
            min_idle_runners: self.min_idle_runners,
            image: self.image.clone(),
            flavor: self.flavor.clone(),
            os_type: self.os_type.clone(),
            os_arch: self.os_arch.clone(),
            enabled: self.enabled,
            runner_bootstrap_timeout: self.runner_bootstrap_timeout,
            extra_specs: self.specs.read()?,
            enable_shell: self.enable_shell,
            github_runner_group: self.runner_group.clone(),
            template_id: template_id(client, self.runner_install_template.as_deref()).await?,
            labels: self.labels.clone(),
            proxy_id: None,
            keep_failed_seconds: self.keep_failed.unwrap_or_default(),
        })
    }
}

impl UpdateArgs {
    pub(super) async fn params(&self, client: &Client) -> Result<UpdateScaleSetParams, Error> {
        Ok(UpdateScaleSetParams {
            runner_prefix: self.runner_prefix.clone().unwrap_or_default(),
            name: self.name.clone().unwrap_or_default(),
            disable_update: self.disable_update,
            enabled: self.enabled,
            max_runners: self.max_runners,
            min_idle_runners: self.min_idle_runners,
            runner_bootstrap_timeout: self.runner_bootstrap_timeout,
            image: self.image.clone().unwrap_or_default(),
            flavor: self.flavor.clone().unwrap_or_default(),
            os_type: self.os_type.clone().unwrap_or_default(),
            os_arch: self.os_arch.clone().unwrap_or_default(),
            extra_specs: self.specs.read()?,
            enable_shell: self.enable_shell,
            runner_group: self.runner_group.clone(),
            state: None,
            extended_state: None,
            template_id: template_id(client, self.runner_install_template.as_deref()).await?,
            labels: self.labels.clone(),
            proxy_id: None,
            keep_failed_seconds: self.keep_failed,
        })
    }
}
