//! The scripts we ship, and how they become text for one machine.

use super::{InstallContext, RenderError, SyntaxError, Template, WrapperContext};
use crate::model::{ForgeKind, OsType};

const WRAPPER_LINUX: &str = include_str!("scripts/wrapper_linux.sh.tmpl");
const WRAPPER_WINDOWS: &str = include_str!("scripts/wrapper_windows.ps1.tmpl");
const GITHUB_WINDOWS: &str = include_str!("scripts/github_windows.ps1.tmpl");
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

/// The templates that are part of the program, in upstream's order: on a new server they get the numbers they have there.
#[must_use]
pub fn system() -> Vec<Shipped> {
    let github = |name, description, os_type, text| Shipped { name, description, forge: ForgeKind::Github, os_type, text };
    vec![
        github("github_windows", "Installs a GitHub Actions runner on Windows", OsType::Windows, GITHUB_WINDOWS),
        github("github_linux", "Installs a GitHub Actions runner on Linux", OsType::Linux, GITHUB_LINUX),
    ]
}

/// The script a machine runs first: it fetches the real one. It has nothing in it that a template engine would take for its own, because providers
/// render it once more.
///
/// # Errors
/// [`Error::NoWrapper`] for unknown systems.
pub fn wrapper(os_type: OsType, context: &WrapperContext) -> Result<String, Error> {
    let text = match os_type {
        OsType::Linux => WRAPPER_LINUX,
        OsType::Windows => WRAPPER_WINDOWS,
        OsType::Unknown => return Err(Error::NoWrapper(os_type)),
    };
    Ok(Template::parse(text)?.render_guarded(&context.to_value(), &[])?)
}

/// The install script of one runner. The template may be anyone's, and the script runs as root: a [guard](Template::render_guarded) keeps values
/// within their quotes. A bundle of certificates has line breaks in it, and is handed over as it is.
///
/// # Errors
/// When the template cannot be read or rendered, or would let a value out of its quotes.
pub fn install(template: &str, context: &InstallContext) -> Result<String, Error> {
    Ok(Template::parse(template)?.render_guarded(&context.to_value(), &["CABundle"])?)
}
