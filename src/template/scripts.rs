//! The scripts we ship, and how they become text for one machine.

use super::{InstallContext, RenderError, SyntaxError, Template, WrapperContext};
use crate::model::{ForgeKind, OsType};

const WRAPPER_LINUX: &str = include_str!("scripts/wrapper_linux.sh.tmpl");
const GITHUB_LINUX: &str = include_str!("scripts/github_linux.sh.tmpl");

/// Why there is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The template cannot be read.
    #[error("the template is not valid: {0}")]
    Syntax(#[from] SyntaxError),
    /// The template asks for what there is not.
    #[error("failed to render runner install script: {0}")]
    Render(#[from] RenderError),
    /// Nothing is shipped for this system.
    #[error("there is no first script for {0} machines")]
    NoWrapper(OsType),
}

/// A template that is part of the program.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its unique name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The kind of forge it registers with.
    pub forge: ForgeKind,
    /// The system it installs on.
    pub os_type: OsType,
    /// The template text.
    pub text: &'static str,
}

/// The templates that are part of the program.
#[must_use]
pub fn system() -> Vec<Shipped> {
    vec![Shipped {
        name: "github_linux",
        description: "Installs a GitHub Actions runner on Linux",
        forge: ForgeKind::Github,
        os_type: OsType::Linux,
        text: GITHUB_LINUX,
    }]
}

/// The script a machine runs first: it fetches the real one. It has no braces in it, because providers render it once more.
///
/// # Errors
/// [`Error::NoWrapper`] for systems other than Linux.
pub fn wrapper(os_type: OsType, context: &WrapperContext) -> Result<String, Error> {
    match os_type {
        OsType::Linux => Ok(Template::parse(WRAPPER_LINUX)?.render(&context.to_value())?),
        OsType::Windows | OsType::Unknown => Err(Error::NoWrapper(os_type)),
    }
}

/// The install script of one runner.
///
/// # Errors
/// When the template cannot be read or rendered.
pub fn install(template: &str, context: &InstallContext) -> Result<String, Error> {
    Ok(Template::parse(template)?.render(&context.to_value())?)
}
