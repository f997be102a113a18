//! One call of a provider as its environment describes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Names of the environment variables.
pub mod env {
    /// The operation, a word of [`Command`](super::Command).
    pub const COMMAND: &str = "GARM_COMMAND";
    /// Id of the calling installation; machines of another one must not be touched.
    pub const CONTROLLER_ID: &str = "GARM_CONTROLLER_ID";
    /// Id of the pool, or the pseudo id of a scale set.
    pub const POOL_ID: &str = "GARM_POOL_ID";
    /// The pool's extra specs: base64 of a JSON text; of `null` when there are none.
    pub const POOL_EXTRASPECS: &str = "GARM_POOL_EXTRASPECS";
    /// The machine: its provider id, or its name when no id is known. Both must be accepted.
    pub const INSTANCE_ID: &str = "GARM_INSTANCE_ID";
    /// Path of the provider's own configuration; empty when none is configured.
    pub const PROVIDER_CONFIG_FILE: &str = "GARM_PROVIDER_CONFIG_FILE";
    /// Version of this contract, a word of [`InterfaceVersion`](super::InterfaceVersion).
    pub const INTERFACE_VERSION: &str = "GARM_INTERFACE_VERSION";
}

/// Exit statuses with a meaning of their own.
pub mod exit_code {
    /// Any failure without a status of its own.
    pub const FAILURE: u8 = 1;
    /// There is no such machine. For `DeleteInstance` the server takes it for success.
    pub const NOT_FOUND: u8 = 30;
    /// `CreateInstance`: a machine of that name exists already.
    pub const DUPLICATE: u8 = 31;
}

/// Version of the contract. The versions differ in the variables a provider may rely on; the server sends all of them always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterfaceVersion {
    /// v0.1.0, which all published providers speak.
    #[default]
    V0_1_0,
    /// v0.1.1: pool id and extra specs with every command.
    V0_1_1,
}

impl InterfaceVersion {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_1_0 => "v0.1.0",
            Self::V0_1_1 => "v0.1.1",
        }
    }
}

impl FromStr for InterfaceVersion {
    type Err = CallError;

    /// Reads the word of the wire format; no word at all means v0.1.0.
    fn from_str(word: &str) -> Result<Self, CallError> {
        match word {
            "" | "v0.1.0" => Ok(Self::V0_1_0),
            "v0.1.1" => Ok(Self::V0_1_1),
            other => Err(CallError::Version(other.to_owned())),
        }
    }
}

impl fmt::Display for InterfaceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident),+ $(,)?) => {
        /// An operation a provider can be asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command { $($(#[$doc])* $variant),+ }

        impl Command {
            /// The word of the wire format.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl FromStr for Command {
            type Err = CallError;
            fn from_str(word: &str) -> Result<Self, CallError> {
                match word { $(stringify!($variant) => Ok(Self::$variant),)+ other => Err(CallError::Command(other.to_owned())) }
            }
        }
    };
}

commands! {
    /// Make a machine.
    CreateInstance,
    /// Remove a machine; absent is success.
    DeleteInstance,
    /// Describe a machine.
    GetInstance,
    /// Describe all machines of a pool.
    ListInstances,
    /// Remove all machines of this installation.
    RemoveAllInstances,
    /// Start a stopped machine.
    StartInstance,
    /// Stop a machine.
    StopInstance,
    /// The provider's own version, as plain text.
    GetVersion,
    /// Versions of this contract the provider speaks, as a JSON list.
    GetSupportedInterfaceVersions,
    /// Check pool id and extra specs.
    ValidatePoolInfo,
    /// JSON schema of the provider's configuration.
    GetConfigJSONSchema,
    /// JSON schema of the pool's extra specs.
    GetExtraSpecsJSONSchema,
}

impl Command {
    /// Whether the command is about one existing machine.
    #[must_use]
    pub const fn has_instance(self) -> bool {
        matches!(self, Self::DeleteInstance | Self::GetInstance | Self::StartInstance | Self::StopInstance)
    }

    /// Whether the command only describes the provider and needs neither installation nor pool.
    #[must_use]
    pub const fn is_description(self) -> bool {
        matches!(self, Self::GetVersion | Self::GetSupportedInterfaceVersions | Self::GetConfigJSONSchema | Self::GetExtraSpecsJSONSchema)
    }

    fn needs_pool(self, version: InterfaceVersion) -> bool {
        match self {
            Self::CreateInstance | Self::ListInstances | Self::ValidatePoolInfo => true,
            _ => version == InterfaceVersion::V0_1_1 && self.has_instance(),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with the environment of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// A variable this command needs is unset or empty.
    #[error("missing {0}")]
    Missing(&'static str),
    /// Not a command.
    #[error("unknown GARM_COMMAND: {0}")]
    Command(String),
    /// Not a version of the contract.
    #[error("unsupported interface version: {0}")]
    Version(String),
    /// The configuration file is not there.
    #[error("configuration file {} does not exist", .0.display())]
    ConfigFile(PathBuf),
    /// The extra specs are not base64 of a text.
    #[error("GARM_POOL_EXTRASPECS is not base64 of a text")]
    ExtraSpecs,
}

/// One call, as the provider sees it. Strings are empty where the command has no such thing. `Debug` hides the extra specs.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// What to do.
    pub command: Command,
    /// Version of the contract the caller speaks.
    pub version: InterfaceVersion,
    /// The calling installation.
    pub controller_id: String,
    /// The pool.
    pub pool_id: String,
    /// The machine, by provider id or name.
    pub instance_id: String,
    /// The provider's configuration; exists when set.
    pub config_file: Option<PathBuf>,
    /// The pool's extra specs as JSON text; `null` when there are none.
    pub extra_specs: String,
}

impl Call {
    /// Reads and checks the environment through `variable`, which returns a variable's value.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, CallError> {
        let text = |name: &'static str| variable(name).unwrap_or_default();
        let required = |name: &'static str, needed: bool| match text(name) {
            value if value.is_empty() && needed => Err(CallError::Missing(name)),
            value => Ok(value),
        };
        let version = text(env::INTERFACE_VERSION).parse()?;
        let command: Command = required(env::COMMAND, true)?.parse()?;
        let config_file = Some(text(env::PROVIDER_CONFIG_FILE)).filter(|path| !path.is_empty()).map(PathBuf::from);
        match &config_file {
            Some(path) if !command.is_description() && !path.exists() => return Err(CallError::ConfigFile(path.clone())),
            _ => {}
        }
        Ok(Self {
            command,
            version,
            controller_id: required(env::CONTROLLER_ID, !command.is_description())?,
            pool_id: required(env::POOL_ID, command.needs_pool(version))?,
            instance_id: required(env::INSTANCE_ID, command.has_instance())?,
            config_file,
            extra_specs: decode_extra_specs(&text(env::POOL_EXTRASPECS))?,
        })
    }
}

fn decode_extra_specs(encoded: &str) -> Result<String, CallError> {
    if encoded.is_empty() {
        return Ok("null".to_owned());
    }
    STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(CallError::ExtraSpecs)
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("command", &self.command)
            .field("version", &self.version)
            .field("controller_id", &self.controller_id)
            .field("pool_id", &self.pool_id)
            .field("instance_id", &self.instance_id)
            .field("config_file", &self.config_file)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(variables: &[(&str, &str)]) -> Result<Call, CallError> {
        Call::from_environment(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn command_and_controller_are_needed_by_every_operation() {
        assert_eq!(call(&[("GARM_CONTROLLER_ID", "c")]), Err(CallError::Missing("GARM_COMMAND")));
        assert_eq!(call(&[("GARM_COMMAND", "RemoveAllInstances")]), Err(CallError::Missing("GARM_CONTROLLER_ID")));
        assert_eq!(call(&[("GARM_COMMAND", "Reboot")]), Err(CallError::Command("Reboot".to_owned())));
        assert!(call(&[("GARM_COMMAND", "GetVersion")]).is_ok(), "asking for the version needs no installation");
    }

    #[test]
    fn each_command_needs_its_subject() {
        let with = |command, extra: &[(&'static str, &'static str)]| {
            let mut variables = vec![("GARM_COMMAND", command), ("GARM_CONTROLLER_ID", "c")];
            variables.extend(extra);
            call(&variables)
        };
        assert_eq!(with("ListInstances", &[]), Err(CallError::Missing("GARM_POOL_ID")));
        assert_eq!(with("DeleteInstance", &[("GARM_POOL_ID", "p")]), Err(CallError::Missing("GARM_INSTANCE_ID")));
        assert!(with("DeleteInstance", &[("GARM_INSTANCE_ID", "i")]).is_ok());
        let newer = [("GARM_INSTANCE_ID", "i"), ("GARM_INTERFACE_VERSION", "v0.1.1")];
        assert_eq!(with("DeleteInstance", &newer), Err(CallError::Missing("GARM_POOL_ID")));
    }

    #[test]
    fn a_version_nobody_knows_is_refused() {
        let result = call(&[("GARM_COMMAND", "GetVersion"), ("GARM_INTERFACE_VERSION", "v9.9.9")]);
        assert_eq!(result, Err(CallError::Version("v9.9.9".to_owned())));
    }

    #[test]
    fn a_configuration_file_that_is_named_must_exist() {
        let result = call(&[("GARM_COMMAND", "RemoveAllInstances"), ("GARM_CONTROLLER_ID", "c"), ("GARM_PROVIDER_CONFIG_FILE", "/nope/x")]);
        assert_eq!(result, Err(CallError::ConfigFile(PathBuf::from("/nope/x"))));
    }

    #[test]
    fn extra_specs_arrive_as_text() {
        let specs = |encoded| call(&[("GARM_COMMAND", "GetVersion"), ("GARM_POOL_EXTRASPECS", encoded)]).map(|call| call.extra_specs);
        assert_eq!(specs("eyJhIjoxfQ=="), Ok(r#"{"a":1}"#.to_owned()));
        assert_eq!(specs(""), Ok("null".to_owned()));
        assert_eq!(specs("%%%"), Err(CallError::ExtraSpecs));
    }
}
