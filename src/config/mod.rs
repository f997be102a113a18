//! The configuration file: upstream's TOML, checked value by value.
//!
//! The file is that of `--config`, then of `GARM_CONFIG`, then `/etc/garm/config.toml` if it exists. Without any, there are defaults under
//! the user's data directory, with secrets made on the first start. What the file does not know is warned about with its path and the
//! closest known key. What is wrong is refused with file, key, value and what is allowed.
//!
//! Other modules get plain values, never the configuration itself.

mod check;
mod defaults;
mod error;
mod file;
mod limits;
mod load;
mod modes;
mod toml_file;

pub use check::{Config, DatabaseConfig, LogConfig, LogFormat, MetricsConfig, PostgresConfig, ProviderConfig, SslWord, TlsConfig};
pub use error::Error;
pub use limits::LimitsConfig;
pub use load::{Loaded, Origin, SYSTEM_FILE, find, load};
pub use toml_file::{closest_key, read_toml};
