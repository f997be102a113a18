//! Runner install templates.

use super::{ForgeKind, OsType, TemplateId};
use crate::time::Timestamp;

/// A runner install script with placeholders, in Go's `text/template` language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Row number, used in the API.
    pub id: TemplateId,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The operating system it installs on.
    pub os_type: OsType,
    /// The kind of forge it registers with.
    pub forge: ForgeKind,
    /// The user who owns it; `None` = shipped with the program.
    pub owner: Option<String>,
    /// The template text.
    pub data: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
