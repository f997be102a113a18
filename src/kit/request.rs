//! A call to be made, and the pool that it is about.

use std::borrow::Cow;

use garm_provider_protocol::{Command, InterfaceVersion};

/// The pool of an installation that a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The id of the installation (`GARM_CONTROLLER_ID`).
    pub(super) controller: String,
    /// The id of the pool.
    pub(super) pool: String,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The value of `GARM_COMMAND`; empty = the variable is not set.
    pub(super) command: Cow<'static, str>,
    pub(super) scope: Scope,
    pub(super) instance: Option<String>,
    pub(super) version: Option<InterfaceVersion>,
    pub(super) extra_specs: Option<String>,
    pub(super) stdin: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn new(command: Command, scope: &Scope) -> Self {
        Self::with_word(command.as_str(), scope)
    }

    /// For words that are no commands.
    pub(super) fn with_word(command: &'static str, scope: &Scope) -> Self {
        Self { command: command.into(), scope: scope.clone(), instance: None, version: None, extra_specs: None, stdin: None }
    }

    /// About one machine, by provider id or name.
    pub(super) fn instance(mut self, instance: &str) -> Self {
        self.instance = Some(instance.to_owned());
        self
    }

    /// In another version than the one that is checked.
    pub(super) fn version(mut self, version: InterfaceVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// With a document on standard input, and the extra specs that go with it.
    pub(super) fn document(mut self, stdin: Vec<u8>, extra_specs: String) -> Self {
        self.stdin = Some(stdin);
        self.extra_specs = Some(extra_specs);
        self
    }
}
