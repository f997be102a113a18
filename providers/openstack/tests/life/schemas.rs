//! What the provider says about itself, without a cloud.

use serde_json::{Value, json};

use crate::cloud::{Cloud, bootstrap};

fn is_valid(schema: &Value, document: &Value) -> bool {
    jsonschema::validator_for(schema).expect("a schema").is_valid(document)
}

#[test]
fn the_cloud_is_not_asked_for_what_the_provider_is() {
    let cloud = Cloud::start();
    cloud.write_clouds("username: nobody", "");
    for config in ["/nope/openstack.toml", ""] {
        let variables = [("GARM_PROVIDER_CONFIG_FILE", config), ("GARM_CONTROLLER_ID", ""), ("GARM_POOL_ID", "")];
        assert_eq!(cloud.call("GetVersion", &variables).stdout, concat!("v", env!("CARGO_PKG_VERSION"), "\n"));
        cloud.call("GetSupportedInterfaceVersions", &variables).json();
        cloud.call("GetConfigJSONSchema", &variables).json();
        cloud.call("GetExtraSpecsJSONSchema", &variables).json();
    }
    cloud.call("ValidatePoolInfo", &[]).done();
    assert_eq!(cloud.seen(), (0, vec![]));
}

#[test]
fn the_schema_of_the_configuration_tells_right_from_wrong() {
    let schema = Cloud::start().call("GetConfigJSONSchema", &[]).json();
    let upstream = json!({
        "cloud": "openstack", "default_storage_backend": "", "default_security_groups": ["default"],
        "network_id": "542b68dd-4b3d-459d-8531-34d5e779d4d6", "boot_from_volume": false, "root_disk_size": 30, "use_config_drive": false,
        "disable_updates_on_boot": false, "allowed_image_owners": [], "image_visibility": "", "enable_boot_debug": true,
        "credentials": {"clouds": "/home/ubuntu/clouds.yaml", "public_clouds": "", "secure_clouds": ""},
    });
    assert!(is_valid(&schema, &upstream));
    for (key, value) in [("cloud", json!(1)), ("image_visibility", json!("mine")), ("root_disk_size", json!(0)), ("credentials", json!({}))]
    {
        let mut wrong = upstream.clone();
        wrong[key] = value;
        assert!(!is_valid(&schema, &wrong), "{key}");
    }
    for key in upstream.as_object().expect("an object").keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn the_schema_of_the_extra_specs_agrees_with_what_is_accepted() {
    let cloud = Cloud::start();
    let schema = cloud.call("GetExtraSpecsJSONSchema", &[]).json();
    let all = json!({
        "security_groups": ["ssh"], "network_id": "n", "storage_backend": "s", "boot_from_volume": true, "boot_disk_size": 150,
        "use_config_drive": false, "enable_boot_debug": true, "allowed_image_owners": ["us"], "image_visibility": "private",
        "disable_updates": true, "extra_packages": ["tmux"], "runner_install_template": "aGk=", "extra_context": {"a": "b"},
        "pre_install_scripts": {"01": "aGk="}, "availability_zone": "az1",
    });
    let accepted = |specs: &Value| {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(specs.to_string());
        cloud.call("ValidatePoolInfo", &[("GARM_POOL_EXTRASPECS", &encoded)]).status == 0
    };
    for (specs, right) in [
        (all.clone(), true),
        (json!({}), true),
        (json!({"image_visibility": ""}), true),
        (json!({"image_visibility": "mine"}), false),
        (json!({"boot_disk_size": "150"}), false),
        (json!({"boot_disk_size": 0}), false),
        (json!({"extra_packages": "tmux"}), false),
        (json!({"no_such_key": 1}), false),
        (json!([]), false),
    ] {
        assert_eq!((is_valid(&schema, &specs), accepted(&specs)), (right, right), "{specs}");
    }
    let properties = schema["properties"].as_object().expect("an object");
    assert_eq!(properties.keys().collect::<Vec<_>>(), all.as_object().expect("an object").keys().collect::<Vec<_>>());
    assert_eq!(bootstrap("x", &json!({}))["extra_specs"].as_object().map(serde_json::Map::len), Some(1));
}
