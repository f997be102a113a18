//! JSON schemas of the configuration and of the extra specs.

use garm_guest::common_specs_schema;
use serde_json::{Map, Value, json};

use crate::config::VISIBILITIES;

/// The extra specs, key by key.
pub(crate) fn extra_specs_properties() -> Map<String, Value> {
    let own = properties(json!({
        "security_groups": {"type": "array", "items": {"type": "string"}, "description": "Security groups of the machine, by name or id."},
        "network_id": {"type": "string", "description": "Network of the machine, by id or name."},
        "storage_backend": {"type": "string", "description": "Volume type of the boot volume."},
        "boot_from_volume": {"type": "boolean", "description": "Whether the machine boots from a volume instead of the flavor's disk."},
        "boot_disk_size": {"type": "integer", "minimum": 1, "description": "Size of the boot volume in GB."},
        "use_config_drive": {"type": "boolean", "description": "Whether user data is also on a config drive."},
        "allowed_image_owners": {
            "type": "array", "items": {"type": "string"},
            "description": "Projects whose images may be used, by id; with none, everybody's.",
        },
        "image_visibility": {"type": "string", "enum": visibilities(), "description": "Where an image given by name is looked for."},
        "availability_zone": {"type": "string", "description": "Availability zone of the machine."},
    }));
    own.into_iter().chain(common_specs_schema()).collect()
}

/// Schema of the extra specs.
pub(crate) fn extra_specs() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "description": "Extra specs of a pool whose machines are servers in OpenStack.",
        "properties": extra_specs_properties(),
        "additionalProperties": false,
    })
}

/// Schema of the configuration. Unknown keys have no effect, so they are allowed.
pub(crate) fn config() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "description": "Configuration of the provider for OpenStack.",
        "required": ["cloud", "credentials", "network_id"],
        "properties": {
            "cloud": {"type": "string", "description": "Name of the cloud in clouds.yaml."},
            "credentials": {
                "type": "object",
                "required": ["clouds"],
                "properties": {
                    "clouds": {"type": "string", "description": "Path of clouds.yaml."},
                    "public_clouds": {"type": "string", "description": "Path of clouds-public.yaml, for profiles."},
                    "secure_clouds": {"type": "string", "description": "Path of secure.yaml, whose values go before those of clouds.yaml."},
                },
            },
            "network_id": {"type": "string", "description": "Network of the machines, by id or name."},
            "default_security_groups": {"type": "array", "items": {"type": "string"}, "description": "Security groups of the machines."},
            "default_storage_backend": {"type": "string", "description": "Volume type of boot volumes."},
            "boot_from_volume": {"type": "boolean", "description": "Whether machines boot from a volume."},
            "root_disk_size": {"type": "integer", "minimum": 1, "description": "Size of boot volumes in GB; 50 when it is left out."},
            "use_config_drive": {"type": "boolean", "description": "Whether user data is also on a config drive."},
            "allowed_image_owners": {"type": "array", "items": {"type": "string"}, "description": "Projects whose images may be used, by id."},
            "image_visibility": {"type": "string", "enum": visibilities(), "description": "Where images given by name are looked for."},
            "disable_updates_on_boot": {"type": "boolean", "description": "Whether first boot leaves the packages of the image as they are."},
            "enable_boot_debug": {"type": "boolean", "description": "Whether the install script says more."},
            "availability_zone": {"type": "string", "description": "Availability zone of the machines."},
            "wait_timeout": {"type": "integer", "minimum": 0, "description": "Seconds to wait for a machine to come up or to go; 240 when it is left out."},
        },
    })
}

/// The empty word is what upstream takes for none.
fn visibilities() -> Vec<&'static str> {
    VISIBILITIES.into_iter().chain([""]).collect()
}

fn properties(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
