//! The file as it is written: every key upstream knows, all of them optional.

#![expect(clippy::struct_field_names, reason = "the names are the keys of the file")]

use serde::Deserialize;

use crate::model::SecretString;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) default: DefaultSection,
    pub(super) logging: Logging,
    pub(super) metrics: Metrics,
    pub(super) jwt_auth: JwtAuth,
    pub(super) apiserver: ApiServer,
    pub(super) database: Database,
    pub(super) proxy: Proxy,
    pub(super) provider: Vec<Provider>,
    pub(super) scheduler: Scheduler,
    pub(super) limits: Limits,
    /// Credentials of old versions; they live in the database now.
    pub(super) github: Vec<toml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DefaultSection {
    pub(super) enable_webhook_management: bool,
    /// Ours alone.
    pub(super) enable_webhook_redelivery: Option<bool>,
    /// Ours alone.
    pub(super) enable_job_listing: Option<bool>,
    pub(super) debug_server: bool,
    pub(super) callback_url: String,
    pub(super) metadata_url: String,
    pub(super) webhook_url: String,
    pub(super) log_file: String,
    pub(super) enable_log_streamer: Option<bool>,
}

/// How patient the planner is. Ours alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Scheduler {
    pub(super) idle_time_min: String,
}

/// How much of the server its clients may take. Ours alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Limits {
    pub(super) first_run_window: String,
    pub(super) connections: Option<i64>,
    pub(super) connections_per_peer: Option<i64>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) proxy_header: String,
    pub(super) delivery_bytes: Option<i64>,
    pub(super) bodies_bytes: Option<i64>,
    pub(super) finished_jobs_kept: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Logging {
    pub(super) log_file: String,
    pub(super) enable_log_streamer: Option<bool>,
    pub(super) log_level: String,
    pub(super) log_format: String,
    pub(super) log_source: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics {
    pub(super) enable: bool,
    pub(super) disable_auth: bool,
    pub(super) period: Option<toml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct JwtAuth {
    pub(super) secret: Option<SecretString>,
    pub(super) time_to_live: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiServer {
    pub(super) bind: String,
    pub(super) port: i64,
    pub(super) use_tls: bool,
    pub(super) cors_origins: Vec<String>,
    pub(super) tls: Tls,
    pub(super) webui: WebUi,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tls {
    pub(super) certificate: String,
    pub(super) key: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WebUi {
    pub(super) enable: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Database {
    pub(super) backend: String,
    pub(super) passphrase: Option<SecretString>,
    /// Ours alone.
    pub(super) old_passphrases: Vec<SecretString>,
    pub(super) debug: bool,
    pub(super) sqlite3: Sqlite,
    pub(super) postgresql: Postgres,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sqlite {
    pub(super) db_file: String,
    pub(super) busy_timeout_seconds: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Postgres {
    pub(super) username: String,
    pub(super) password: Option<SecretString>,
    pub(super) hostname: String,
    pub(super) database: String,
    pub(super) port: Option<i64>,
    pub(super) sslmode: String,
    pub(super) max_open_conns: Option<i64>,
    pub(super) max_idle_conns: Option<i64>,
    pub(super) conn_max_lifetime_mins: Option<i64>,
    pub(super) conn_max_idle_time_secs: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Proxy {
    pub(super) http_proxy: String,
    pub(super) https_proxy: String,
    pub(super) no_proxy: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) provider_type: String,
    pub(super) description: String,
    pub(super) disable_jit_config: bool,
    pub(super) external: External,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct External {
    pub(super) provider_executable: String,
    pub(super) provider_dir: String,
    pub(super) config_file: String,
    pub(super) interface_version: String,
    pub(super) environment_variables: Vec<String>,
    pub(super) exec_timeout_seconds: i64,
    /// Ours alone.
    pub(super) max_parallel_calls: Option<i64>,
}

/// Every key there is, with its section, for the search of the closest one.
pub(super) const KEYS: &[&str] = &[
    "default.enable_webhook_management",
    "default.enable_webhook_redelivery",
    "default.enable_job_listing",
    "default.debug_server",
    "default.callback_url",
    "default.metadata_url",
    "default.webhook_url",
    "default.log_file",
    "default.enable_log_streamer",
    "logging.log_file",
    "logging.enable_log_streamer",
    "logging.log_level",
    "logging.log_format",
    "logging.log_source",
    "metrics.enable",
    "metrics.disable_auth",
    "metrics.period",
    "jwt_auth.secret",
    "jwt_auth.time_to_live",
    "scheduler.idle_time_min",
    "limits.first_run_window",
    "limits.connections",
    "limits.connections_per_peer",
    "limits.trusted_proxies",
    "limits.proxy_header",
    "limits.delivery_bytes",
    "limits.bodies_bytes",
    "limits.finished_jobs_kept",
    "apiserver.bind",
    "apiserver.port",
    "apiserver.use_tls",
    "apiserver.cors_origins",
    "apiserver.tls.certificate",
    "apiserver.tls.key",
    "apiserver.webui.enable",
    "database.backend",
    "database.passphrase",
    "database.old_passphrases",
    "database.debug",
    "database.sqlite3.db_file",
    "database.sqlite3.busy_timeout_seconds",
    "database.postgresql.username",
    "database.postgresql.password",
    "database.postgresql.hostname",
    "database.postgresql.database",
    "database.postgresql.port",
    "database.postgresql.sslmode",
    "database.postgresql.max_open_conns",
    "database.postgresql.max_idle_conns",
    "database.postgresql.conn_max_lifetime_mins",
    "database.postgresql.conn_max_idle_time_secs",
    "proxy.http_proxy",
    "proxy.https_proxy",
    "proxy.no_proxy",
    "provider.name",
    "provider.provider_type",
    "provider.description",
    "provider.disable_jit_config",
    "provider.external.provider_executable",
    "provider.external.provider_dir",
    "provider.external.config_file",
    "provider.external.interface_version",
    "provider.external.environment_variables",
    "provider.external.exec_timeout_seconds",
    "provider.external.max_parallel_calls",
];
