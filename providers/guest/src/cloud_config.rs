//! User data for cloud-init.
//!
//! It is written as JSON, which is YAML, so that no value can be anything but a value. Scripts and certificates go in as base64 or as what they
//! were checked to be, commands as lists of arguments.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::BootstrapInstance;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::script::USER;
use crate::{CommonSpecs, Error, install_script};

const GROUPS: [&str; 10] = ["sudo", "adm", "cdrom", "dialout", "dip", "video", "plugdev", "netdev", "docker", "lxd"];
const SCRIPT: &str = "/install_runner.sh";
const FIRST: &str = "/garm-pre-install";
const PROXY: &str = include_str!("proxy.sh");

/// `#cloud-config` that makes the user `runner`, installs the packages of the extra specs and runs the scripts. Then come `last_commands`,
/// each a line of shell run as root.
///
/// The install script holds the machine's token. It is removed at its end, also after a failure, because cloud-init goes on when one
/// command fails.
///
/// # Errors
/// When there is no install script, and when a value cannot be used.
pub fn cloud_config(bootstrap: &BootstrapInstance, specs: &CommonSpecs, last_commands: &[&str]) -> Result<SecretString, Error> {
    let script = install_script(bootstrap, specs)?;
    let scripts = specs.scripts()?;
    let mut files = vec![executable(SCRIPT, script.expose_secret().as_bytes())];
    let mut commands = Vec::new();
    for (name, content) in &scripts {
        let path = format!("{FIRST}/{name}");
        files.push(executable(&path, content));
        commands.push(json!([path]));
    }
    if !scripts.is_empty() {
        commands.push(json!(["rm", "-rf", FIRST]));
    }
    commands.push(json!(["su", "-l", "-c", SCRIPT, USER]));
    commands.push(json!(["rm", "-f", SCRIPT]));
    commands.extend(last_commands.iter().map(|line| json!(line)));

    let options = &bootstrap.user_data_options;
    let updates = !(specs.disable_updates || options.disable_updates_on_boot);
    let default_packages: &[&str] = if updates { &["curl", "tar"] } else { &[] };
    let packages = default_packages.iter().map(|package| (*package).to_owned());
    let packages: Vec<String> =
        packages.chain(specs.extra_packages.iter().chain(options.extra_packages.iter().flatten()).cloned()).collect();

    let mut config = Map::from_iter([
        ("package_upgrade".to_owned(), json!(updates)),
        ("users".to_owned(), json!([user(bootstrap.ssh_keys.as_deref().unwrap_or_default())])),
        ("write_files".to_owned(), json!(files)),
        ("runcmd".to_owned(), json!(commands)),
    ]);
    if !packages.is_empty() {
        config.insert("packages".to_owned(), json!(packages));
    }
    if let Some(bundle) = &bootstrap.ca_cert_bundle {
        config.insert("ca_certs".to_owned(), json!({"trusted": certificates(bundle)?}));
    }
    if let Some(command) = proxy(bootstrap)? {
        config.insert("bootcmd".to_owned(), json!([command]));
    }
    Ok(format!("#cloud-config\n{}\n", yaml(&Value::Object(config))).into())
}

fn user(ssh_keys: &[String]) -> Value {
    let mut user = json!({
        "name": USER, "groups": GROUPS, "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL", "lock_passwd": true,
    });
    if !ssh_keys.is_empty() {
        user["ssh_authorized_keys"] = json!(ssh_keys);
    }
    user
}

fn executable(path: &str, content: &[u8]) -> Value {
    json!({"path": path, "owner": "root:root", "permissions": "0755", "encoding": "b64", "content": STANDARD.encode(content)})
}

/// The certificates of a bundle one by one, as tools that keep one file for each want them.
fn certificates(bundle: &[u8]) -> Result<Vec<String>, Error> {
    const END: &str = "-----END CERTIFICATE-----";
    let unusable = || Error::Bootstrap("ca-cert-bundle has no certificates in PEM form".to_owned());
    let text = str::from_utf8(bundle).map_err(|_| unusable())?;
    let found = text.split_inclusive(END).filter_map(|part| part.find("-----BEGIN CERTIFICATE-----").map(|at| &part[at..]));
    let found: Vec<String> = found.filter(|part| part.ends_with(END)).map(|part| format!("{part}\n")).collect();
    if found.is_empty() { Err(unusable()) } else { Ok(found) }
}

/// The command that makes the machine use its proxy.
fn proxy(bootstrap: &BootstrapInstance) -> Result<Option<Value>, Error> {
    let proxy = &bootstrap.proxy_config;
    let values = [("http_proxy", &proxy.http_proxy), ("https_proxy", &proxy.https_proxy), ("no_proxy", &proxy.no_proxy)];
    if values.iter().all(|(_, value)| value.is_empty()) {
        return Ok(None);
    }
    // They go into files that have no way to escape these. The value is not shown: it may hold a password.
    let unusable = |value: &str| value.chars().any(|c| c.is_control() || c.is_whitespace() || "\"'`$\\#".contains(c));
    if let Some((name, _)) = values.iter().find(|(_, value)| unusable(value)) {
        return Err(Error::Bootstrap(format!("{name} has quotes, spaces or # in it and cannot be used: write them as %XX")));
    }
    Ok(Some(json!(["sh", "-c", PROXY, "proxy", proxy.http_proxy, proxy.https_proxy, proxy.no_proxy])))
}

/// JSON in ASCII: readers of YAML refuse some characters that JSON may have as they are. What is beyond the first plane they take, and its
/// escape in JSON they would not understand.
fn yaml(value: &Value) -> String {
    let escaped = |c: char| match c {
        '\u{7f}'..='\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    value.to_string().chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bootstrap, specs};

    fn config(bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Value {
        let text = cloud_config(bootstrap, specs, &["echo done"]).expect("a configuration");
        let (first, rest) = text.expose_secret().split_once('\n').expect("two lines");
        assert_eq!(first, "#cloud-config");
        serde_json::from_str(rest).expect("JSON")
    }

    #[test]
    fn a_machine_gets_user_script_packages_and_certificate() {
        let config = config(&bootstrap(), &specs("#!/bin/sh\necho '{{ .CallbackToken }}'\n"));
        let script = STANDARD.encode("#!/bin/sh\necho 'instance-token'\n");
        assert_eq!(
            config,
            json!({
                "package_upgrade": true,
                "packages": ["curl", "tar"],
                "users": [{"name": "runner", "groups": GROUPS, "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL", "lock_passwd": true}],
                "write_files": [{
                    "path": "/install_runner.sh", "owner": "root:root", "permissions": "0755", "encoding": "b64", "content": script
                }],
                "ca_certs": {"trusted": ["-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"]},
                "runcmd": [["su", "-l", "-c", "/install_runner.sh", "runner"], ["rm", "-f", "/install_runner.sh"], "echo done"],
            })
        );
    }

    #[test]
    fn updates_can_be_left_out_and_packages_added() {
        let mut specs = specs("x");
        specs.extra_packages = vec!["jq".into(), "a: b\n- c".into()];
        specs.disable_updates = true;
        let with = |specs: &CommonSpecs| {
            let config = config(&bootstrap(), specs);
            (config["package_upgrade"].clone(), config["packages"].clone())
        };
        assert_eq!(with(&specs), (json!(false), json!(["jq", "a: b\n- c"])));
        specs.extra_packages.clear();
        assert_eq!(with(&specs), (json!(false), Value::Null));
        let mut bootstrap = bootstrap();
        bootstrap.user_data_options.disable_updates_on_boot = true;
        assert_eq!(config(&bootstrap, &CommonSpecs { disable_updates: false, ..specs })["package_upgrade"], false);
    }

    #[test]
    fn scripts_run_before_in_the_order_of_their_names_and_are_removed() {
        let mut specs = specs("x");
        for name in ["20-b", "10-a"] {
            specs.pre_install_scripts.insert(name.into(), STANDARD.encode(format!("#!/bin/sh\n# {name}\n")));
        }
        let config = config(&bootstrap(), &specs);
        assert_eq!(
            config["runcmd"].as_array().expect("commands")[..3],
            [json!(["/garm-pre-install/10-a"]), json!(["/garm-pre-install/20-b"]), json!(["rm", "-rf", "/garm-pre-install"])]
        );
        assert_eq!(config["write_files"][1]["path"], "/garm-pre-install/10-a");
        assert_eq!(config["write_files"][1]["content"], STANDARD.encode("#!/bin/sh\n# 10-a\n"));
        specs.pre_install_scripts.insert("../x".into(), String::new());
        assert!(cloud_config(&bootstrap(), &specs, &[]).is_err());
    }

    #[test]
    fn a_bundle_is_taken_apart_and_must_hold_certificates() {
        let one = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----";
        let bundle = format!("# first\n{one}\n\n{one}\nrest");
        assert_eq!(certificates(bundle.as_bytes()).expect("two"), [format!("{one}\n"), format!("{one}\n")]);
        for bad in [&b"nothing"[..], b"-----BEGIN CERTIFICATE-----\nQQ==", &[0xff, 0xfe]] {
            assert!(certificates(bad).is_err());
        }
    }

    #[test]
    fn a_proxy_reaches_the_machine_as_arguments_and_never_as_shell() {
        let mut bootstrap = bootstrap();
        bootstrap.proxy_config.http_proxy = "http://u:p%24@proxy:3128".into();
        bootstrap.proxy_config.no_proxy = "10.0.0.1,garm".into();
        let config = config(&bootstrap, &specs("x"));
        assert_eq!(config["bootcmd"][0], json!(["sh", "-c", PROXY, "proxy", "http://u:p%24@proxy:3128", "", "10.0.0.1,garm"]));
        for hostile in ["http://x\"; reboot", "http://x\nproxy", "http://$(reboot)", "http://a b", "http://a#b", "http://a'b"] {
            bootstrap.proxy_config.https_proxy = hostile.into();
            let said = cloud_config(&bootstrap, &specs("x"), &[]).expect_err(hostile).to_string();
            assert_eq!(said, "https_proxy has quotes, spaces or # in it and cannot be used: write them as %XX");
        }
    }

    #[test]
    fn keys_keep_to_themselves_whatever_is_in_them() {
        let mut bootstrap = bootstrap();
        let key = "ssh-ed25519 AAAA \"x\"\nruncmd: [reboot]\u{7f}\u{85}\u{feff}é\u{1f600}";
        bootstrap.ssh_keys = Some(vec![key.into()]);
        let config = config(&bootstrap, &specs("x"));
        assert_eq!(config["users"][0]["ssh_authorized_keys"], json!([key]));
        assert_eq!(yaml(&json!("\u{7f}é\u{1f600}")), "\"\\u007f\\u00e9\u{1f600}\"");
    }
}
