//! The install script of one machine.

use garm_provider_protocol::BootstrapInstance;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::template::Template;
use crate::{CommonSpecs, Error, tool};

/// The user runners run as, and its group.
pub(crate) const USER: &str = "runner";

/// Renders `runner_install_template` for the machine.
///
/// Templates put values between quotes of a shell. A value that would end such quotes goes through `shellquote` or `printf "%x"` only: a template
/// that uses it otherwise gets no script. The value does no harm to other templates. Extra context is handed over as it is: who writes it
/// writes the script, too.
///
/// # Errors
/// When there is no template, it cannot be read or rendered, or there is no runner archive for the machine.
pub fn install_script(bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Result<SecretString, Error> {
    let template = Template::parse(&specs.template()?)?;
    let (context, risky) = context(bootstrap, specs)?;
    let script = template.render_guarded(&context, &risky);
    script.map(SecretString::from).map_err(|fault| {
        if risky.is_empty() { Error::Render(fault) } else { Error::Refused { fault, refused: risky.keys().cloned().collect() } }
    })
}

/// What a provider renders templates with, and the fields that no script may have as they are.
fn context(bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Result<(Value, Map<String, Value>), Error> {
    let tool = tool(bootstrap)?;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut context = Map::from_iter([
        ("CABundle".to_owned(), json!(String::from_utf8_lossy(bootstrap.ca_cert_bundle.as_deref().unwrap_or_default()))),
        ("ExtraContext".to_owned(), json!(specs.extra_context)),
        ("EnableBootDebug".to_owned(), json!(specs.enable_boot_debug || bootstrap.user_data_options.enable_boot_debug)),
        ("UseJITConfig".to_owned(), json!(bootstrap.jit_config_enabled)),
    ]);
    let texts = [
        ("FileName", given(&tool.filename)),
        ("DownloadURL", given(&tool.download_url)),
        ("TempDownloadToken", given(&tool.temp_download_token)),
        ("RunnerUsername", USER.to_owned()),
        ("RunnerGroup", USER.to_owned()),
        ("RepoURL", bootstrap.repo_url.clone()),
        ("RunnerName", bootstrap.name.clone()),
        ("RunnerLabels", bootstrap.labels.as_deref().unwrap_or_default().join(",")),
        ("MetadataURL", bootstrap.metadata_url.clone()),
        ("CallbackURL", bootstrap.callback_url.clone()),
        ("CallbackToken", bootstrap.instance_token.expose_secret().to_owned()),
        ("GitHubRunnerGroup", bootstrap.github_runner_group.clone()),
    ];
    let mut risky = Map::new();
    for (field, text) in texts {
        let fields = if text.chars().any(ends_quotes) { &mut risky } else { &mut context };
        fields.insert(field.to_owned(), Value::String(text));
    }
    Ok((Value::Object(context), risky))
}

/// Whether a character ends or escapes quotes in sh or in PowerShell, which also knows typographic ones.
fn ends_quotes(c: char) -> bool {
    c.is_control() || matches!(c, '\'' | '"' | '`' | '$' | '\\' | '\u{2018}'..='\u{201f}')
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
                assert!(said.contains("GitHubRunnerGroup would break out of a script's quotes") && !said.contains(hostile), "{said}");
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
            assert!(said.contains("hand it to shellquote") && said.contains(field), "{said}");
        }
    }
}
