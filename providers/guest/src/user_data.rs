//! User data for the machine's system.

use garm_provider_protocol::BootstrapInstance;
use secrecy::{ExposeSecret, SecretString};

use crate::{CommonSpecs, Error, cloud_config, install_script};

/// What cloudbase-init takes for a PowerShell script to be run by the 64-bit shell.
const POWERSHELL: &str = "#ps1_sysnative";

/// User data that installs the runner. For Linux it is `#cloud-config`, with `last_commands` at its end. For Windows it is a PowerShell
/// script, where pre-install scripts and last commands mean nothing.
///
/// # Errors
/// As [`install_script`] and [`cloud_config()`], and for other systems.
pub fn user_data(bootstrap: &BootstrapInstance, specs: &CommonSpecs, last_commands: &[&str]) -> Result<SecretString, Error> {
    match bootstrap.os_type.as_str() {
        "linux" => cloud_config(bootstrap, specs, last_commands),
        "windows" => {
            let script = install_script(bootstrap, specs)?;
            let script = script.expose_secret();
            if script.starts_with("#ps1") { Ok(script.into()) } else { Ok(format!("{POWERSHELL}\n{script}").into()) }
        }
        other => Err(Error::Bootstrap(format!("os_type {other:?} is not supported; supported are linux and windows"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bootstrap, specs};

    #[test]
    fn windows_gets_a_powershell_script_with_one_first_line() {
        let mut bootstrap = bootstrap();
        bootstrap.os_type = "windows".into();
        bootstrap.tools[0].os = Some("win".into());
        for template in ["Write-Host '{{ .RunnerName }}'", "#ps1_sysnative\nWrite-Host '{{ .RunnerName }}'"] {
            let script = user_data(&bootstrap, &specs(template), &[]).expect("a script");
            assert_eq!(script.expose_secret(), "#ps1_sysnative\nWrite-Host 'garm-1'");
        }
    }

    #[test]
    fn other_systems_are_refused_by_name() {
        let mut bootstrap = bootstrap();
        bootstrap.os_type = "plan9".into();
        let said = user_data(&bootstrap, &specs(""), &[]).expect_err("not supported").to_string();
        assert_eq!(said, r#"os_type "plan9" is not supported; supported are linux and windows"#);
    }
}
