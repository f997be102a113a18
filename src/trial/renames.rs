//! The repository is renamed at the forge while everything goes on: calls under its old name are sent on, deliveries have the new one.

use crate::forge::Place;
use crate::model::{EntityId, EntityKind, EntityRef};
use crate::sim::Scope;
use crate::store;

use super::state::Trial;

/// The owner of the repository whose jobs a trial queues.
pub(super) const OWNER: &str = "acme";
/// Its name at the beginning.
pub(super) const OLD_NAME: &str = "widgets";
const NEW_NAME: &str = "gadgets";
/// The forge's number of it, which stays.
pub(super) const NUMBER: i64 = 4711;

impl Trial {
    /// The repository's name at the forge.
    pub(super) fn repository(&self) -> &'static str {
        if self.ledger().renamed { NEW_NAME } else { OLD_NAME }
    }

    /// The entity whose hook this is.
    pub(super) fn entity_of(&self, scope: &Scope) -> Option<(EntityId, EntityKind)> {
        // A delivery that is under way may have the name of before.
        let old = Scope::repository(OWNER, OLD_NAME);
        let scope = if *scope == old { Scope::repository(OWNER, self.repository()) } else { scope.clone() };
        self.ledger().entities.iter().find(|(known, ..)| *known == scope).map(|(_, id, kind)| (*id, *kind))
    }

    /// Renames the repository.
    pub(super) fn rename_repository(&self) {
        self.note(format_args!("the forge renames {OWNER}/{OLD_NAME} to {NEW_NAME}"));
        self.forge.write(|state| state.rename_repository((OWNER, OLD_NAME), (OWNER, NEW_NAME)));
        let (old, new) = (Scope::repository(OWNER, OLD_NAME), Scope::repository(OWNER, NEW_NAME));
        let mut ledger = self.ledger();
        ledger.renamed = true;
        for (scope, ..) in ledger.entities.iter_mut().filter(|(scope, ..)| *scope == old) {
            *scope = new.clone();
        }
    }

    /// Whether calls about the entity are sent on, because this is its old name.
    pub(super) fn is_sent_on(&self, at: &EntityRef) -> bool {
        at.kind == EntityKind::Repository && at.name == OLD_NAME && self.ledger().renamed
    }

    /// The entity under its present name.
    pub(super) fn present(&self, at: &EntityRef) -> EntityRef {
        let name = if self.is_sent_on(at) { NEW_NAME } else { at.name.as_str() };
        EntityRef { name: name.to_owned(), ..at.clone() }
    }

    /// The forge's answer to the question where an entity is; `None` for those that are never renamed here.
    pub(super) fn place(&self, at: &EntityRef) -> Option<Place> {
        (at.kind == EntityKind::Repository).then(|| Place { number: NUMBER, at: self.present(at) })
    }

    /// Repositories that were renamed and are known by their old name still.
    pub(super) async fn old_names(&self) -> Result<Vec<String>, store::Error> {
        let entities = self.database.list_entities(store::EntityFilter::default()).await?;
        Ok(entities.into_iter().filter(|entity| self.is_sent_on(&entity.at)).map(|entity| entity.at.path()).collect())
    }
}
