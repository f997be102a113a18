//! The extra specs that all providers share, and how extra specs are read.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::Error;

/// The keys all providers understand. A provider with more of them flattens this into its own type.
///
/// `Debug` shows neither the template nor scripts nor context.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct CommonSpecs {
    /// The install script: base64 of a Go template. The server puts it there.
    pub runner_install_template: Option<SecretString>,
    /// Scripts that run as root before the install script, in order of their names: name to base64. For Linux.
    pub pre_install_scripts: BTreeMap<String, String>,
    /// Values for people's own templates.
    pub extra_context: BTreeMap<String, String>,
    /// No upgrade of the system's packages at first boot, and no packages but those of [`CommonSpecs::extra_packages`].
    pub disable_updates: bool,
    /// Packages to install at first boot.
    pub extra_packages: Vec<String>,
    /// Whether the template should say more.
    pub enable_boot_debug: bool,
}

impl fmt::Debug for CommonSpecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommonSpecs")
            .field("disable_updates", &self.disable_updates)
            .field("extra_packages", &self.extra_packages)
            .field("enable_boot_debug", &self.enable_boot_debug)
            .finish_non_exhaustive()
    }
}

impl CommonSpecs {
    /// The text of the template.
    pub(crate) fn template(&self) -> Result<String, Error> {
        let encoded = self.runner_install_template.as_ref().map_or("", |template| template.expose_secret()).trim();
        if encoded.is_empty() {
            return Err(Error::NoTemplate);
        }
        decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| base64_of("runner_install_template", "a text"))
    }

    /// Names and contents of the scripts that run first, in their order. A name becomes the name of a file.
    pub(crate) fn scripts(&self) -> Result<Vec<(&str, Vec<u8>)>, Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        let mut scripts = Vec::new();
        for (name, encoded) in &self.pre_install_scripts {
            if name.is_empty() || name.starts_with(['.', '-', '+']) || !name.chars().all(plain) {
                let rule = "may only have letters, digits and . _ - + and begin with a letter, a digit or _";
                return Err(Error::Specs(format!("pre_install_scripts: {name:?} cannot be used as a file name: it {rule}")));
            }
            let content = decode(encoded.trim()).ok_or_else(|| base64_of(&format!("pre_install_scripts: {name}"), "a script"))?;
            scripts.push((name.as_str(), content));
        }
        Ok(scripts)
    }
}

fn decode(encoded: &str) -> Option<Vec<u8>> {
    STANDARD.decode(encoded).ok()
}

fn base64_of(key: &str, what: &str) -> Error {
    Error::Specs(format!("{key} is not base64 of {what}"))
}

/// The JSON-schema properties of [`CommonSpecs`], to be merged with a provider's own.
#[must_use]
pub fn common_specs_schema() -> Map<String, Value> {
    let texts = |description: &str| json!({"type": "object", "description": description, "additionalProperties": {"type": "string"}});
    let properties = [
        (
            "runner_install_template",
            json!({"type": "string", "description": "The install script instead of the pool's template: base64 of a Go template."}),
        ),
        (
            "pre_install_scripts",
            texts("Scripts that run as root before the install script, in order of their names: name to base64 of the script."),
        ),
        ("extra_context", texts("Values for the template, there as .ExtraContext.")),
        ("disable_updates", json!({"type": "boolean", "description": "Whether first boot leaves the packages of the image as they are."})),
        ("extra_packages", json!({"type": "array", "description": "Packages to install at first boot.", "items": {"type": "string"}})),
        ("enable_boot_debug", json!({"type": "boolean", "description": "Whether the install script says more."})),
    ];
    properties.into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect()
}

/// Reads extra specs that have these JSON-schema properties and no others; absent and `null` are empty.
///
/// # Errors
/// [`Error::Specs`] with the path of what is wrong, never with its value: extra specs hold secrets.
pub fn read_specs<T: DeserializeOwned>(extra_specs: Option<&str>, properties: &Map<String, Value>) -> Result<T, Error> {
    let text = extra_specs.filter(|text| *text != "null").unwrap_or("{}");
    let specs: Value =
        serde_json::from_str(text).map_err(|fault| Error::Specs(format!("no JSON at line {} column {}", fault.line(), fault.column())))?;
    let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    check("", &specs, &schema).map_err(Error::Specs)?;
    serde_json::from_value(specs).map_err(|_| Error::Specs("a value has the right type but not the right form".to_owned()))
}

/// Checks a value against the part of JSON schema that extra specs are described with: `type`, `enum`, `items`, `properties` and
/// `additionalProperties`.
fn check(path: &str, value: &Value, schema: &Value) -> Result<(), String> {
    let here = if path.is_empty() { "it" } else { path };
    if let Some(wanted) = schema["type"].as_str().filter(|wanted| !is_a(value, wanted)) {
        return Err(format!("{here} must be of type {wanted}, not {}", kind(value)));
    }
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        return Err(format!("{here} must be one of {}", Value::from(words.clone())));
    }
    if let Value::Array(items) = value {
        return items.iter().enumerate().try_for_each(|(at, item)| check(&format!("{path}[{at}]"), item, &schema["items"]));
    }
    let Value::Object(map) = value else { return Ok(()) };
    let known = schema["properties"].as_object();
    for (key, value) in map {
        let key_shown = key.escape_debug();
        let inner = if path.is_empty() { key_shown.to_string() } else { format!("{path}.{key_shown}") };
        match (known.and_then(|known| known.get(key)), &schema["additionalProperties"]) {
            (None, Value::Bool(false)) => {
                let names: Vec<&str> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                return Err(format!("{inner} is not known; known are {}", names.join(", ")));
            }
            (Some(schema), _) | (None, schema) => check(&inner, value, schema)?,
        }
    }
    Ok(())
}

fn is_a(value: &Value, kind_of: &str) -> bool {
    match kind_of {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => kind(value) == other,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Wider {
        #[serde(flatten)]
        common: CommonSpecs,
        #[serde(default)]
        disk: Option<u32>,
    }

    fn wider() -> Map<String, Value> {
        let mut properties = common_specs_schema();
        properties.insert("disk".to_owned(), json!({"type": "integer"}));
        properties
    }

    #[test]
    fn a_provider_adds_its_own_keys() {
        let text = r#"{"disable_updates": true, "extra_packages": ["jq"], "extra_context": {"a": "b"}, "disk": 3}"#;
        let specs: Wider = read_specs(Some(text), &wider()).expect("they fit");
        assert!(specs.common.disable_updates && !specs.common.enable_boot_debug);
        assert_eq!((specs.common.extra_packages, specs.disk), (vec!["jq".to_owned()], Some(3)));
        for nothing in [None, Some("null"), Some("{}")] {
            assert!(!read_specs::<Wider>(nothing, &wider()).expect("nothing is fine").common.disable_updates);
        }
    }

    #[test]
    fn what_does_not_fit_is_named_without_its_value() {
        let table = [
            (
                r#"{"no_such_key": "planted"}"#,
                "extra_specs: no_such_key is not known; known are disable_updates, disk, enable_boot_debug, ",
            ),
            (r#"{"extra_packages": "planted"}"#, "extra_specs: extra_packages must be of type array, not string"),
            (r#"{"extra_packages": ["x", 1]}"#, "extra_specs: extra_packages[1] must be of type string, not number"),
            (r#"{"extra_context": {"planted key": 1}}"#, "extra_specs: extra_context.planted key must be of type string, not number"),
            (r#"{"disk": 1.5}"#, "extra_specs: disk must be of type integer, not number"),
            (r#"["planted"]"#, "extra_specs: it must be of type object, not array"),
            (r#"{"disk": -1}"#, "extra_specs: a value has the right type but not the right form"),
            (r#"{"planted"#, "extra_specs: no JSON at line 1 column 9"),
        ];
        for (text, expected) in table {
            let said = read_specs::<Wider>(Some(text), &wider()).expect_err(text).to_string();
            assert!(said.starts_with(expected), "{said}");
            assert!(!said.contains("\"planted\""), "{said}");
        }
    }

    #[test]
    fn words_of_a_list_are_checked() {
        let properties = Map::from_iter([("mode".to_owned(), json!({"type": "string", "enum": ["a", "b"]}))]);
        assert!(read_specs::<Value>(Some(r#"{"mode": "a"}"#), &properties).is_ok());
        let said = read_specs::<Value>(Some(r#"{"mode": "c"}"#), &properties).expect_err("not a mode").to_string();
        assert_eq!(said, r#"extra_specs: mode must be one of ["a","b"]"#);
    }

    #[test]
    fn a_script_name_that_would_lead_elsewhere_is_refused() {
        for name in ["", ".", "..", "a/b", "/etc/passwd", "-rf", ".hidden", "a b", "a\nb", "a'b", "$(x)"] {
            let specs =
                CommonSpecs { pre_install_scripts: BTreeMap::from([(name.to_owned(), "eA==".to_owned())]), ..CommonSpecs::default() };
            let said = specs.scripts().expect_err(name).to_string();
            assert!(said.contains("cannot be used as a file name") && !said.contains('\n'), "{said}");
        }
        let specs =
            CommonSpecs { pre_install_scripts: BTreeMap::from([("01-a.sh".to_owned(), "planted!".to_owned())]), ..CommonSpecs::default() };
        assert_eq!(
            specs.scripts().expect_err("no base64").to_string(),
            "extra_specs: pre_install_scripts: 01-a.sh is not base64 of a script"
        );
    }

    #[test]
    fn debug_hides_what_scripts_hold() {
        let text = r#"{"runner_install_template": "planted", "extra_context": {"a": "planted"}, "pre_install_scripts": {"a": "planted"}}"#;
        let specs: CommonSpecs = read_specs(Some(text), &common_specs_schema()).expect("they fit");
        assert!(!format!("{specs:?}").contains("planted"));
    }
}
