//! A server and its life: BUILD, then ACTIVE or ERROR, and some day gone.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::wire::id;

pub(crate) struct Server {
    pub(crate) number: u32,
    pub(crate) project: &'static str,
    /// As it was asked for.
    pub(crate) request: Value,
    pub(crate) built: Instant,
    /// Why it is never built.
    pub(crate) error: Option<String>,
    pub(crate) stopped: bool,
    /// When it is gone.
    pub(crate) gone: Option<Instant>,
}

impl Server {
    pub(crate) fn id(&self) -> String {
        id(7, self.number)
    }

    pub(crate) fn name(&self) -> &str {
        self.request["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.is_some_and(|at| at <= Instant::now())
    }

    pub(crate) fn delete(&mut self, after: Duration) {
        self.gone.get_or_insert(Instant::now() + after);
    }

    pub(crate) fn has_tags(&self, wanted: &str) -> bool {
        let own: Vec<&str> = self.request["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        wanted.split(',').all(|tag| own.contains(&tag))
    }

    pub(crate) fn status(&self) -> &'static str {
        match (self.built <= Instant::now(), &self.error) {
            (false, _) => "BUILD",
            (true, Some(_)) => "ERROR",
            (true, None) if self.stopped => "SHUTOFF",
            (true, None) => "ACTIVE",
        }
    }

    /// The server as Nova describes it to the caller.
    pub(crate) fn describe(&self, caller: &Caller, url: &str) -> Value {
        let status = self.status();
        let created = format!("2026-01-01T{:02}:{:02}:{:02}Z", self.number / 3600, self.number / 60 % 60, self.number % 60);
        let volume = self.request["block_device_mapping_v2"].is_array();
        let address = json!([{"addr": format!("10.196.{}.{}", self.number / 250, self.number % 250 + 2), "version": 4, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}]);
        let mut server = json!({
            "id": self.id(), "name": self.name(), "status": status, "created": created, "updated": created,
            "tenant_id": id(2, u32::from(self.project == "admin")), "user_id": id(1, u32::from(self.project == "admin")),
            "metadata": self.request["metadata"].as_object().cloned().unwrap_or_default(),
            "addresses": if status == "BUILD" { json!({}) } else { json!({"testnet": address}) },
            "image": if volume { json!("") } else { json!({"id": self.request["imageRef"], "links": []}) },
            "flavor": {"original_name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, "extra_specs": {}},
            "key_name": null, "hostId": "", "progress": 0, "accessIPv4": "", "accessIPv6": "", "description": null, "locked": false,
            "config_drive": if self.request["config_drive"] == true { "True" } else { "" },
            "security_groups": self.request["security_groups"],
            "OS-EXT-STS:task_state": self.gone.map(|_| "deleting"), "OS-EXT-STS:vm_state": status.to_lowercase(), "OS-EXT-STS:power_state": 1,
            "OS-EXT-AZ:availability_zone": self.request["availability_zone"].as_str().unwrap_or("nova"), "OS-DCF:diskConfig": "MANUAL",
            "os-extended-volumes:volumes_attached": [],
            "links": [{"rel": "self", "href": format!("{url}/compute/v2.1/servers/{}", self.id())}],
        });
        let map = server.as_object_mut().expect("an object");
        self.add_what_not_everybody_sees(map, caller);
        server
    }

    fn add_what_not_everybody_sees(&self, map: &mut Map<String, Value>, caller: &Caller) {
        if caller.microversion >= 26 {
            map.insert("tags".to_owned(), json!(self.request["tags"].as_array().cloned().unwrap_or_default()));
        }
        if let Some(reason) = self.error.as_ref().filter(|_| self.status() == "ERROR") {
            map.insert("fault".to_owned(), json!({"code": 500, "message": reason, "created": "2026-01-01T00:00:00Z"}));
        }
        if caller.is_admin() && caller.microversion >= 3 {
            map.insert("OS-EXT-SRV-ATTR:user_data".to_owned(), self.request["user_data"].clone());
            // For tests; Nova does not tell.
            map.insert("fake:block_devices".to_owned(), self.request["block_device_mapping_v2"].clone());
        }
    }
}

/// What Nova checks before it accepts a server.
pub(crate) fn check(server: &Value, caller: &Caller, images: &[String], test_network: &str) -> Result<(), String> {
    let too_new = |key: &str, since: u32| caller.microversion < since && !server[key].is_null();
    if let Some((key, _)) = [("tags", 52), ("description", 19)].into_iter().find(|(key, since)| too_new(key, *since)) {
        return Err(format!("Invalid input for field/attribute server. Additional properties are not allowed ('{key}' was unexpected)"));
    }
    if server["name"].as_str().is_none_or(str::is_empty) {
        return Err("Invalid input for field/attribute name. 'name' is a required property".to_owned());
    }
    if let Some(tag) =
        server["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).find(|tag| tag.len() > 60 || tag.contains([',', '/']))
    {
        return Err(format!("Invalid input for field/attribute tags. Value: {tag}. It is no tag"));
    }
    if server["user_data"].as_str().is_some_and(|data| data.len() > 65_535) {
        return Err("Invalid input for field/attribute user_data. It is too long".to_owned());
    }
    if !["1", "2"].map(Value::from).contains(&server["flavorRef"]) {
        return Err(format!("Flavor {} could not be found.", server["flavorRef"]));
    }
    let image = if server["imageRef"].is_string() { &server["imageRef"] } else { &server["block_device_mapping_v2"][0]["uuid"] };
    if !images.iter().any(|known| *image == known.as_str()) {
        return Err("Can not find requested image".to_owned());
    }
    let network = &server["networks"][0]["uuid"];
    if caller.microversion >= 37 && server["networks"].is_null() {
        return Err("Invalid input for field/attribute server. 'networks' is a required property".to_owned());
    }
    if network.as_str().is_some_and(|id| id != test_network) {
        return Err(format!("Network {} could not be found.", network.as_str().unwrap_or_default()));
    }
    let groups = server["security_groups"].as_array().into_iter().flatten();
    if let Some(group) = groups.filter_map(|group| group["name"].as_str()).find(|name| *name != "default") {
        return Err(format!("Security group {group} not found."));
    }
    if server["availability_zone"].as_str().is_some_and(|zone| zone != "nova") {
        return Err("The requested availability zone is not available".to_owned());
    }
    Ok(())
}
