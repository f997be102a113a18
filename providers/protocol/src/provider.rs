//! The provider's side: one trait, and the loop that turns a process into one call of it.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::{BootstrapInstance, Call, Command, InterfaceVersion, ProviderInstance, exit_code};

/// Why an operation did not succeed; decides the exit status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no such machine: exit status 30.
    #[error("{0}")]
    NotFound(String),
    /// A machine of that name exists already: exit status 31.
    #[error("{0}")]
    Duplicate(String),
    /// Anything else: exit status 1.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    /// A failure without a meaning of its own.
    pub fn failed(reason: impl std::fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    /// The exit status that tells the server.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound(_) => exit_code::NOT_FOUND,
            Self::Duplicate(_) => exit_code::DUPLICATE,
            Self::Failed(_) => exit_code::FAILURE,
        }
    }
}

/// What a provider must be able to do. `instance` is a provider id or a name; both must be accepted. All operations must be safe to repeat.
pub trait ExternalProvider {
    /// Makes a machine. It need not be up when this returns, but it must be found by its name from the first effect on.
    fn create_instance(&self, call: &Call, bootstrap: &BootstrapInstance) -> Result<ProviderInstance, Failure>;
    /// Removes a machine with everything that belongs to it, also a half-made one.
    fn delete_instance(&self, call: &Call, instance: &str) -> Result<(), Failure>;
    /// Describes a machine.
    fn get_instance(&self, call: &Call, instance: &str) -> Result<ProviderInstance, Failure>;
    /// Describes the machines of the pool, half-made ones too.
    fn list_instances(&self, call: &Call) -> Result<Vec<ProviderInstance>, Failure>;
    /// Removes all machines of the calling installation.
    fn remove_all_instances(&self, call: &Call) -> Result<(), Failure>;
    /// Starts a stopped machine.
    fn start_instance(&self, call: &Call, instance: &str) -> Result<(), Failure>;
    /// Stops a machine.
    fn stop_instance(&self, call: &Call, instance: &str) -> Result<(), Failure>;
    /// The provider's version.
    fn version(&self) -> String;

    /// Checks the pool's extra specs; accepts everything unless a provider knows better.
    fn validate_pool_info(&self, _call: &Call) -> Result<(), Failure> {
        Ok(())
    }

    /// JSON schema of the provider's configuration; accepts everything unless a provider knows better.
    fn config_json_schema(&self) -> String {
        "{}".to_owned()
    }

    /// JSON schema of the extra specs; accepts everything unless a provider knows better.
    fn extra_specs_json_schema(&self) -> String {
        "{}".to_owned()
    }
}

/// Serves the one call this process was started for: reads environment and standard input, prints the answer, returns the exit status.
pub fn run(provider: &impl ExternalProvider) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the environment is how a provider is called")]
    let variable = |name: &str| std::env::var(name).ok();
    let mut stdin = std::io::stdin();
    let result =
        if stdin.is_terminal() { answer(provider, variable, &mut std::io::empty()) } else { answer(provider, variable, &mut stdin) };
    let printed = result.and_then(|text| {
        let mut stdout = std::io::stdout().lock();
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::Failed(format!("cannot print the answer: {error}")))
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // When standard error is closed there is no reader left; the exit status still tells.
            drop(writeln!(std::io::stderr(), "{failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The call without the process around it: what is to be printed, or why there is nothing.
fn answer(provider: &impl ExternalProvider, variable: impl Fn(&str) -> Option<String>, stdin: &mut dyn Read) -> Result<String, Failure> {
    let call = Call::from_environment(variable).map_err(Failure::failed)?;
    let instance = call.instance_id.as_str();
    let none = |()| String::new();
    match call.command {
        Command::CreateInstance => json(&provider.create_instance(&call, &read_bootstrap(stdin)?)?),
        Command::DeleteInstance => provider.delete_instance(&call, instance).map(none),
        Command::GetInstance => json(&provider.get_instance(&call, instance)?),
        Command::ListInstances => json(&provider.list_instances(&call)?),
        Command::RemoveAllInstances => provider.remove_all_instances(&call).map(none),
        Command::StartInstance => provider.start_instance(&call, instance).map(none),
        Command::StopInstance => provider.stop_instance(&call, instance).map(none),
        Command::GetVersion => Ok(format!("{}\n", provider.version())),
        Command::GetSupportedInterfaceVersions => json(&[InterfaceVersion::V0_1_0, InterfaceVersion::V0_1_1].map(InterfaceVersion::as_str)),
        Command::ValidatePoolInfo => provider.validate_pool_info(&call).map(none),
        Command::GetConfigJSONSchema => Ok(format!("{}\n", provider.config_json_schema())),
        Command::GetExtraSpecsJSONSchema => Ok(format!("{}\n", provider.extra_specs_json_schema())),
    }
}

/// Reads the document of `CreateInstance`. The error says where the JSON breaks, never what it says: it holds secrets.
fn read_bootstrap(stdin: &mut dyn Read) -> Result<BootstrapInstance, Failure> {
    let mut text = Vec::new();
    stdin.read_to_end(&mut text).map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?;
    if text.is_empty() {
        return Err(Failure::failed("CreateInstance needs a JSON document on standard input"));
    }
    let bootstrap: BootstrapInstance = serde_json::from_slice(&text).map_err(|error| {
        Failure::Failed(format!(
            "the document on standard input is not what is expected at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;
    if bootstrap.name.is_empty() {
        return Err(Failure::failed("the document on standard input has no name"));
    }
    Ok(bootstrap)
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    let mut text = serde_json::to_string(value).map_err(Failure::failed)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows one machine, `known`.
    struct OneMachine;

    impl OneMachine {
        fn machine(name: &str) -> ProviderInstance {
            ProviderInstance {
                provider_id: name.to_owned(),
                name: name.to_owned(),
                status: "running".to_owned(),
                ..ProviderInstance::default()
            }
        }

        fn find(instance: &str) -> Result<(), Failure> {
            if instance == "known" { Ok(()) } else { Err(Failure::NotFound(format!("no machine {instance}"))) }
        }
    }

    impl ExternalProvider for OneMachine {
        fn create_instance(&self, _: &Call, bootstrap: &BootstrapInstance) -> Result<ProviderInstance, Failure> {
            match bootstrap.name.as_str() {
                "known" => Err(Failure::Duplicate("known exists".to_owned())),
                name => Ok(Self::machine(name)),
            }
        }
        fn delete_instance(&self, _: &Call, instance: &str) -> Result<(), Failure> {
            Self::find(instance)
        }
        fn get_instance(&self, _: &Call, instance: &str) -> Result<ProviderInstance, Failure> {
            Self::find(instance).map(|()| Self::machine(instance))
        }
        fn list_instances(&self, _: &Call) -> Result<Vec<ProviderInstance>, Failure> {
            Ok(vec![Self::machine("known")])
        }
        fn remove_all_instances(&self, _: &Call) -> Result<(), Failure> {
            Err(Failure::failed("not today"))
        }
        fn start_instance(&self, _: &Call, instance: &str) -> Result<(), Failure> {
            Self::find(instance)
        }
        fn stop_instance(&self, _: &Call, instance: &str) -> Result<(), Failure> {
            Self::find(instance)
        }
        fn version(&self) -> String {
            "v1.2.3".to_owned()
        }
    }

    fn ask(command: &str, instance: &str, stdin: &str) -> Result<String, Failure> {
        let variable = |name: &str| match name {
            "GARM_COMMAND" => Some(command.to_owned()),
            "GARM_CONTROLLER_ID" => Some("c".to_owned()),
            "GARM_POOL_ID" => Some("p".to_owned()),
            "GARM_INSTANCE_ID" => Some(instance.to_owned()),
            _ => None,
        };
        answer(&OneMachine, variable, &mut stdin.as_bytes())
    }

    #[test]
    fn answers_are_json_and_operations_without_answer_print_nothing() {
        assert_eq!(
            ask("GetInstance", "known", "").expect("known"),
            "{\"provider_id\":\"known\",\"name\":\"known\",\"status\":\"running\"}\n"
        );
        assert_eq!(
            ask("ListInstances", "", "").expect("a list"),
            "[{\"provider_id\":\"known\",\"name\":\"known\",\"status\":\"running\"}]\n"
        );
        assert_eq!(ask("DeleteInstance", "known", "").expect("deleted"), "");
        assert_eq!(ask("GetVersion", "", "").expect("a version"), "v1.2.3\n");
        assert_eq!(ask("GetSupportedInterfaceVersions", "", "").expect("versions"), "[\"v0.1.0\",\"v0.1.1\"]\n");
    }

    #[test]
    fn absent_duplicate_and_failed_have_their_own_exit_statuses() {
        assert_eq!(ask("DeleteInstance", "other", "").expect_err("absent").exit_code(), 30);
        assert_eq!(ask("CreateInstance", "", r#"{"name":"known"}"#).expect_err("duplicate").exit_code(), 31);
        assert_eq!(ask("RemoveAllInstances", "", "").expect_err("failed").exit_code(), 1);
    }

    #[test]
    fn create_needs_a_document_with_a_name() {
        for stdin in ["", r#"{"name":"#, r#"{"name":""}"#, r#"{"name":"x"} trailing"#] {
            assert_eq!(ask("CreateInstance", "", stdin).expect_err("refused").exit_code(), 1, "{stdin}");
        }
        assert!(ask("CreateInstance", "", r#"{"name":"x"}"#).is_ok());
    }

    #[test]
    fn a_broken_document_is_not_quoted() {
        let failure = ask("CreateInstance", "", r#"{"name":"x","instance-token":{"planted":1}}"#).expect_err("wrong type");
        assert!(!failure.to_string().contains("planted"), "{failure}");
    }
}
