//! The keys that the server adds to a pool's extra specs before a provider gets them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::{RawValue, to_raw_value};

const TEMPLATE_KEY: &str = "runner_install_template";

/// The extra specs with `wrapper` as `runner_install_template`: the script a machine runs at first boot.
///
/// A pool that brings its own template keeps it, and so do extra specs that are not an object: those are opaque. Values are not reformatted.
#[must_use]
pub fn with_install_template(extra_specs: Option<&RawValue>, wrapper: &str) -> Box<RawValue> {
    let given = extra_specs.map_or("{}", RawValue::get);
    let parsed = match given {
        "null" => Some(BTreeMap::new()),
        text => serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text).ok(),
    };
    let opaque = || extra_specs.map_or_else(|| RawValue::NULL.to_owned(), ToOwned::to_owned);
    let Some(mut specs) = parsed.filter(|specs| !specs.contains_key(TEMPLATE_KEY)) else { return opaque() };
    let encoded = to_raw_value(&STANDARD.encode(wrapper)).expect("a string is always valid JSON");
    specs.insert(TEMPLATE_KEY.to_owned(), encoded);
    to_raw_value(&specs).expect("a map from strings to valid JSON is valid JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(specs: Option<&str>) -> String {
        let specs = specs.map(|text| RawValue::from_string(text.to_owned()).expect("valid JSON"));
        with_install_template(specs.as_deref(), "#!/bin/sh\n").get().to_owned()
    }

    #[test]
    fn the_wrapper_is_added_and_other_values_stay_as_written() {
        assert_eq!(add(None), r#"{"runner_install_template":"IyEvYmluL3NoCg=="}"#);
        assert_eq!(add(Some("null")), r#"{"runner_install_template":"IyEvYmluL3NoCg=="}"#);
        assert_eq!(add(Some(r#"{"cpu": 1.10}"#)), r#"{"cpu":1.10,"runner_install_template":"IyEvYmluL3NoCg=="}"#);
    }

    #[test]
    fn a_pools_own_template_and_opaque_specs_are_kept() {
        assert_eq!(add(Some(r#"{"runner_install_template":"eA=="}"#)), r#"{"runner_install_template":"eA=="}"#);
        assert_eq!(add(Some("[1]")), "[1]");
    }
}
