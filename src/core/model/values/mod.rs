//! Values that people type or paste, and lists that a forge sends: one door for each kind.
//!
//! A door drops what cannot be meant, such as blanks and line ends around a value. It gives the value the one form in which values of this
//! kind are compared. It refuses the rest, and the error has the value and the way out. The API, the command line, the configuration and
//! imports go through the same doors. Rows of older versions go through `stored_labels`, `stored_prefix` and [`stored_url`], which
//! mend and never refuse.

mod labels;
mod names;
mod secrets;
#[cfg(test)]
mod tests;
mod text;
mod url;
mod words;

pub use labels::{LABEL_BYTES_MAX, LABELS_MAX, POOL_LABELS_MAX, job_labels, labels, stored_labels};
pub use names::{NAME_MAX, PREFIX_MAX, entity_name, name, path_name, runner_prefix, scale_set_name, stored_prefix};
pub use secrets::{password, token, webhook_secret};
pub use text::{InvalidValue, LINE_MAX, TEXT_MAX, line, text, told, trim, unless_empty};
pub use url::{URL_MAX, base_url, host_url, root_url, site, stored_url, url};
pub use words::{agent_version, os_arch, os_type};
