//! Which runner archive belongs on a machine.

use garm_provider_protocol::{BootstrapInstance, Tool};

use crate::Error;

/// The archive for the machine's system and architecture.
///
/// The document speaks garm's words (`amd64`, `windows`) and its tools the forge's (`x64`, `win`); garm's words in tools are understood too.
///
/// # Errors
/// [`Error::NoTool`] with what there is instead.
pub fn tool(bootstrap: &BootstrapInstance) -> Result<&Tool, Error> {
    let (os, arch) = (forge_os(&bootstrap.os_type), forge_arch(&bootstrap.arch));
    let fits = |tool: &&Tool| forge_os(word(tool.os.as_ref())) == os && forge_arch(word(tool.architecture.as_ref())) == arch;
    bootstrap.tools.iter().find(fits).ok_or_else(|| Error::NoTool {
        os_type: bootstrap.os_type.clone(),
        arch: bootstrap.arch.clone(),
        offered: bootstrap.tools.iter().map(|tool| format!("{}/{}", word(tool.os.as_ref()), word(tool.architecture.as_ref()))).collect(),
    })
}

fn word(word: Option<&String>) -> &str {
    word.map_or("", String::as_str)
}

fn forge_os(word: &str) -> &str {
    match word {
        "windows" => "win",
        other => other,
    }
}

fn forge_arch(word: &str) -> &str {
    match word {
        "amd64" => "x64",
        "i386" => "x86",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(os: &str, architecture: &str) -> Tool {
        Tool { os: Some(os.to_owned()), architecture: Some(architecture.to_owned()), ..Tool::default() }
    }

    #[test]
    fn garms_words_find_the_forges_archives() {
        let tools = vec![offer("osx", "x64"), offer("linux", "arm64"), offer("linux", "x64"), offer("win", "x64"), offer("linux", "arm")];
        for (os_type, arch, at) in [("linux", "amd64", 2), ("linux", "arm64", 1), ("linux", "arm", 4), ("windows", "amd64", 3)] {
            let bootstrap =
                BootstrapInstance { os_type: os_type.into(), arch: arch.into(), tools: tools.clone(), ..BootstrapInstance::default() };
            assert_eq!(tool(&bootstrap).expect("there is one"), &tools[at], "{os_type} {arch}");
        }
    }

    #[test]
    fn what_there_is_not_is_named_with_what_there_is() {
        let mut bootstrap = BootstrapInstance {
            os_type: "windows".into(),
            arch: "i386".into(),
            tools: vec![offer("linux", "x64"), offer("win", "x64")],
            ..BootstrapInstance::default()
        };
        let said = |bootstrap: &BootstrapInstance| tool(bootstrap).expect_err("there is none").to_string();
        assert_eq!(said(&bootstrap), "there is no runner for os_type windows and arch i386; there is linux/x64, win/x64");
        bootstrap.tools.clear();
        assert_eq!(said(&bootstrap), "there is no runner for os_type windows and arch i386; there is none at all");
    }
}
