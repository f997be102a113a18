//! Extra specs of a pool. This provider has none of its own beside those that all providers share.

use garm_guest::{CommonSpecs, common_specs_schema, read_specs};
use garm_provider_protocol::Failure;

/// Reads the extra specs.
pub(crate) fn specs(text: Option<&str>) -> Result<CommonSpecs, Failure> {
    read_specs(text, &common_specs_schema()).map_err(Failure::failed)
}
