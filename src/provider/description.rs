//! A provider's description of itself, and the verdict of its schema about a pool's extra specs.
//!
//! No provider must be able to say anything: those in the field know `GetVersion` at most, and some only while their cloud is up. So whatever
//! cannot be asked is absent.

use std::path::PathBuf;
use std::time::Duration;

use garm_provider_protocol::InterfaceVersion;
use serde_json::Value;
use serde_json::value::RawValue;

/// How many faults of one object are told; who mends these sees the rest.
const FAULTS_SHOWN: usize = 5;

/// A provider as it is configured, and as it describes itself.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The executable.
    pub executable: PathBuf,
    /// The provider's own configuration file.
    pub config_file: Option<PathBuf>,
    /// The version of the contract it is called with.
    pub interface_version: InterfaceVersion,
    /// The time limit of a call that has no narrower one.
    pub time_limit: Duration,
    /// How many calls may run at once.
    pub parallel: usize,
    /// Its description of itself.
    pub own: SelfDescription,
}

/// A provider's answers to questions about itself.
#[derive(Clone, Debug, Default)]
pub struct SelfDescription {
    /// Its version.
    pub version: Option<String>,
    /// Versions of the contract it speaks; empty = it cannot say.
    pub interface_versions: Vec<String>,
    /// JSON schema of its configuration file.
    pub config_schema: Option<Value>,
    /// JSON schema of a pool's extra specs.
    pub extra_specs_schema: Option<Value>,
}

/// Checks extra specs against a provider's schema: one line for each fault, with the place first. Values are not quoted, they may be secret.
///
/// # Errors
/// When the schema itself is not one.
pub fn faults_of(schema: &Value, extra_specs: Option<&RawValue>) -> Result<Vec<String>, String> {
    let specs: Value = extra_specs.and_then(|specs| serde_json::from_str(specs.get()).ok()).unwrap_or_default();
    // Nothing at all is what most pools have; the provider sees an empty object.
    let specs = if specs.is_null() { Value::Object(serde_json::Map::new()) } else { specs };
    let validator = jsonschema::validator_for(schema).map_err(|fault| fault.to_string())?;
    let told = |fault: jsonschema::ValidationError<'_>| {
        let place = fault.instance_path().to_string();
        let place = if place.is_empty() { String::new() } else { format!("{}: ", place.trim_start_matches('/').replace('/', ".")) };
        format!("{place}{}", fault.masked_with("the value"))
    };
    let mut faults: Vec<String> = validator.iter_errors(&specs).take(FAULTS_SHOWN + 1).map(told).collect();
    if faults.len() > FAULTS_SHOWN {
        faults.truncate(FAULTS_SHOWN);
        faults.push("and more".to_owned());
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults(specs: &str) -> Vec<String> {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["zone"],
            "properties": {"zone": {"type": "string"}, "disk": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}}}
        });
        let specs = RawValue::from_string(specs.to_owned()).expect("JSON");
        faults_of(&schema, Some(&specs)).expect("a schema")
    }

    #[test]
    fn a_fault_names_its_place_and_not_the_value() {
        assert_eq!(faults(r#"{"zone": "a", "disk": {"size": 5}}"#), Vec::<String>::new());
        assert_eq!(faults(r#"{"zone": "a", "disk": {"size": "planted"}}"#), [r#"disk.size: the value is not of type "integer""#]);
        assert_eq!(faults("{}"), [r#""zone" is a required property"#]);
        assert_eq!(faults("null"), [r#""zone" is a required property"#]);
        let unknown = faults(r#"{"zone": "a", "zoom": 1}"#);
        assert!(unknown.len() == 1 && unknown[0].contains("zoom"), "{unknown:?}");
    }

    #[test]
    fn what_is_no_schema_is_said_so() {
        assert!(faults_of(&json!({"type": 7}), None).is_err());
    }
}
