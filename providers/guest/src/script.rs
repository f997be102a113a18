//! The install script of one machine.

use garm_provider_protocol::BootstrapInstance;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::template::Template;
use crate::{CommonSpecs, Error, tool};

/// The user runners run as, and its group.
pub(crate) const USER: &str = "runner";

/// Renders `runner_install_template` for the machine, with a [guard](Template::render_guarded) against values that end quotes. A bundle of certificates
/// has line breaks in it; like extra context it is handed over as it is.
///
/// # Errors
/// When there is no template, it cannot be read or rendered, or there is no runner archive for the machine.
pub fn install_script(bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Result<SecretString, Error> {
    let template = Template::parse(&specs.template()?)?;
    Ok(SecretString::from(template.render_guarded(&context(bootstrap, specs)?, &["CABundle"])?))
}

/// What a provider renders templates with.
fn context(bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Result<Value, Error> {
    let tool = tool(bootstrap)?;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(json!({
        "FileName": given(&tool.filename),
        "DownloadURL": given(&tool.download_url),
        "TempDownloadToken": given(&tool.temp_download_token),
        "RunnerUsername": USER,
        "RunnerGroup": USER,
        "RepoURL": bootstrap.repo_url,
        "RunnerName": bootstrap.name,
        "RunnerLabels": bootstrap.labels.as_deref().unwrap_or_default().join(","),
        "MetadataURL": bootstrap.metadata_url,
        "CallbackURL": bootstrap.callback_url,
        "CallbackToken": bootstrap.instance_token.expose_secret(),
        "GitHubRunnerGroup": bootstrap.github_runner_group,
        "CABundle": String::from_utf8_lossy(bootstrap.ca_cert_bundle.as_deref().unwrap_or_default()),
        "ExtraContext": specs.extra_context,
        "EnableBootDebug": specs.enable_boot_debug || bootstrap.user_data_options.enable_boot_debug,
        "UseJITConfig": bootstrap.jit_config_enabled,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bootstrap, specs};

    fn script(template: &str, bootstrap: &BootstrapInstance) -> Result<String, String> {
        let script = install_script(bootstrap, &specs(template)).map_err(|fault| fault.to_string())?;
        Ok(script.expose_secret().to_owned())
    }

    #[test]
    fn every_field_of_the_providers_pass_is_there() {
        let mut specs = specs(
            "{{ .FileName }} {{ .DownloadURL }} {{ .TempDownloadToken }} {{ .RunnerUsername }} {{ .RunnerGroup }} {{ .RepoURL }} {{ .RunnerName }} \
             {{ .RunnerLabels }} {{ .MetadataURL }} {{ .CallbackURL }} {{ .CallbackToken }} {{ .GitHubRunnerGroup }} {{ .CABundle }} \
             {{ .ExtraContext.a }}{{ index .ExtraContext \"missing\" }} {{ .EnableBootDebug }} {{ .UseJITConfig }}",
        );
        specs.extra_context.insert("a".to_owned(), "it's \"mine\"".to_owned());
        specs.enable_boot_debug = true;
        let script = install_script(&bootstrap(), &specs).expect("renders");
        assert_eq!(
            script.expose_secret(),
            "runner.tar.gz http://forge/runner.tar.gz download-token runner runner http://forge/octo/hello garm-1 fast,self-hosted \
             http://garm/metadata http://garm/callbacks instance-token default -----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n \
             it's \"mine\" true false"
        );
    }

    #[test]
    fn fields_of_the_servers_pass_are_errors() {
        let said = script("\n{{ .AgentURL }}", &bootstrap()).expect_err("not there");
        assert_eq!(said, "runner_install_template cannot be rendered: line 2: can't evaluate field AgentURL");
    }

    #[test]
    fn no_template_or_a_broken_one_is_said() {
        let said = |specs: &CommonSpecs| install_script(&bootstrap(), specs).expect_err("no script").to_string();
        assert_eq!(said(&CommonSpecs::default()), "extra_specs has no runner_install_template: give the pool a template");
        assert_eq!(said(&specs("{{ end }}")), "runner_install_template is not valid: line 1: unexpected {{end}}");
        let planted = CommonSpecs { runner_install_template: Some(SecretString::from("planted!")), ..CommonSpecs::default() };
        assert_eq!(said(&planted), "extra_specs: runner_install_template is not base64 of a text");
    }

    #[test]
    fn a_value_that_ends_quotes_never_reaches_a_script() {
        for hostile in ["it's", "a\"b", "$(reboot)", "a`b`", "a\nreboot", "a\\", "a\u{0}", "a\u{2019}; reboot"] {
            let mut bootstrap = bootstrap();
            hostile.clone_into(&mut bootstrap.github_runner_group);
            for template in [
                "group='{{ .GitHubRunnerGroup }}'",
                "{{ print .GitHubRunnerGroup }}",
                "{{ printf .GitHubRunnerGroup }}",
                "{{ printf \"%s\" .GitHubRunnerGroup }}",
                "{{ slice .GitHubRunnerGroup 1 }}",
                "{{ html .GitHubRunnerGroup }}",
                "{{ with .GitHubRunnerGroup }}{{ . }}{{ end }}",
                "{{ $group := .GitHubRunnerGroup }}{{ $group }}",
                "{{ range .GitHubRunnerGroup }}{{ end }}",
                "{{ or .GitHubRunnerGroup 1 }}",
                "{{ .GitHubRunnerGroup.More }}",
            ] {
                let said = script(template, &bootstrap).expect_err(hostile);
                assert!(
                    said.contains(".GitHubRunnerGroup would break out of the script's quotes: write {{ shellquote .GitHubRunnerGroup }}")
                        && !said.contains(hostile),
                    "{said}"
                );
            }
            let quoted = script("{{ if .GitHubRunnerGroup }}{{ .GitHubRunnerGroup | printf \"%x\" }}{{ end }}", &bootstrap);
            assert_eq!(quoted, Ok(hostile.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()));
            let quoted = script("{{ shellquote .GitHubRunnerGroup }}", &bootstrap);
            assert_eq!(quoted.is_err(), hostile.contains('\0'), "{quoted:?}");
            assert!(quoted.is_err() || quoted == Ok(format!("'{}'", hostile.replace('\'', "'\\''"))));
            assert_eq!(script("name='{{ .RunnerName }}'", &bootstrap).as_deref(), Ok("name='garm-1'"), "nobody asked for {hostile:?}");
        }
    }

    #[test]
    fn whatever_a_forge_or_pool_says_is_looked_at() {
        let hostile = || "x' && reboot '".to_owned();
        let mut bootstrap = bootstrap();
        bootstrap.repo_url = hostile();
        bootstrap.name = hostile();
        bootstrap.labels = Some(vec![hostile()]);
        bootstrap.metadata_url = hostile();
        bootstrap.callback_url = hostile();
        bootstrap.instance_token = SecretString::from(hostile());
        bootstrap.tools[0].filename = Some(hostile());
        bootstrap.tools[0].download_url = Some(hostile());
        bootstrap.tools[0].temp_download_token = Some(hostile());
        let fields = [
            "FileName",
            "DownloadURL",
            "TempDownloadToken",
            "RepoURL",
            "RunnerName",
            "RunnerLabels",
            "MetadataURL",
            "CallbackURL",
            "CallbackToken",
        ];
        for field in fields {
            let said = script(&format!("'{{{{ .{field} }}}}'"), &bootstrap).expect_err(field);
            assert!(said.contains(&format!("the value of .{field} would break out")), "{said}");
        }
    }
}
