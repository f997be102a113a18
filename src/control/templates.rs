//! The templates that come with the program, as the store takes them.

use crate::model::{ForgeKind, OsType};
use crate::store::NewTemplate;
use crate::template;

/// The shipped templates for a kind of forge and a system; `None` does not matter.
#[must_use]
pub fn shipped_templates(forge: Option<ForgeKind>, os_type: Option<OsType>) -> Vec<NewTemplate> {
    let wanted = |shipped: &template::Shipped| {
        forge.is_none_or(|forge| forge == shipped.forge) && os_type.is_none_or(|os_type| os_type == shipped.os_type)
    };
    let stored = |shipped: template::Shipped| NewTemplate {
        name: shipped.name.to_owned(),
        description: shipped.description.to_owned(),
        os_type: shipped.os_type,
        forge: shipped.forge,
        data: shipped.text.to_owned(),
    };
    template::system().into_iter().filter(wanted).map(stored).collect()
}
