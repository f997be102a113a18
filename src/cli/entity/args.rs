//! Arguments that say where an entity is, and how its webhook is signed.

use clap::{Args, ValueEnum};

use crate::cli::output::note;
use crate::crypto::random;
use crate::model::{SecretString, expose};

/// How long generated webhook secrets are.
const SECRET_LENGTH: usize = 64;

/// Owner and name of a repository.
#[derive(Debug, Args)]
pub(in crate::cli) struct RepositoryPlace {
    /// Owner of the repository
    #[arg(long)]
    owner: String,
    /// Name of the repository
    #[arg(long)]
    name: String,
}

/// Name of an organization or enterprise.
#[derive(Debug, Args)]
pub(in crate::cli) struct NamePlace {
    /// Name of the organization or enterprise
    #[arg(long)]
    name: String,
}

/// Which repositories are listed.
#[derive(Debug, Args)]
pub(in crate::cli) struct RepositoryFilter {
    /// Only those of this owner
    #[arg(long, short)]
    owner: Option<String>,
    /// Only those of this name
    #[arg(long, short)]
    name: Option<String>,
}

/// Which organizations or enterprises are listed.
#[derive(Debug, Args)]
pub(in crate::cli) struct NameFilter {
    /// Only the one of this name
    #[arg(long, short)]
    name: Option<String>,
}

/// The arguments that name a new entity, and those that filter a list.
pub(in crate::cli) trait Place: Args + std::fmt::Debug {
    /// The arguments that filter a list.
    type Filter: Args + std::fmt::Debug + Into<[Option<String>; 2]>;

    fn owner_and_name(self) -> (String, String);
}

impl From<RepositoryFilter> for [Option<String>; 2] {
    fn from(filter: RepositoryFilter) -> Self {
        [filter.owner, filter.name]
    }
}

impl From<NameFilter> for [Option<String>; 2] {
    fn from(filter: NameFilter) -> Self {
        [None, filter.name]
    }
}

impl Place for RepositoryPlace {
    type Filter = RepositoryFilter;

    fn owner_and_name(self) -> (String, String) {
        (self.owner, self.name)
    }
}

impl Place for NamePlace {
    type Filter = NameFilter;

    fn owner_and_name(self) -> (String, String) {
        (String::new(), self.name)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Balancer {
    /// Each job goes to the next pool
    #[value(name = "roundrobin")]
    RoundRobin,
    /// Fill one pool before the next
    #[value(name = "pack")]
    Pack,
}

impl Balancer {
    pub(super) fn word(self) -> String {
        match self {
            Self::RoundRobin => "roundrobin".to_owned(),
            Self::Pack => "pack".to_owned(),
        }
    }
}

/// The secret that the forge signs its deliveries with.
#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    /// The secret of the webhook
    #[arg(long, env = "GARM_WEBHOOK_SECRET", hide_env_values = true, allow_hyphen_values = true, conflicts_with = "random_webhook_secret")]
    webhook_secret: Option<String>,
    /// Makes a secret and shows it once
    #[arg(long)]
    random_webhook_secret: bool,
}

impl SecretArgs {
    pub(super) fn secret(&self) -> Option<SecretString> {
        if self.random_webhook_secret { Some(random::secret(SECRET_LENGTH)) } else { self.webhook_secret.clone().map(SecretString::from) }
    }

    pub(super) fn show(&self, secret: Option<&SecretString>) {
        if let Some(secret) = secret.filter(|_| self.random_webhook_secret) {
            note(&format!("The webhook's secret, shown this once: {}", expose(secret)));
        }
    }
}
