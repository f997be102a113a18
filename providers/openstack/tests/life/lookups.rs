//! What is meant by image, flavor, network and the rest, and what Nova is asked for in the end.

use serde_json::{Value, json};

use crate::cloud::{CONTROLLER, Cloud, INSTANCE_TOKEN, POOL, bootstrap, with};

/// The server as an administrator sees it.
fn shown(cloud: &Cloud, name: &str) -> Value {
    cloud.shown(name).remove(0)
}

#[test]
fn a_server_is_tagged_and_gets_its_user_data() {
    use base64::Engine as _;
    let cloud = Cloud::start();
    cloud.configure("default_security_groups = [\"default\"]\nuse_config_drive = true\navailability_zone = \"nova\"");
    cloud.create(&bootstrap("garm-1", &json!({}))).json();
    let server = shown(&cloud, "garm-1");
    assert_eq!(
        server["metadata"],
        json!({
            "os_arch": "amd64", "os_type": "linux", "os_name": "debian", "os_version": "12",
            "garm-controller-id": CONTROLLER, "garm-pool-id": POOL,
        })
    );
    assert_eq!(server["tags"], json!([format!("garm-pool-id={POOL}"), format!("garm-controller-id={CONTROLLER}")]));
    assert_eq!((&server["config_drive"], &server["security_groups"]), (&json!("True"), &json!([{"name": "default"}])));
    let data = server["OS-EXT-SRV-ATTR:user_data"].as_str().expect("user data");
    let data = base64::engine::general_purpose::STANDARD.decode(data).expect("base64");
    let data = String::from_utf8(data).expect("text");
    assert!(data.starts_with("#cloud-config\n"), "{data}");
    assert!(
        data.contains(INSTANCE_TOKEN) || data.contains(&base64::engine::general_purpose::STANDARD.encode(format!("echo {INSTANCE_TOKEN}"))),
        "{data}"
    );
}

#[test]
fn images_are_found_by_id_or_by_name_and_visibility() {
    let cloud = Cloud::start();
    let image = |name: &str| with(bootstrap("garm-1", &json!({})), &[("image", name)]);
    let said = |name: &str| cloud.create(&image(name)).fails_with(1);
    assert_eq!(said("secret-sauce"), "there is no active image secret-sauce of visibility public; image_visibility decides where to look");
    assert_eq!(said("half"), "there is no active image half of visibility public; image_visibility decides where to look");
    let queued = "00000004-0000-4000-8000-000000000005";
    assert_eq!(said(queued), format!("image {queued} is not active but queued"));
    let absent = "00000004-0000-4000-8000-000000000009";
    assert_eq!(said(absent), format!("there is no image {absent}"));
    // Its id is enough for an image that is not public, and so is the right visibility.
    cloud.create(&image("00000004-0000-4000-8000-000000000002")).json();
    for (name, specs) in [("garm-2", json!({"image_visibility": "private"})), ("garm-3", json!({"image_visibility": "all"}))] {
        cloud.create(&with(bootstrap(name, &specs), &[("image", "secret-sauce")])).json();
    }
}

#[test]
fn images_of_strangers_are_refused_where_owners_are_named() {
    let cloud = Cloud::start();
    cloud.configure("allowed_image_owners = [\"garm\"]");
    let said = cloud.create(&bootstrap("garm-1", &json!({}))).fails_with(1);
    assert_eq!(said, "image debian-12 belongs to project admin; allowed_image_owners has garm");
    cloud.create(&with(bootstrap("garm-2", &json!({})), &[("image", "twin")])).json();
    assert_eq!(shown(&cloud, "garm-2")["image"]["id"], "00000004-0000-4000-8000-000000000004", "the one of an allowed owner");
    cloud.create(&bootstrap("garm-3", &json!({"allowed_image_owners": []}))).json();
}

#[test]
fn flavors_and_networks_are_found_by_id_or_name() {
    let cloud = Cloud::start();
    cloud.create(&with(bootstrap("garm-1", &json!({})), &[("flavor", "1")])).json();
    cloud.create(&bootstrap("garm-2", &json!({"network_id": "testnet"}))).json();
    let said = |bootstrap: Value| cloud.create(&bootstrap).fails_with(1);
    assert_eq!(said(with(bootstrap("garm-3", &json!({})), &[("flavor", "m1.nope")])), "there is no flavor m1.nope");
    assert_eq!(said(bootstrap("garm-3", &json!({"network_id": "nope"}))), "there is no network nope");
    assert_eq!(said(bootstrap("garm-3", &json!({"network_id": "twin"}))), "2 networks are named twin: give the id of one");
    let absent = "00000005-0000-4000-8000-000000000009";
    assert_eq!(
        said(bootstrap("garm-3", &json!({"network_id": absent}))),
        format!("compute answers 400: Network {absent} could not be found")
    );
    assert_eq!(said(bootstrap("garm-3", &json!({"security_groups": ["nope"]}))), "compute answers 400: Security group nope not found");
    assert!(said(bootstrap("garm-3", &json!({"availability_zone": "nope"}))).contains("availability zone is not available"));
}

#[test]
fn a_boot_volume_has_size_and_type_and_needs_a_volume_service() {
    let cloud = Cloud::start();
    let specs = json!({"boot_from_volume": true, "boot_disk_size": 30, "storage_backend": "nvme"});
    let said = cloud.create(&bootstrap("garm-1", &specs)).fails_with(1);
    assert_eq!(said, "boot_from_volume: the cloud has no public end point for block-storage in region RegionOne");
    cloud.misbehave(&json!({"volumes": true}));
    cloud.create(&bootstrap("garm-1", &specs)).json();
    let server = shown(&cloud, "garm-1");
    assert_eq!(server["image"], "", "it boots from no image");
    assert_eq!(
        server["fake:block_devices"],
        json!([{
            "boot_index": 0, "source_type": "image", "uuid": "00000004-0000-4000-8000-000000000001", "destination_type": "volume",
            "volume_size": 30, "volume_type": "nvme", "delete_on_termination": true,
        }])
    );
}
