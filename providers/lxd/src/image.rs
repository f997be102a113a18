//! What an instance is made from.

use serde_json::{Value, json};

use crate::api::{Api, Fault};
use crate::config::{Config, InstanceType};

/// The architecture in LXD's words.
pub(crate) fn architecture(arch: &str) -> Result<&'static str, String> {
    match arch {
        "amd64" | "" => Ok("x86_64"),
        "i386" => Ok("i686"),
        "arm64" => Ok("aarch64"),
        "arm" => Ok("armv7l"),
        other => Err(format!("architecture {other:?} is not known; known are amd64, i386, arm64 and arm")),
    }
}

/// The architecture in garm's words; LXD's own where garm has none.
pub(crate) fn arch(architecture: &str) -> &str {
    match architecture {
        "x86_64" => "amd64",
        "i686" => "i386",
        "aarch64" => "arm64",
        "armv7l" => "arm",
        other => other,
    }
}

/// The source of an instance for an image: `remote:alias`, or alias or fingerprint of an image the server has.
pub(crate) fn source(api: &Api, config: &Config, image: &str, architecture: &str) -> Result<Value, String> {
    match image.split_once(':') {
        Some((remote, name)) => remote_source(config, image, remote, name),
        None => local_source(api, config.instance_type, image, architecture),
    }
}

fn remote_source(config: &Config, image: &str, remote: &str, name: &str) -> Result<Value, String> {
    let known = || config.image_remotes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let server = config.image_remotes.get(remote).ok_or_else(|| {
        format!(
            "image {image:?} is of the remote {remote:?}, image_remotes has {}",
            if known().is_empty() { "none".into() } else { known() }
        )
    })?;
    let key = if is_fingerprint(name) { "fingerprint" } else { "alias" };
    Ok(json!({"type": "image", "mode": "pull", "server": server.addr, "protocol": server.protocol.as_str(), key: name}))
}

fn is_fingerprint(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn local_source(api: &Api, wanted: InstanceType, image: &str, architecture: &str) -> Result<Value, String> {
    let failed = |fault: Fault| format!("cannot look up the image {image:?}: {fault}");
    // A name of several parts is a path of several parts.
    let alias: Vec<&str> = ["images", "aliases"].into_iter().chain(image.split('/')).collect();
    let fingerprint = match api.get(&alias, &[]) {
        Ok(alias) => alias["target"].as_str().unwrap_or_default().to_owned(),
        Err(fault) if fault.is_absent() => image.to_owned(),
        Err(fault) => return Err(failed(fault)),
    };
    let found = match api.get(&["images", &fingerprint], &[]) {
        Err(fault) if fault.is_absent() => {
            return Err(format!(
                "image {image:?} is neither alias nor fingerprint of an image here; an image of a remote is written remote:alias"
            ));
        }
        other => other.map_err(failed)?,
    };
    let is = |key: &str| found[key].as_str().unwrap_or_default();
    if is("architecture") != architecture {
        return Err(format!("image {image:?} is for {}, not for {architecture}", is("architecture")));
    }
    if is("type") != wanted.to_string() {
        return Err(format!("image {image:?} is for a {}, not for a {wanted}: see instance_type", is("type")));
    }
    Ok(json!({"type": "image", "fingerprint": is("fingerprint")}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_go_there_and_back() {
        for word in ["amd64", "i386", "arm64", "arm"] {
            assert_eq!(arch(architecture(word).expect("known")), word);
        }
        assert_eq!(architecture("").expect("the default"), "x86_64");
        assert_eq!(arch("riscv64"), "riscv64");
        assert!(architecture("sparc").is_err());
    }
}
