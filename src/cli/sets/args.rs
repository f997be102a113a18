//! Arguments that pools and scale sets share.

use std::path::PathBuf;

use clap::Args;
use serde_json::value::RawValue;

use crate::cli::{Error, read_file, template};
use crate::client::Client;
use crate::model::values;
use crate::time::parse_duration;

/// The seconds of a duration; `0` is one, too.
pub(in crate::cli) fn whole_seconds(text: &str) -> Result<u64, &'static str> {
    match text.trim() {
        "0" => Ok(0),
        text => parse_duration(text).map(|duration| duration.as_secs()).ok_or("it is a duration such as 30m or 2h, or 0"),
    }
}

/// The provider's own settings.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(in crate::cli) struct SpecsArgs {
    /// JSON object for the provider
    #[arg(long)]
    extra_specs: Option<String>,
    /// File with a JSON object for the provider
    #[arg(long)]
    extra_specs_file: Option<PathBuf>,
}

impl SpecsArgs {
    pub(in crate::cli) fn read(&self) -> Result<Option<Box<RawValue>>, Error> {
        let text = match (&self.extra_specs, &self.extra_specs_file) {
            (Some(text), _) => text.clone(),
            (_, Some(path)) => String::from_utf8_lossy(&read_file(path)?).into_owned(),
            _ => return Ok(None),
        };
        RawValue::from_string(values::trim(&text).to_owned())
            .map(Some)
            .map_err(|fault| Error::from_fault("the extra specs are not JSON", &fault))
    }
}

/// The number of an install template, if one was given.
pub(in crate::cli) async fn template_id(client: &Client, given: Option<&str>) -> Result<Option<i64>, Error> {
    match given {
        Some(given) => Ok(Some(template::find(client, given).await?.id)),
        None => Ok(None),
    }
}
